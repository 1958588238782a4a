"""Drift: how live differs from what was last applied, and whether anybody has to act."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from reconciler import kinds
from reconciler.aws.client import Aws
from reconciler.core.applied import OFF, Applied, Standing
from reconciler.core.diff import MARKS
from reconciler.core.model import (
    JSON,
    Action,
    Change,
    Drift,
    DriftClass,
    Key,
    Live,
    Origin,
    Ownership,
    Resource,
    Source,
)
from reconciler.core.reasons import Notable, Reason
from reconciler.kinds import field as fields
from reconciler.operations.planning import Compared, Declares

STUCK_AFTER = timedelta(hours=1)  # a rotation function runs for at most 15 minutes
GRACE = timedelta(hours=24)  # a rotation may come late within its window


Deep = Mapping[Key, Mapping[str, JSON]]


def read_deep(planned: Compared[Declares], aws: Aws) -> Deep:
    """What no list returns, of everything declared that is ours and live: a call or two each, but
    for parameters' tags, which come by the hundred.

    No value is read. Raises AwsError.
    """
    found: dict[Key, Mapping[str, JSON]] = {}
    for name, resources in _ours(planned).items():
        contents = fields.deep(kinds.of(name).FIELDS, aws, resources, planned.plan.scope)
        found |= {resource.key: own for resource, own in zip(resources, contents, strict=True)}
    return found


def look_closer(planned: Compared[Declares], aws: Aws) -> Mapping[Key, Sequence[str]]:
    """What is wrong with what is declared, ours and as declared, and no list tells, in words.

    No value is read. Raises AwsError.
    """
    found: dict[Key, Sequence[str]] = {}
    for name, resources in _ours(planned).items():
        texts = fields.looked(kinds.of(name).FIELDS, aws, resources, planned.plan.scope)
        found |= {resource.key: own for resource, own in zip(resources, texts, strict=True)}
    return found


def _ours(planned: Compared[Declares]) -> Mapping[str, list[Resource]]:
    """Everything declared that is ours and live, by kind."""
    declared = planned.desired.resources
    ours: dict[str, list[Resource]] = {}
    for key, live in planned.live.items():
        if key in declared and live.ownership is Ownership.OURS and not live.deleted:
            ours.setdefault(key.kind, []).append(declared[key])
    return ours


def classify(
    planned: Compared[Declares],
    now: datetime,
    deep: Deep = MappingProxyType({}),
    applied: Applied = OFF,
    looked: Mapping[Key, Sequence[str]] = MappingProxyType({}),
) -> tuple[Drift, ...]:
    """Every difference between git and AWS by its class, sorted by resource.

    ``now`` is aware, in UTC. ``deep`` is what :func:`read_deep` found, and ``applied`` what is
    known of the last apply. ``looked`` is what :func:`look_closer` found.
    """
    changes = {change.key: change for change in planned.plan.changes}
    found: list[Drift] = []
    for key, resource in sorted(planned.desired.resources.items()):
        live = planned.live.get(key)
        found += _declared(resource, live, changes.get(key), now, applied)
        found += _hidden(resource, changes.get(key), deep.get(key, {}))
        for text in looked.get(key, ()):
            found.append(Drift(key, DriftClass.OUTSIDE, text, resource.place))
    for change in planned.plan.changes:
        if change.action is Action.PRUNE:
            found.append(Drift(change.key, DriftClass.PENDING, "no longer declared: to prune"))
    for note in planned.plan.notes:
        if note.code in (Notable.KEPT, Notable.ROTATED):
            place = getattr(planned.desired.resources.get(note.key), "place", None)
            found.append(Drift(note.key, DriftClass(note.code), "", place, note))
    return tuple(sorted(found, key=lambda drift: (drift.key, drift.kind_of)))


def _declared(
    resource: Resource, live: Live | None, change: Change | None, now: datetime, applied: Applied
) -> Iterator[Drift]:
    whole = resource.requires is None  # what is part of another is told of with that
    outside = None if live is None else _outside(resource, live, change)
    gone = live is None or live.ownership is not Ownership.OURS
    if gone and whole and applied.standing(resource.key) is Standing.DECLARED_IN_APPLIED:
        outside = "deleted outside" if live is None else "replaced outside, or unmarked"
    if outside is not None:
        yield Drift(resource.key, DriftClass.OUTSIDE, outside, resource.place)
    elif change is not None:
        because = change.why if change.action is Action.REFUSE else None
        text = "" if because is not None else _pending(change)
        if change.why is not None and change.why.reason is Reason.UNMARKED:
            text += "; no mark says that the live value was git's"
        yield Drift(resource.key, DriftClass.PENDING, text, resource.place, because)
    if live is None or live.ownership is not Ownership.OURS:
        return
    if whole:
        stuck = _stuck(live, now)
        if stuck is not None:
            yield Drift(resource.key, DriftClass.STUCK, stuck, resource.place)
        overdue = _overdue(resource, live, now)
        if overdue is not None:
            yield Drift(resource.key, DriftClass.OVERDUE, overdue, resource.place)


def _hidden(resource: Resource, change: Change | None, deep: Mapping[str, JSON]) -> Iterator[Drift]:
    """Fields that our mark says are as declared, and that are not."""
    planned = {field.name for field in change.fields} if change is not None else set()
    for name, live in sorted(deep.items()):
        if name not in planned and live != resource.fields[name]:
            text = f"changed outside: {name}"
            yield Drift(resource.key, DriftClass.OUTSIDE, text, resource.place)


def _outside(resource: Resource, live: Live, change: Change | None) -> str | None:
    if live.ownership is not Ownership.OURS:
        return None
    if live.deleted:
        return "deleted outside: it is pending deletion"
    value, rotation = live.value, live.rotation
    if resource.value is None or value is None or value.origin is not Origin.OUTSIDE:
        return None
    if rotation.enabled or rotation.last is not None:
        return None  # rotation wrote it: no drift, or, where the manifest objects, a refusal
    if rotation.configured:
        return "the value was written outside, or by the rotation that is off now"
    by = f" by {live.changed_by}" if live.changed_by else ""
    when = f" on {live.changed:%Y-%m-%d %H:%M} UTC" if live.changed else ""
    if resource.value.source is Source.GENERATED:
        return f"the value was written outside{by}{when}; it stays, since git does not know it"
    others = sorted({field.name for field in change.fields} - MARKS) if change is not None else []
    rest = f"; its {', '.join(others)} differs from git, too" if others else ""
    return f"the value was written outside{by}{when}{rest}"


def _pending(change: Change) -> str:
    if change.action is Action.CREATE:
        return "declared and not there: to create"
    parts = [field.name for field in change.fields]
    if change.value is not None and change.value.write != "same":
        named = change.settings.get("git_keys")
        parts += map(str, named) if isinstance(named, list) else ["value"]
    return f"to {change.action}: {', '.join(parts) or 'as it was'}"


def _stuck(live: Live, now: datetime) -> str | None:
    if not live.rotation.pending:
        return None
    if live.changed is not None and now - live.changed < STUCK_AFTER:
        return None
    since = f" since {live.changed:%Y-%m-%d %H:%M} UTC" if live.changed else ""
    return f"a rotation has begun and not ended{since}: AWSPENDING is on another version"


def _overdue(resource: Resource, live: Live, now: datetime) -> str | None:
    upcoming = live.rotation.next
    if live.rotation.enabled and upcoming is not None and now > upcoming + GRACE:
        return f"should have been rotated by {upcoming:%Y-%m-%d}"
    if resource.max_age is not None and live.changed is not None:
        age = (now - live.changed).days
        if age > resource.max_age:
            return f"written {age} days ago, and max_age is {resource.max_age} days"
    return None
