"""What of a document is encrypted and what is not, checked from the ciphertext before sops runs.

SOPS encrypts whatever stands under a field called ``value`` or ``fingerprint_keys``, wherever that
is, and keeps each value's YAML type in the ciphertext. So those names are reserved for their two
places, and every value there has to be an encrypted string.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

from reconciler.core.errors import Problem
from reconciler.core.leaves import leaves
from reconciler.manifest.document import Data, Document, Path_
from reconciler.manifest.metadata import BLOCK

VALUE = "value"
FINGERPRINT_KEYS = "fingerprint_keys"
RESERVED = frozenset({VALUE, FINGERPRINT_KEYS})

# The form of a value: True for an encrypted string, False for an empty one.
Shape: TypeAlias = "bool | list[Shape] | dict[str, Shape]"

_BASE64 = "[A-Za-z0-9+/]+={0,2}"
_ENCRYPTED = re.compile(
    rf"ENC\[AES256_GCM,data:{_BASE64},iv:{_BASE64},tag:{_BASE64},type:([^\],]*)\]\Z"
)
_READ_AS = {"int": "a number", "float": "a number", "bool": "true or false", "time": "a date"}
_QUOTE = (
    "write it in quotes, or JSON as one string: value: '{\"port\": 5432}', with: sops --config"
    " manifests/.sops.yaml edit FILE"
)


def check(
    document: Document, sections: Collection[str], *, included: bool = False
) -> list[Problem]:
    """What is wrong with a document's values, and with its cleartext as text.

    ``sections`` are the top-level fields whose entries may have a ``value``; none of them for an
    environment's own file. ``included`` files hold no values at all.
    """
    return list(_Check(document, sections, included).run())


def in_clear(document: Document) -> list[Problem]:
    """The values in clear text of a file that nothing reads, wherever they stand in it."""
    clear = _Check(document, (), included=False).in_clear
    return [problem for path, leaf in leaves(document.data) for problem in clear(path, leaf)]


def shape(value: Data) -> Shape:
    """The form of a value that was checked."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return value != ""


def ciphertexts(data: Data) -> Iterator[tuple[Path_, str]]:
    """The encrypted texts of a file with their paths, without sops's own."""
    for path, leaf in leaves(data):
        if isinstance(leaf, str) and leaf.startswith("ENC[") and path[:1] != (BLOCK,):
            yield path, leaf


class _Check:
    def __init__(self, document: Document, sections: Collection[str], included: bool) -> None:
        self._document = document
        self._sections = sections
        self._included = included

    def run(self) -> Iterator[Problem]:
        """All problems of the document."""
        for path, scalar in self._document.unquoted.items():
            if not RESERVED.intersection(path):
                yield self._error(
                    path,
                    "unquoted",
                    f"YAML reads this as {scalar.meaning}, which may not be what it looks like",
                    "write it in quotes",
                )
        yield from self._walk(self._document.data, ())

    def in_clear(self, path: Path_, leaf: Data) -> Iterator[Problem]:
        """The problem of a leaf that is, or stands below, a value and is not encrypted."""
        if RESERVED.intersection(path) and leaf is not None and not str(leaf).startswith("ENC["):
            yield self._clear(path)

    def _clear(self, path: Path_) -> Problem:
        file = shlex.quote(self._document.name)
        # sops refuses to encrypt a file that has its block already.
        data = self._document.data
        mended = (
            f"undo this edit: git restore {file}; then give the value to sops: reconciler set ENV"
            " NAME"
            if isinstance(data, dict) and BLOCK in data
            else f"run sops --config manifests/.sops.yaml encrypt --in-place {file}"
        )
        return self._error(
            path,
            "not-encrypted",
            "the value is not encrypted",
            f"{mended}; once it has been committed, it has leaked: choose a new value",
        )

    def _error(
        self, path: Sequence[str | int], code: str, message: str, hint: str | None = None
    ) -> Problem:
        return self._document.error(path, code, message, hint)

    def _walk(self, node: Data, path: Path_) -> Iterator[Problem]:
        """Cleartext: no empty fields, no encrypted text, no reserved names."""
        if type(node) is dict:
            for name, inner in node.items():
                if name in RESERVED:
                    yield from self._reserved(name, inner, (*path, name))
                elif inner is None:
                    yield self._empty((*path, name))
                elif type(inner) is not str:
                    if path or name != BLOCK:
                        yield from self._walk(inner, (*path, name))
                elif inner.startswith("ENC["):
                    yield self._misplaced((*path, name))
        elif type(node) is list:
            for index, item in enumerate(node):
                if item is None:
                    yield self._empty((*path, index))
                elif type(item) is str:
                    if item.startswith("ENC["):
                        yield self._misplaced((*path, index))
                else:
                    yield from self._walk(item, (*path, index))

    def _empty(self, path: Path_) -> Problem:
        return self._error(
            path,
            "empty-field",
            "the field is empty",
            "leave the field out to leave it alone; `none`, or `[]` for a list, removes",
        )

    def _misplaced(self, path: Path_) -> Problem:
        return self._error(
            path,
            "misplaced-ciphertext",
            "encrypted text in a field that is read as clear text",
            "only `value` and `fingerprint_keys` are encrypted",
        )

    def _reserved(self, name: str, node: Data, path: Path_) -> Iterator[Problem]:
        in_section = len(path) == 3 and path[0] in self._sections and name == VALUE
        if self._included and in_section:
            yield self._error(
                path,
                "value-in-include",
                "an included file holds no values: it is read in clear by every environment",
                "put the value into an encrypted file of each environment's folder",
            )
        elif in_section:
            yield from self._value(node, path, whole=True)
        elif not self._sections and path == (FINGERPRINT_KEYS,):
            yield from self._fingerprint_keys(node, path)
        else:
            yield self._error(
                path,
                "reserved-name",
                f"nothing else may be called `{name}`: sops encrypts everything below it",
                "choose another name",
            )

    def _fingerprint_keys(self, node: Data, path: Path_) -> Iterator[Problem]:
        if type(node) is not list or not node:
            yield self._error(
                path,
                "fingerprint-keys",
                "this is a list of at least one key",
                "make one: openssl rand -hex 32",
            )
            return
        for index, item in enumerate(node):
            yield from self._leaf(item, (*path, index), whole=True)

    def _value(self, node: Data, path: Path_, *, whole: bool) -> Iterator[Problem]:
        if type(node) is dict or type(node) is list:
            if not node:
                yield self._error(path, "empty-value", "the value is empty")
            elif type(node) is dict:
                for name, inner in node.items():
                    yield from self._value(inner, (*path, name), whole=False)
            elif whole:
                yield self._error(
                    path, "not-a-string", "a value is a string or a mapping, not a list", _QUOTE
                )
            else:
                for index, inner in enumerate(node):
                    yield from self._value(inner, (*path, index), whole=False)
        else:
            yield from self._leaf(node, path, whole=whole)

    def _leaf(self, node: Data, path: Path_, *, whole: bool) -> Iterator[Problem]:
        if node is None:
            yield self._error(path, "empty-value", "the value is empty", "write it in quotes")
            return
        if node == "" and path not in self._document.unquoted:
            # sops leaves an empty string as it is.
            if whole:
                yield self._error(path, "empty-value", "the value is empty")
            return
        if type(node) is not str or not node.startswith("ENC["):
            yield self._clear(path)
            return
        match = _ENCRYPTED.match(node)
        if match is None:
            yield self._error(
                path, "tampered", "the encrypted text is damaged", "restore the file from git"
            )
        elif match[1] != "str":
            meaning = _READ_AS.get(match[1])
            said = f"YAML read this value as {meaning}" if meaning else "this value is not a string"
            yield self._error(
                path, "not-a-string", f"{said} (type:{match[1][:16]} in the ciphertext)", _QUOTE
            )
