"""The structure of declarations, for another environment: everything but values.

What is encrypted is a value, and so is what a parameter shows in clear: neither is carried over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler import kinds
from reconciler.core.model import Scope
from reconciler.manifest.document import Document, parse
from reconciler.manifest.encrypted import VALUE
from reconciler.manifest.entries import PLAINTEXT
from reconciler.values.sensitive import Sensitive

# What says something of one resource that exists, in the environment that it is copied from.
_ITS_OWN = frozenset({"name", "previous_kms_keys", "kms_key", "take", "moved_to", "moved_from"})
_SETTINGS = (
    "include", "tags", "ignore", "prune", "recovery_window", "guards", "record", "drift",
    "readers", "env_prefix", "unused_after",
)  # fmt: skip
_SCHEDULES = "schedules"


@dataclass(frozen=True)
class Missing:
    """A value that a copy needs. ``inner`` leads to one field of a mapping; ``shown`` is in clear
    in git, ``listed`` a list of texts, ``binary`` base64."""

    section: str
    key: str
    inner: tuple[str | int, ...] = ()
    shown: bool = False
    listed: bool = False
    binary: bool = False

    def __str__(self) -> str:
        return ": ".join([self.key, *map(str, self.inner)])


@dataclass(frozen=True)
class Structure:
    """Declarations by section and key, without their values, and the values that they need."""

    sections: dict[str, dict[str, Any]] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()
    left_out: tuple[str, ...] = ()  # fields that are of one environment alone, and whose

    def filled(self, answers: Mapping[Missing, Sensitive[str]]) -> Sensitive[str]:
        """A manifest in clear, for sops, with a value for each that is missing."""
        made: Any = json.loads(json.dumps(self.sections))
        for missing, answer in answers.items():
            fields = made[missing.section][missing.key]
            if missing.shown:
                text = answer.reveal()
                fields[PLAINTEXT] = text.split(",") if missing.listed else text
            else:
                fields[VALUE] = _with(fields.get(VALUE), missing.inner, answer.reveal())
        return Sensitive(json.dumps(made, ensure_ascii=False))

    def only(self, path: tuple[str, str]) -> Structure:
        """That of one declaration."""
        section, key = path
        missing = tuple(one for one in self.missing if (one.section, one.key) == path)
        left = tuple(one for one in self.left_out if one.endswith(f" of {key}"))
        return Structure({section: {key: self.sections[section][key]}}, missing, left)

    def entry(
        self, path: tuple[str, str], answers: Mapping[Missing, Sensitive[str]]
    ) -> Sensitive[str]:
        """One declaration's fields as JSON, with its values."""
        filled = json.loads(self.filled(answers).reveal())
        return Sensitive(json.dumps(filled[path[0]][path[1]], ensure_ascii=False))


def of(document: Document, source: Scope, target: Scope) -> Structure:
    """The structure of a file, ARNs in it moved to the other account and Region."""
    # What was read of it once is not kept.
    again = parse(document.file, document.name, document.raw).data
    data = again if isinstance(again, dict) else {}
    sections: dict[str, dict[str, Any]] = {}
    missing: list[Missing] = []
    left: list[str] = []
    for section in kinds.sections():
        declarations = data.get(section)
        for key, fields in (declarations if isinstance(declarations, dict) else {}).items():
            if isinstance(fields, dict):
                kept = {n: c for n, c in fields.items() if n not in _ITS_OWN | {VALUE, PLAINTEXT}}
                sections.setdefault(section, {})[key] = _moved(kept, source, target)
                missing += _missing(section, key, fields)
                left += [f"`{name}` of {key}" for name in fields if name in _ITS_OWN]
    return Structure(sections, tuple(missing), tuple(left))


def left_out(document: Document) -> tuple[str, ...]:
    """The fields of an environment's own file that are of it alone."""
    data = document.data if isinstance(document.data, dict) else {}
    return tuple(f"`{name}` of the environment" for name in data if name in _ITS_OWN)


def settings(document: Document, source: Scope, target: Scope) -> dict[str, Any]:
    """What an environment's own file says that is not of one account."""
    data = document.data if isinstance(document.data, dict) else {}
    kept: dict[str, Any] = {name: data[name] for name in _SETTINGS if name in data}
    if _SCHEDULES in data:
        kept[_SCHEDULES] = _moved(data[_SCHEDULES], source, target)
    return kept


def _missing(section: str, key: str, fields: Mapping[str, Any]) -> Iterator[Missing]:
    if PLAINTEXT in fields:
        yield Missing(section, key, shown=True, listed=isinstance(fields[PLAINTEXT], list))
    if VALUE in fields:
        binary = fields.get("binary") is True
        for inner in _leaves(fields[VALUE], ()):
            yield Missing(section, key, inner, binary=binary)


def _leaves(node: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(node, dict):
        for name, inner in node.items():
            yield from _leaves(inner, (*path, name))
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            yield from _leaves(inner, (*path, index))
    else:
        yield path


def _with(node: Any, path: tuple[str | int, ...], text: str) -> Any:
    """``node`` with a text at ``path``; leaves come in order, so that a list grows at its end."""
    if not path:
        return text
    first, *rest = path
    if isinstance(first, int):
        items = node if isinstance(node, list) else []
        there = items[first] if first < len(items) else None
        return [*items[:first], _with(there, tuple(rest), text), *items[first + 1 :]]
    mapping = node if isinstance(node, dict) else {}
    return {**mapping, first: _with(mapping.get(first), tuple(rest), text)}


def _moved(node: Any, source: Scope, target: Scope) -> Any:
    """ARNs of the one account and Region, in the other."""
    if isinstance(node, dict):
        return {name: _moved(inner, source, target) for name, inner in node.items()}
    if isinstance(node, list):
        return [_moved(inner, source, target) for inner in node]
    if not isinstance(node, str):
        return node
    own = rf"(arn:aws[a-z-]*:[a-z0-9-]+:)({re.escape(source.region)}|)(:){source.account}(?=:)"
    there = target.region, target.account
    return re.sub(own, lambda m: f"{m[1]}{there[0] if m[2] else ''}{m[3]}{there[1]}", node)
