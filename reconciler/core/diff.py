"""Desired and live in, a plan out: a pure function.

It sees fields and fingerprints, never a value. What it knows of AWS is in the data that the kinds
shaped: it compares secrets, parameters and schedules in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

from reconciler.core.digest import content_digest
from reconciler.core.model import (
    JSON,
    Action,
    Change,
    FieldChange,
    Key,
    Live,
    Note,
    Origin,
    Ownership,
    Plan,
    Policy,
    Recorded,
    Resource,
    Scope,
    Source,
    Value,
    ValueChange,
    Write,
)
from reconciler.core.model import MARKS as MARKS
from reconciler.core.ownership import is_kept, may_apply, may_prune
from reconciler.core.reasons import Loss, Lost, Notable, Reason, Why

# The value was live before, or may have been. Where a rollback has taken it back since, AWSCURRENT
# is on the same version as when it was planned: only the date of the last change tells.
RETURNING = (Write.RETURNED, Write.UNKNOWN)


def diff(
    desired: Mapping[Key, Resource], live: Mapping[Key, Live], scope: Scope, policy: Policy
) -> Plan:
    """Everything that would make ``live`` what ``desired`` declares, and everything refused.

    A resource that is live and not declared is pruned where the policy says so, else kept.
    """
    changes: list[Change] = []
    notes: list[Note] = []
    for key in sorted({*desired, *live}):
        resource, current = desired.get(key), live.get(key)
        if resource is not None and current is not None:
            change, noted = _compare(resource, current)
            changes += [] if change is None else [change]
            notes += [] if noted is None else [noted]
        elif resource is not None:
            changes += _create(resource)
        elif current is not None:
            changes += _undeclared(current, scope, policy)
            notes += _kept(current, scope, policy)
    owned = sum(1 for current in live.values() if current.ownership is Ownership.OURS)
    changes = [_dependent(change, desired, live, changes) for change in changes]
    return Plan(scope, policy, tuple(changes), tuple(notes), owned)


def _undeclared(current: Live, scope: Scope, policy: Policy) -> Iterator[Change]:
    if may_prune(current, scope, policy):
        before = tuple(
            FieldChange(name, content, None)
            for name, content in sorted(current.fields.items())
            if not isinstance(content, Recorded) and content and name not in MARKS
        )
        yield Change(
            current.key,
            Action.PRUNE,
            before,
            precondition=_unwritten(current),
            losses=_deleting(current, policy),
        )


def _unwritten(current: Live) -> dict[str, JSON]:
    """A prune is of the value that was reviewed, unless rotation keeps making new ones."""
    if current.value is None or current.rotation.enabled:
        return {}
    return {"version": current.value.version}


def _kept(current: Live, scope: Scope, policy: Policy) -> Iterator[Note]:
    if is_kept(current, scope) and not policy.prune:
        yield Note(current.key, Notable.KEPT)


def _create(resource: Resource) -> Iterator[Change]:
    if resource.requires is not None and resource.value is not None:
        return  # keys: the call that creates their secret writes them and their mark
    fields = tuple(
        FieldChange(name, None, after)
        for name, after in sorted(resource.fields.items())
        if not _absent(after) and name not in MARKS
    )
    if not fields and resource.value is None and resource.uncreatable is None:
        return  # declared absent, and it is
    if resource.uncreatable is not None:
        source = None if resource.copies is None else resource.copies.name
        yield _refuse(resource, Why(resource.uncreatable, source), fields)
        return
    value, why = None, None
    if resource.value is not None:
        value = _first(resource.value)
        if value.write is Write.SEED and resource.value.shared:
            why = Why(Reason.GIT_KEYS, names=resource.value.shared)
    yield Change(
        resource.key,
        Action.CREATE,
        fields,
        value,
        settings=resource.settings,
        precondition={"exists": False},
        why=why,
        losses=resource.costs,
        place=resource.place,
    )


def _compare(resource: Resource, current: Live) -> tuple[Change | None, Note | None]:
    fields = _changed(resource, current)
    refusal = may_apply(current)
    if refusal is not None:
        # A schedule's secret is refused by itself: once is enough, unless the schedule differs too.
        told = resource.requires is None or fields
        return (_refuse(resource, refusal, fields) if told else None), None
    for change in fields:
        if change.name in current.refuses:
            return _refuse(resource, current.refuses[change.name], fields), None
    decision = _value(resource, current)
    if isinstance(decision, Why):
        return _refuse(resource, decision, fields), None
    value, note = decision
    barred = tuple(change.name for change in fields if change.name in current.fixed)
    if barred and not resource.replace:
        return _refuse(resource, Why(Reason.NEEDS_REPLACE, names=barred), fields), note
    anew = tuple(f.name for f in fields if f.name in current.anew) if resource.replace else ()
    # A schedule has no deletion of its own: it comes back with its secret.
    restores = current.deleted and resource.requires is None
    if not fields and value is None and not restores:
        return _remember(resource, current), note
    if value is None and resource.whole and resource.value is not None:
        value = _written(Write.SAME, resource.value)
    precondition: dict[str, JSON] = {}
    if value is not None or barred or anew:
        precondition["version"] = None if current.value is None else current.value.version
    # A rollback puts every label and mark back where a plan of before saw them: nothing but time
    # tells the two states apart. So this is the one date that enters a digest.
    if value is not None and value.write in RETURNING and not resource.whole and current.changed:
        precondition["changed"] = current.changed.astimezone(UTC).isoformat()
    if current.deleted:
        precondition["deleted"] = True
    action, why = Action.UPDATE, _because(value, current)
    if barred or anew:
        replaced = Why(Reason.FIXED, names=barred) if barred else Why(Reason.ANEW, names=anew)
        action, why = Action.REPLACE, replaced
        fields = _all(resource, current)
    elif restores:
        action = Action.RESTORE
    return (
        Change(
            resource.key,
            action,
            fields,
            value,
            settings=resource.settings,
            precondition=precondition,
            why=why,
            losses=_losses(action, fields, value, resource, current),
            place=resource.place,
        ),
        note,
    )


def _remember(resource: Resource, current: Live) -> Change | None:
    """What is as declared, and the mark says otherwise: a run stopped before it wrote the mark, or
    git accepted what somebody wrote outside. Unless it is written, the next edit in git would look
    as if it met what somebody else wrote."""
    if not current.unremembered:
        return None
    return Change(
        resource.key,
        Action.UPDATE,
        settings=resource.settings,
        why=Why(Reason.MARK, names=current.unremembered),
        place=resource.place,
    )


# --- fields -----------------------------------------------------------------------------------


def same(declared: JSON, live: JSON | Recorded) -> bool:
    """Whether a live field is as declared. Of some fields only a digest is known."""
    if isinstance(live, Recorded):
        return live.digest == content_digest(declared)
    return declared == live or (_absent(declared) and _absent(live))


def _absent(content: JSON) -> bool:
    return content is None or content is False


def _changed(resource: Resource, current: Live) -> tuple[FieldChange, ...]:
    return tuple(
        _field(name, current.fields.get(name), after)
        for name, after in sorted(resource.fields.items())
        if not same(after, current.fields.get(name))
    )


def _all(resource: Resource, current: Live) -> tuple[FieldChange, ...]:
    """A replace writes every field again, so every field is part of what is reviewed."""
    return tuple(
        _field(name, current.fields.get(name), after)
        for name, after in sorted(resource.fields.items())
        if name not in MARKS
    )


def _field(name: str, before: JSON | Recorded, after: JSON) -> FieldChange:
    if not isinstance(before, Recorded):
        return FieldChange(name, before, after)
    if before.known:
        return FieldChange(name, before.content, after)
    # Nothing recorded does not mean that nothing is there: somebody else may have put it.
    return FieldChange(name, before.digest, after, known=False)


# --- values -----------------------------------------------------------------------------------


def _first(value: Value) -> ValueChange:
    if value.source is Source.GENERATED:
        return ValueChange(Write.GENERATED)
    write = Write.SEED if value.rotation == "declared" else Write.FIRST
    return _written(write, value)


def _written(write: Write, value: Value) -> ValueChange:
    fingerprint = value.fingerprints[0] if value.fingerprints else None
    return ValueChange(write, fingerprint, value.plaintext, value.ciphertext)


def _value(resource: Resource, current: Live) -> tuple[ValueChange | None, Note | None] | Why:
    """What to do about the value: the rules that keep a rotated value from being reverted."""
    want, have, rotation = resource.value, current.value, current.rotation
    rotated = have is not None and have.origin is Origin.OUTSIDE and rotation.ever
    note = _rotated(current, want) if rotated and (rotation.enabled or rotation.last) else None
    if want is None:
        return None, note
    if have is None:
        return Why(Reason.ROTATION_PENDING) if rotation.pending else (_first(want), None)
    if want.source is Source.GENERATED or have.fingerprint in want.fingerprints:
        return None, note
    if want.rotation == "declared" and rotated:
        return None, note
    if want.ciphertext is not None and not rotated and (rotation.enabled or rotation.pending):
        return None, Note(current.key, Notable.UNKNOWN)
    if rotation.enabled and want.shared and want.rotation == "declared":
        # Which of its keys were edited no fingerprint tells: those of git have a mark of their own.
        return None, Note(current.key, Notable.SEED, names=want.shared)
    if rotation.enabled:
        return Why(_while_rotating(want))
    if rotated and not want.take:
        return Why(Reason.ROTATED_BEFORE)
    if rotation.pending:
        return Why(Reason.ROTATION_PENDING)
    write = Write.CHANGED
    if want.ciphertext is not None:
        write = Write.UNKNOWN
    elif want.fingerprints and want.fingerprints[0] in have.earlier:
        write = Write.RETURNED
    return _written(write, want), None


def _while_rotating(want: Value) -> Reason:
    """Why git does not write a value that rotation owns."""
    if want.take:
        return Reason.ROTATION_ON
    return Reason.SEED_CHANGED if want.rotation == "declared" else Reason.ROTATION_DROPPED


def _rotated(current: Live, want: Value | None) -> Note:
    last = current.rotation.last
    shared = () if want is None else want.shared
    return Note(current.key, Notable.ROTATED, _day(last), shared)


def _because(value: ValueChange | None, current: Live) -> Why | None:
    """Why an update is more than git being ahead."""
    unmarked = current.value is not None and current.value.origin is Origin.UNKNOWN
    if value is not None and unmarked:
        return Why(Reason.UNMARKED)
    return _written_over(value, current)


def _written_over(value: ValueChange | None, current: Live) -> Why | None:
    """Who wrote the live value, where a change writes over what git never had."""
    if value is None or current.value is None or current.value.origin is not Origin.OUTSIDE:
        return None
    return Why(Reason.WRITTEN_OUTSIDE, current.changed_by, on=_day(current.changed))


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.astimezone(UTC).date()


# --- losses -----------------------------------------------------------------------------------


def _deleting(current: Live, policy: Policy) -> tuple[Lost, ...]:
    """What a prune takes away."""
    window = current.fields.get("recovery_window")
    days = policy.recovery_window
    if isinstance(window, int) and 7 <= window <= 30:
        days = window
    return tuple(
        Lost(loss, days=days if loss is Loss.RECOVERABLE else None)
        for loss in current.costs.deleted
    )


def _losses(
    action: Action,
    fields: tuple[FieldChange, ...],
    value: ValueChange | None,
    resource: Resource,
    current: Live,
) -> tuple[Lost, ...]:
    """What a change of something that is live takes away."""
    lost: list[Lost] = []
    if action is Action.REPLACE:
        lost += map(Lost, current.costs.replaced)
    if _written_over(value, current) is not None:
        # What is deleted with its history is kept nowhere.
        kept = current.costs.overwritten if action is not Action.REPLACE else (Loss.OVERWRITTEN,)
        lost += map(Lost, kept)
    lost += resource.costs
    for change in fields:
        losing = current.costs.fields.get(change.name)
        lost += () if losing is None else losing(change)
    if action is Action.REPLACE:
        lost = [one for one in lost if one.loss is not Loss.CLEARTEXT_STAYS]
    return tuple(sorted(lost, key=lambda one: not one.loss.destroys))


# --- refusals ---------------------------------------------------------------------------------


def _refuse(resource: Resource, why: Why, fields: tuple[FieldChange, ...]) -> Change:
    return Change(
        resource.key,
        Action.REFUSE,
        tuple(change for change in fields if change.name not in MARKS),
        why=why,
        place=resource.place,
    )


def _dependent(
    change: Change,
    desired: Mapping[Key, Resource],
    live: Mapping[Key, Live],
    changes: list[Change],
) -> Change:
    """A schedule cannot be set on a secret that will not exist, or stays pending deletion."""
    resource = desired.get(change.key)
    if resource is None or resource.requires is None or change.action is Action.REFUSE:
        return change
    needed = resource.requires
    current = live.get(needed)
    if current is not None and not current.deleted:
        return change
    for other in changes:
        if other.key == needed and other.action is Action.REFUSE:
            return _refuse(resource, Why(Reason.REQUIRES, needed.kind), change.fields)
    return change
