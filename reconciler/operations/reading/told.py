"""What was read, told as drift."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.core.drift import Drift, DriftClass
from reconciler.core.model import FieldChange, Key
from reconciler.kinds.reading import Verdict
from reconciler.operations.planning import Planned

FALSE = (
    "its version id is that of the declared value, and it holds a different value: somebody used"
    " the id first, or deleted it and re-created it"
)


def told(
    found: Iterable[Drift], verdicts: Mapping[Key, Verdict], planned: Planned
) -> tuple[Drift, ...]:
    """Drift with what reading has shown: more about what is known, and what only reading shows."""
    known = [_more(drift, verdicts.get(drift.key)) for drift in found]
    return tuple(sorted([*known, *_hidden(verdicts, planned)], key=lambda d: (d.key, d.kind_of)))


def _hidden(verdicts: Mapping[Key, Verdict], planned: Planned) -> Iterator[Drift]:
    planning = {change.key for change in planned.plan.changes}
    for key, verdict in verdicts.items():
        if verdict.lost and key not in planning:
            place = planned.desired.resources[key].place
            yield Drift(key, DriftClass.OUTSIDE, verdict.lost + _keys(verdict.keys), place)
        if verdict.false:
            place = planned.desired.resources[key].place
            yield Drift(key, DriftClass.OUTSIDE, FALSE + _keys(verdict.keys), place)


def _more(drift: Drift, verdict: Verdict | None) -> Drift:
    if verdict is None or drift.kind_of not in (DriftClass.OUTSIDE, DriftClass.PENDING):
        return drift
    if verdict.same is None:
        return drift
    more = "; it is the declared one" if verdict.same else _keys(verdict.keys)
    return replace(drift, text=drift.text + (more or "; it is not the declared one"))


def _keys(keys: tuple[FieldChange, ...]) -> str:
    names = [f"{_mark(key)} {key.name}" for key in keys]
    return f"; to the declared one: {', '.join(names)}" if names else ""


def _mark(key: FieldChange) -> str:
    if key.before is None:
        return "+"
    return "-" if key.after is None else "~"
