"""Decrypted documents taken apart: each value under the declaration that it belongs to.

Nothing here raises: a traceback's frames would hold plaintext.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.kinds.kind import Content, Flaw
from reconciler.manifest.encrypted import FINGERPRINT_KEYS, VALUE, Shape
from reconciler.values.sensitive import Sensitive

_HEX = frozenset("0123456789abcdefABCDEF")


def contents(
    decrypted: Sensitive[bytes], wanted: Mapping[tuple[str, str], Shape]
) -> dict[tuple[str, str], tuple[Content | None, tuple[Flaw, ...]]]:
    """The value of each wanted declaration (its section and key), or what is wrong with it."""
    tree = _tree(decrypted)
    found = {}
    for (section, key), shape in wanted.items():
        node = _step(_step(_step(tree, section), key), VALUE)
        found[section, key] = _content(node, shape)
    return found


def fingerprint_keys(
    decrypted: Sensitive[bytes], count: int
) -> tuple[list[Sensitive[str]], list[Flaw]]:
    """The environment's fingerprint keys, or what is wrong with them."""
    node = _step(_tree(decrypted), FINGERPRINT_KEYS)
    keys: list[Sensitive[str]] = []
    if not isinstance(node, list) or len(node) != count:
        return keys, [_differs((FINGERPRINT_KEYS,))]
    flaws = []
    for index, key in enumerate(node):
        if not isinstance(key, str) or len(key) != 64 or not _HEX.issuperset(key):
            flaws.append(
                Flaw(
                    (FINGERPRINT_KEYS, index),
                    "fingerprint-keys",
                    "a fingerprint key is 64 hex digits",
                    "make one: openssl rand -hex 32",
                )
            )
        elif key.lower() in [other.reveal() for other in keys]:
            flaws.append(
                Flaw(
                    (FINGERPRINT_KEYS, index),
                    "fingerprint-keys",
                    "the same fingerprint key appears twice",
                )
            )
        else:
            keys.append(Sensitive(key.lower()))
    return keys, flaws


def _tree(decrypted: Sensitive[bytes]) -> Any:
    try:
        return json.loads(decrypted.reveal())
    except (ValueError, RecursionError):
        return None  # told as a value that differs from its declaration


def _step(node: Any, name: str) -> Any:
    return node.get(name) if isinstance(node, dict) else None


def _content(node: Any, shape: Shape) -> tuple[Content | None, tuple[Flaw, ...]]:
    flaws = tuple(_flaws(node, shape, (VALUE,)))
    if flaws:
        return None, flaws
    if isinstance(node, str):
        return Content(Sensitive(node)), ()
    text = json.dumps(node, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Content(Sensitive(text), mapping=True), ()


def _flaws(node: Any, shape: Shape, path: tuple[str | int, ...]) -> Iterator[Flaw]:
    """What is wrong with a decrypted value. Its form has to be the one that was read from the
    ciphertext: sops and this program have to understand a file in the same way."""
    if isinstance(shape, dict):
        if not isinstance(node, dict) or node.keys() != shape.keys():
            yield _differs(path)
            return
        for name, inner in shape.items():
            yield from _flaws(node[name], inner, (*path, name))
    elif isinstance(shape, list):
        if not isinstance(node, list) or len(node) != len(shape):
            yield _differs(path)
            return
        for index, inner in enumerate(shape):
            yield from _flaws(node[index], inner, (*path, index))
    elif not isinstance(node, str) or bool(node) is not shape or not _is_unicode(node):
        yield _differs(path)
    elif node.endswith("\n") and node.count("\n") == 1:
        yield Flaw(
            path,
            "trailing-newline",
            "the value is one line and ends with a newline",
            "write it in quotes, or with `|-` in place of `|`",
        )


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _differs(path: Sequence[str | int]) -> Flaw:
    return Flaw(
        tuple(path),
        "sops-differs",
        "sops reads this value in another way than it is written here",
        "set the value again: sops --config manifests/.sops.yaml edit FILE",
    )
