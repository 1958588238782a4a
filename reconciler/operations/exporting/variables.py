"""From values to variables: one for each text, one for each field of a JSON object.

``database/credentials`` with the field ``username`` is ``DATABASE_CREDENTIALS_USERNAME``, unless
the manifest declares another name. Nothing here raises: a traceback's frames would hold values.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.core.leaves import fields
from reconciler.core.model import Key, Scope
from reconciler.values.sensitive import Sensitive

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

Declared = str | Mapping[str, str]


@dataclass
class Variables:
    """Variables by name. ``origins`` says which resource and field each is of, and ``collisions``
    the names that two of them claim."""

    values: dict[str, Sensitive[str]] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    collisions: dict[str, tuple[str, str]] = field(default_factory=dict)


def variables(
    values: Mapping[Key, Sensitive[str] | Sensitive[bytes]],
    declared: Mapping[Key, Declared],
    scope: Scope,
    prefix: str = "",
) -> Variables:
    """The variables of these values; ``declared`` holds the names that manifests give them, and
    ``prefix`` stands before the others."""
    found = Variables()
    for key in sorted(values):
        short = key.name.removeprefix(scope.under).strip("/")
        for path, text in _texts(values[key]):
            origin = ".".join([short, *path])
            name = called(declared.get(key), prefix, short, path)
            if name in found.values:
                found.collisions[name] = (found.origins[name], origin)
                continue
            found.values[name] = Sensitive(text)
            found.origins[name] = origin
    return found


def called(declared: Declared | None, prefix: str, short: str, path: tuple[str, ...]) -> str:
    """The variable of one field of what is called ``short`` below the prefix."""
    if isinstance(declared, str):
        return "_".join([declared, *map(word, path)])
    if declared is not None and ".".join(path) in declared:
        return declared[".".join(path)]
    name = prefix + "_".join(map(word, (short, *path)))
    return name if not name[:1].isdigit() else f"_{name}"


def word(text: str) -> str:
    """A name as part of a variable's."""
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").upper()


def _texts(content: Sensitive[str] | Sensitive[bytes]) -> Iterator[tuple[tuple[str, ...], str]]:
    raw = content.reveal()
    if isinstance(raw, bytes):
        yield (), base64.b64encode(raw).decode()
        return
    try:
        parsed = json.loads(raw)
        json.dumps(parsed, ensure_ascii=False).encode()  # half a character is no text
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, dict) and parsed:
        for path, leaf in fields(parsed):
            yield path, leaf if isinstance(leaf, str) else _json(leaf)
    else:
        yield (), raw


def _json(leaf: Any) -> str:
    return json.dumps(leaf, ensure_ascii=False, separators=(",", ":"))
