"""Who moved: git, or somebody in AWS. A pure function of three points.

Two points cannot tell: what is declared and what is live. The third is what we last wrote, as the
marks on a resource remember it, and for what is gone, as the applied record does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from reconciler.core.applied import OFF, Applied, Standing, Untold
from reconciler.core.diff import MARKS, same
from reconciler.core.digest import content_digest, short_digest
from reconciler.core.drift import Drift, DriftClass, Moved
from reconciler.core.model import (
    JSON,
    Action,
    Change,
    Key,
    Live,
    Origin,
    Ownership,
    Plan,
    Recorded,
    Resource,
    Source,
)
from reconciler.core.reasons import Notable, Reason
from reconciler.core.what import What

STUCK_AFTER = timedelta(hours=1)  # a rotation function runs for at most 15 minutes
GRACE = timedelta(hours=24)  # a rotation may come late within its window

_NO_RECORD = (Untold.OFF, Untold.NO_RECORD, Untold.NO_GIT)
_AHEAD = {
    Action.CREATE: What.CREATE,
    Action.RESTORE: What.RESTORE,
    Action.REPLACE: What.REPLACE,
}
_STAYS = {Reason.MARK, Reason.UNMARKED}  # why a change is made, told with the fields


@dataclass(frozen=True)
class Deep:
    """What no list returns of one owned resource: its fields, by name, and those of them that
    are ``open`` to everybody. ``denied`` are the calls that the role may not make, and ``beside``
    what nobody declared within a field."""

    fields: Mapping[str, JSON] = field(default_factory=dict)
    open: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    beside: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """All that drift is told from. ``now`` is aware, in UTC. ``unmanaged_fails`` is what the
    environment says of what nobody manages, ``looked`` what a closer look has found wrong, in
    words."""

    declared: Mapping[Key, Resource]
    live: Mapping[Key, Live]
    plan: Plan
    now: datetime
    applied: Applied = OFF
    deep: Mapping[Key, Deep] = field(default_factory=dict)
    unmanaged_fails: bool = False
    looked: Mapping[Key, Sequence[str]] = field(default_factory=dict)


def classify(known: Known) -> tuple[Drift, ...]:
    """Every difference by its class, sorted by resource."""
    changes = {change.key: change for change in known.plan.changes}
    found: list[Drift] = []
    for key, resource in known.declared.items():
        found += _declared(known, resource, changes.get(key))
        for text in known.looked.get(key, ()):
            found.append(Drift(key, DriftClass.OUTSIDE, text, resource.place))
    for change in known.plan.changes:
        if change.action is Action.PRUNE:
            found.append(Drift(change.key, DriftClass.PENDING, what=What.PRUNE))
    for note in known.plan.notes:
        if note.code in (Notable.KEPT, Notable.ROTATED):
            place = getattr(known.declared.get(note.key), "place", None)
            found.append(Drift(note.key, DriftClass(note.code), "", place, note))
    found += _unmanaged(known)
    return tuple(sorted(found, key=lambda drift: (drift.key, drift.kind_of)))


def _declared(known: Known, resource: Resource, change: Change | None) -> Iterator[Drift]:
    live = known.live.get(resource.key)
    if live is None:
        yield from _absent(known, resource, change)
    elif live.ownership is not Ownership.OURS:
        yield from _not_ours(known, resource, live, change)
    elif live.deleted:
        yield from _deleted(known, resource, live, change)
    else:
        yield from _present(known, resource, live, change)
        yield from _undeclared(known, resource, live)
        if resource.requires is None:  # what is part of another is told of with that
            yield from _dated(resource, live, known.now)


# --- what is gone -------------------------------------------------------------------------------


def _absent(known: Known, resource: Resource, change: Change | None) -> Iterator[Drift]:
    if change is None:
        return  # declared absent
    standing = _standing(known.applied, resource)
    # A part may be new where its whole is not.
    if Standing.IN_NEITHER in (standing, known.applied.standing(resource.key)):
        yield _ahead(resource, change)
    elif resource.requires is None:
        outside = standing is Standing.DECLARED_IN_APPLIED
        # A replacement deletes first: of a run that did not end, this may be what is left.
        if outside and not known.applied.may_be_replaced(resource.key):
            yield _drift(resource, DriftClass.OUTSIDE, What.DELETED, _refusal(change))
        else:
            yield _drift(resource, DriftClass.UNKNOWN, What.GONE, _refusal(change))


def _not_ours(
    known: Known, resource: Resource, live: Live, change: Change | None
) -> Iterator[Drift]:
    if change is None:
        return
    standing = known.applied.standing(resource.requires or resource.key)
    if standing is Standing.DECLARED_IN_APPLIED:
        what = What.UNMARKED if live.marked else What.REPLACED
        told = _drift(resource, DriftClass.OUTSIDE, what, _refusal(change), live)
    elif standing is Standing.ONLY_IN_ATTEMPTED:
        told = _drift(resource, DriftClass.UNKNOWN, What.NOT_OURS, _refusal(change), live)
    else:
        what = What.UNMARKED if live.marked else What.REFUSED
        told = _drift(resource, DriftClass.REFUSED, what, _refusal(change))
    if resource.requires is None or told.kind_of is DriftClass.REFUSED:
        yield told


def _deleted(
    known: Known, resource: Resource, live: Live, change: Change | None
) -> Iterator[Drift]:
    if resource.requires is not None:
        if change is not None and change.action is Action.REFUSE:
            yield _ahead(resource, change)
        return
    refusal = None if change is None else _refusal(change)
    match _standing(known.applied, resource, otherwise=Standing.DECLARED_IN_APPLIED):
        case Standing.DECLARED_IN_APPLIED:
            yield _drift(resource, DriftClass.OUTSIDE, What.DELETING, refusal, live)
        case Standing.IN_NEITHER if change is not None:
            yield _ahead(resource, change)
        case _:
            yield _drift(resource, DriftClass.UNKNOWN, What.DELETING, refusal, live)


def _standing(
    applied: Applied, resource: Resource, otherwise: Standing = Standing.IN_NEITHER
) -> Standing:
    """Where there is no record, it is told by the marks alone: ``otherwise``."""
    standing = applied.standing(resource.requires or resource.key)
    off = standing is Standing.CANNOT_TELL and applied.untold in _NO_RECORD
    return otherwise if off else standing


# --- what is there ------------------------------------------------------------------------------


def _present(
    known: Known, resource: Resource, live: Live, change: Change | None
) -> Iterator[Drift]:
    refusal = None if change is None else _refusal(change)
    value = _value(known.applied, resource, live)
    if value is not None:
        left = _may_be_left(known.applied, resource, live)
        class_ = DriftClass.UNKNOWN if left else DriftClass.OUTSIDE
        yield _drift(resource, class_, What.VALUE_LEFT if left else value, refusal, live)
    if live.forged:
        yield _drift(resource, DriftClass.OUTSIDE, What.MARK, None, live)
    moved = tuple(_moved(known.applied, resource, live))
    hidden = tuple(_moved_deep(known, resource, live))
    yield from _told(known.applied, resource, live, moved, refusal, whole=resource.whole)
    # Of what no list returns AWS tells no date, and it is written by a call of its own.
    undated = replace(live, changed=None, changed_by=None)
    yield from _told(known.applied, resource, undated, hidden, refusal, whole=False)
    if change is not None:
        names = {one.name for one in (*moved, *hidden)}
        yield from _rest(resource, live, change, names, value is not None)


def _told(
    applied: Applied,
    resource: Resource,
    live: Live,
    moved: Collection[Moved],
    refusal: Change | None,
    *,
    whole: bool,
) -> Iterator[Drift]:
    """What happened to fields, each that moved once."""
    usual = What.WRITTEN if whole else What.CHANGED
    by_what: dict[What, list[Moved]] = {}
    for one in moved:
        # A parameter is written as a whole, and so are its fields and its stamp.
        ours = partial(_is_ours, applied, resource.key, live, one.name)
        left = not whole and applied.may_be_left(resource.key, one.name, one.now, ours)
        what = What.LEFT if left else live.outside.get(one.name, usual)
        by_what.setdefault(what, []).append(one)
    if What.SWITCHED in by_what:
        by_what.pop(What.RESCHEDULED, None)  # while it is off, AWS tells no schedule
    for what, fields in sorted(by_what.items()):
        class_ = DriftClass.UNKNOWN if what is What.LEFT else DriftClass.OUTSIDE
        yield _drift(resource, class_, what, refusal, live, tuple(fields))


def _is_ours(applied: Applied, key: Key, live: Live, name: str, content: JSON) -> bool:
    """Whether this is what a field was when we last wrote it, as far as that is known."""
    recorded, fields = live.fields.get(name), applied.fields.get(key, {})
    if isinstance(recorded, Recorded):
        return recorded.digest == content_digest(content)
    if name in live.remembered:
        return live.remembered[name] == short_digest(content)
    return not live.recalls and name in fields and same(fields[name], content)


def _rest(
    resource: Resource, live: Live, change: Change, moved: set[str], outside: bool
) -> Iterator[Drift]:
    """What of a change is not there because of somebody else."""
    if change.action is Action.REFUSE:
        if not outside and not moved:
            yield _ahead(resource, change)
        return
    if change.why is not None and change.why.reason is Reason.MARK and live.forged:
        return
    fields = tuple(one for one in change.fields if one.name not in moved and one.name not in MARKS)
    writes = change.value is not None and change.value.write != "same" and not outside
    why = change.why is not None and change.why.reason in _STAYS
    if fields or writes or (why and not outside) or not (moved or outside):
        yield _ahead(resource, change, outside=moved, value=writes)


def _may_be_left(applied: Applied, resource: Resource, live: Live) -> bool:
    """Whether a run that did not complete may have left the value as it is: one that was to move
    AWSCURRENT away from there, or an adoption that set its tags and wrote no value yet."""
    if live.begun:
        return bool(applied.unfinished) or applied.others
    never = live.as_written.get("value") is not False
    standing = applied.standing(resource.requires or resource.key)
    return never and standing is Standing.ONLY_IN_ATTEMPTED


def _value(applied: Applied, resource: Resource, live: Live) -> What | None:
    """What happened to the value, if somebody else wrote it, or moved AWSCURRENT back."""
    value, rotation = live.value, live.rotation
    if resource.value is None or value is None:
        return None
    if value.origin is not Origin.OUTSIDE:
        declared = value.fingerprint in resource.value.fingerprints
        back = live.begun and not declared and applied.untold is None
        return What.VALUE if back or live.as_written.get("value") is False else None
    if rotation.enabled or rotation.last is not None:
        return None  # rotation wrote it: no drift, or, where the manifest objects, a refusal
    if rotation.configured:
        return What.VALUE_OR_ROTATION
    return What.GENERATED if resource.value.source is Source.GENERATED else What.VALUE


def _moved(applied: Applied, resource: Resource, live: Live) -> Iterator[Moved]:
    """Fields that are neither as declared nor as we last wrote them: as their mark remembers, or
    where no mark does, as the last complete apply left them."""
    left = applied.fields.get(resource.key, {})
    for name, declared in sorted(resource.fields.items()):
        now = live.fields.get(name)
        if name in MARKS or isinstance(now, Recorded) or same(declared, now):
            continue
        last, written = live.remembered.get(name), live.as_written.get(name)
        if written is None and not live.recalls and name in left:
            last, written = short_digest(left[name]), same(left[name], now)
        if written is False:
            before = (declared, left[name]) if name in left else (declared,)
            was = [one for one in before if short_digest(one) == last]
            yield Moved(name, was[0] if was else None, now, declared, bool(was))


def _moved_deep(known: Known, resource: Resource, live: Live) -> Iterator[Moved]:
    """The same of what no list returns, as far as it was read."""
    for name, now in sorted(known.deep.get(resource.key, Deep()).fields.items()):
        recorded = live.fields.get(name)
        if name not in resource.fields or not isinstance(recorded, Recorded):
            continue
        declared = resource.fields[name]
        if recorded.digest is None or same(declared, now):
            continue
        if content_digest(now) != recorded.digest:
            as_declared = content_digest(declared) == recorded.digest
            yield Moved(name, declared if as_declared else None, now, declared, as_declared)


def _undeclared(known: Known, resource: Resource, live: Live) -> Iterator[Drift]:
    """What nobody declared on what is owned. Who allows everybody has to say so in git."""
    deep = known.deep.get(resource.key)
    if deep is None:
        return
    beside = {**live.beside, **deep.beside}
    for name, now in sorted({**deep.fields, **beside}.items()):
        if name in deep.open and not same(resource.fields.get(name), now):
            yield _drift(resource, DriftClass.OUTSIDE, What.OPEN_POLICY)
        elif now and (name in beside or name not in resource.fields):
            yield Drift(
                resource.key,
                DriftClass.UNMANAGED,
                place=resource.place,
                what=What.UNDECLARED,
                fields=(Moved(name, None, now),),
                fails=known.unmanaged_fails,
            )


def _unmanaged(known: Known) -> Iterator[Drift]:
    for key, live in known.live.items():
        nobodys = live.ownership is Ownership.FOREIGN and live.owner is None and not live.deleted
        if key not in known.declared and nobodys and key.name.startswith(known.plan.scope.under):
            fails = known.unmanaged_fails
            yield Drift(key, DriftClass.UNMANAGED, what=What.FOREIGN, fails=fails)


def _dated(resource: Resource, live: Live, now: datetime) -> Iterator[Drift]:
    stuck = live.changed is None or now - live.changed >= STUCK_AFTER
    if live.rotation.pending and stuck:
        yield _drift(resource, DriftClass.STUCK, What.STUCK, None, live)
    upcoming = live.rotation.next
    if live.rotation.enabled and upcoming is not None and now > upcoming + GRACE:
        yield Drift(
            resource.key,
            DriftClass.OVERDUE,
            place=resource.place,
            what=What.LATE,
            since=upcoming,
        )
    elif resource.max_age is not None and live.changed is not None:
        age = (now - live.changed).days
        if age > resource.max_age:
            yield Drift(
                resource.key,
                DriftClass.OVERDUE,
                place=resource.place,
                what=What.AGED,
                since=live.changed,
                days=(age, resource.max_age),
            )


# --- one difference -----------------------------------------------------------------------------


def _refusal(change: Change) -> Change | None:
    return change if change.action is Action.REFUSE else None


def _drift(
    resource: Resource,
    class_: DriftClass,
    what: What,
    refusal: Change | None = None,
    live: Live | None = None,
    fields: tuple[Moved, ...] = (),
) -> Drift:
    return Drift(
        resource.key,
        class_,
        place=resource.place,
        because=None if refusal is None else refusal.why,
        what=what,
        fields=fields,
        since=None if live is None else live.changed,
        by=None if live is None else live.changed_by,
    )


def _ahead(
    resource: Resource, change: Change, *, outside: Collection[str] = (), value: bool = True
) -> Drift:
    """Git is ahead, and apply brings it, or refuses to."""
    if change.action is Action.REFUSE:
        return _drift(resource, DriftClass.REFUSED, What.REFUSED, change)
    names = [one.name for one in change.fields if one.name not in outside]
    if change.value is not None and change.value.write != "same" and value:
        named = change.settings.get("git_keys")
        names += map(str, named) if isinstance(named, list) else ["value"]
    kept = change.why is not None and change.why.reason in _STAYS
    return Drift(
        resource.key,
        DriftClass.PENDING,
        place=resource.place,
        because=change.why if kept else None,
        what=_AHEAD.get(change.action, What.UPDATE),
        names=tuple(names),
    )
