"""Drift as text and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from reconciler.model import Scope
from reconciler.render import escape, names
from reconciler.render.escape import terminal
from reconciler.render.palette import Palette, palette

if TYPE_CHECKING:
    from reconciler.drift import Drift

FORMAT_VERSION = "1.0"

_CLASSES = {
    "outside": "Written outside: somebody has to act",
    "stuck": "Rotations that do not end: somebody has to act",
    "overdue": "Overdue: somebody has to act",
    "pending": "Pending: git is ahead, apply brings it",
    "kept": "Kept: ours, no longer declared, not pruned",
    "rotated": "Rotated: rotation owns the value",
}


def text(found: Sequence[Drift], *, scope: Scope, colour: bool = False) -> str:
    """Everything that differs, by class: first what somebody has to act on."""
    return "".join(f"{line}\n" for line in _lines(found, scope, palette(colour=colour)))


def _lines(found: Sequence[Drift], scope: Scope, colours: Palette) -> Iterator[str]:
    yield colours.heading(names.scope_line(scope))
    for name, title in _CLASSES.items():
        entries = [entry for entry in found if entry.kind_of.value == name]
        if not entries:
            continue
        yield ""
        yield (colours.alarming if entries[0].kind_of.acts else colours.heading)(title)
        for entry in entries:
            yield f"  {names.with_kind(entry.key, scope)}: {terminal(entry.text)}"
            if entry.place is not None and entry.kind_of.acts:
                yield colours.faint(f"      declared at {terminal(str(entry.place))}")
    yield ""
    yield colours.heading(_summary(found, scope))


def _summary(found: Sequence[Drift], scope: Scope) -> str:
    counts = Counter(entry.kind_of.value for entry in found)
    if not counts:
        return f"No drift: {terminal(scope.environment)} is as git declares it."
    acts = sum(1 for entry in found if entry.kind_of.acts)
    told = ", ".join(f"{counts[name]} {name}" for name in _CLASSES if counts[name])
    return f"{'Drift' if acts else 'No drift'}: {told}."


def as_json(found: Sequence[tuple[Scope, Sequence[Drift]]]) -> str:
    """The drift of one environment as an object, of several as a list in one; ASCII only."""
    objects = [as_object(entries, scope) for scope, entries in found]
    if len(objects) == 1:
        return escape.as_json(objects[0], indent=2)
    return escape.as_json({"format_version": FORMAT_VERSION, "environments": objects}, indent=2)


def as_object(found: Sequence[Drift], scope: Scope) -> dict[str, Any]:
    """The drift of one environment as plain data."""
    counts = Counter(entry.kind_of.value for entry in found)
    return {
        "format_version": FORMAT_VERSION,
        "environment": scope.environment,
        "account": scope.account,
        "region": scope.region,
        "prefix": scope.prefix,
        "summary": {name: counts[name] for name in _CLASSES},
        "acts": any(entry.kind_of.acts for entry in found),
        "drift": [
            {
                "key": {"kind": entry.key.kind, "name": entry.key.name},
                "class": entry.kind_of.value,
                "acts": entry.kind_of.acts,
                "text": entry.text,
                "place": None
                if entry.place is None
                else {
                    "path": entry.place.path,
                    "line": entry.place.line,
                    "column": entry.place.column,
                },
            }
            for entry in found
        ],
    }
