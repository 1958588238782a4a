"""Desired and live in, a plan out: a pure function.

It sees fields and fingerprints, never a value. What it knows of AWS is in the data that the kinds
shaped: it compares secrets, parameters and schedules in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
from reconciler.core.ownership import Refusal, is_kept, may_apply, may_prune

MARKS = frozenset({"fingerprint_key"})  # fields of ours that a create has anyway


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
        if resource is None:
            if current is not None:
                changes += _undeclared(current, scope, policy)
                notes += _kept(current, scope, policy)
        elif current is None:
            changes += _create(resource)
        else:
            change, noted = _compare(resource, current, scope)
            changes += [] if change is None else [change]
            notes += [] if noted is None else [noted]
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
            reason="it is ours and no longer declared",
        )


def _unwritten(current: Live) -> dict[str, JSON]:
    """A prune is of the value that was reviewed, unless rotation keeps making new ones."""
    if current.value is None or current.rotation.enabled:
        return {}
    return {"version": current.value.version}


def _kept(current: Live, scope: Scope, policy: Policy) -> Iterator[Note]:
    if is_kept(current, scope) and not policy.prune:
        text = "ours and no longer declared; kept, because the environment says `prune: false`"
        yield Note(current.key, "kept", text)


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
        refusal = Refusal(
            "not-creatable",
            f"it does not exist, and {resource.uncreatable}",
            "give it a `value` or `generate`, or create it and adopt it",
        )
        yield _refuse(resource, refusal, fields)
        return
    value = None if resource.value is None else _first(resource.value)
    reason = None
    if value is not None and value.write is Write.SEED:
        reason = "the value is the seed: written once, from then on rotation owns it"
        if resource.value is not None and resource.value.shared:
            reason += f"; git goes on to own its {_keys(resource.value)}"
    yield Change(
        resource.key,
        Action.CREATE,
        fields,
        value,
        settings=resource.settings,
        precondition={"exists": False},
        reason=reason,
        place=resource.place,
    )


def _compare(resource: Resource, current: Live, scope: Scope) -> tuple[Change | None, Note | None]:
    fields = _changed(resource, current)
    refusal = may_apply(current, scope)
    if refusal is not None:
        # A schedule's secret is refused by itself: once is enough, unless the schedule differs too.
        told = resource.requires is None or fields
        return (_refuse(resource, refusal, fields) if told else None), None
    decision = _value(resource, current)
    if isinstance(decision, Refusal):
        return _refuse(resource, decision, fields), None
    value, note = decision
    barred = [change for change in fields if change.name in current.fixed]
    if barred and not resource.replace:
        why = "; ".join(current.fixed[change.name] for change in barred)
        refusal = Refusal(
            "needs-replace",
            why,
            "`replace: true` allows to delete and create it: its history and labels are lost",
        )
        return _refuse(resource, refusal, fields), note
    # A schedule has no deletion of its own: it comes back with its secret.
    restores = current.deleted and resource.requires is None
    if not fields and value is None and not restores:
        return None, note
    if value is None and resource.whole and resource.value is not None:
        value = _written(Write.SAME, resource.value)
    precondition: dict[str, JSON] = {}
    if value is not None or barred:
        precondition["version"] = None if current.value is None else current.value.version
    if current.deleted:
        precondition["deleted"] = True
    action, reason = Action.UPDATE, None
    if barred:
        action = Action.REPLACE
        reason = "; ".join(current.fixed[change.name] for change in barred)
        fields = _all(resource, current)
    elif restores:
        action, reason = Action.RESTORE, "it is pending deletion"
    elif value is not None and current.value is not None:
        reason = _why(value, current)
    return (
        Change(
            resource.key,
            action,
            fields,
            value,
            settings=resource.settings,
            precondition=precondition,
            reason=reason,
            place=resource.place,
        ),
        note,
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


def _value(resource: Resource, current: Live) -> tuple[ValueChange | None, Note | None] | Refusal:
    """What to do about the value: the rules that keep a rotated value from being reverted."""
    want, have, rotation = resource.value, current.value, current.rotation
    rotated = (
        have is not None
        and have.origin is Origin.OUTSIDE
        and (rotation.enabled or rotation.last is not None)
    )
    note = _rotated(current, want) if rotated else None
    if want is None:
        return None, note
    if have is None:
        return _PENDING if rotation.pending else (_first(want), None)
    if want.source is Source.GENERATED or have.fingerprint in want.fingerprints:
        return None, note
    if want.rotation == "declared" and rotated:
        return None, note
    if want.ciphertext is not None and not rotated and (rotation.enabled or rotation.pending):
        return None, _unknown(current)
    if rotation.enabled and want.shared and want.rotation == "declared":
        return None, _seed(current, want)
    if rotation.enabled:
        return _while_rotating(want, rotated=rotated)
    if rotated and not want.take:
        return Refusal(
            "rotated-before",
            "rotation wrote the live value, and git never writes over it",
            "put the `rotation` back, or write `take: git` to let git take the value over",
        )
    if rotation.pending:
        return _PENDING
    write = Write.CHANGED
    if want.ciphertext is not None:
        write = Write.UNKNOWN
    elif want.fingerprints and want.fingerprints[0] in have.earlier:
        write = Write.RETURNED
    return _written(write, want), None


_PENDING = Refusal(
    "rotation-pending",
    "a rotation has begun and has not ended: AWSPENDING is on another version than AWSCURRENT",
    "wait for it, or end it; a value written now would abandon it",
)


def _while_rotating(want: Value, *, rotated: bool) -> Refusal:
    if want.take:
        return Refusal(
            "rotation-on",
            "`take: git` waits: rotation is still on, and while it is, rotation owns the value",
            "write `rotation: none` and apply that first",
        )
    if want.rotation == "declared":
        return Refusal(
            "seed-changed",
            "the manifest has another value than the one that rotation began with, and rotation"
            " owns the value",
            "put the old value back, or rotate the secret to get a new one",
        )
    what = "rotation wrote the live value" if rotated else "rotation is on"
    return Refusal(
        "rotation-dropped",
        f"{what}, the manifest has no rotation any more, and git does not write over it",
        "put the `rotation` back; or write `rotation: none`, apply that, and then `take: git`",
    )


def _rotated(current: Live, want: Value | None) -> Note:
    last = current.rotation.last
    when = f"rotated on {last:%Y-%m-%d}" if last is not None else "rotated"
    rest = f", and git its {_keys(want)}" if want is not None and want.shared else ""
    return Note(current.key, "rotated", f"{when}: rotation owns the value{rest}")


def _keys(value: Value) -> str:
    """What git owns of a value that rotation owns."""
    return f"{'key' if len(value.shared) == 1 else 'keys'} {', '.join(value.shared)}"


def _seed(current: Live, want: Value) -> Note:
    """Which of its keys were edited no fingerprint tells: those of git have a mark of their own."""
    text = (
        "the value in git is another than the one that rotation began with: of it only"
        f" {_keys(want)} can be written, the rest is rotation's"
    )
    return Note(current.key, "seed", text)


def _unknown(current: Live) -> Note:
    """Rotation keeps git from writing: whether that is a refusal, the value decides."""
    text = "the value in git is unknown until apply, and is not written while rotation is on"
    return Note(current.key, "unknown", text)


def _why(value: ValueChange, current: Live) -> str | None:
    reasons = []
    if current.value is not None and current.value.origin is Origin.OUTSIDE:
        by = f" by {current.changed_by}" if current.changed_by else ""
        when = f" on {current.changed:%Y-%m-%d}" if current.changed else ""
        reasons.append(f"the live value was written outside{by}{when}, and will be overwritten")
    if value.write is Write.RETURNED:
        reasons.append("returns to the previous value")
    return "; ".join(reasons) or None


# --- refusals ---------------------------------------------------------------------------------


def _refuse(resource: Resource, refusal: Refusal, fields: tuple[FieldChange, ...]) -> Change:
    return Change(
        resource.key,
        Action.REFUSE,
        tuple(change for change in fields if change.name not in MARKS),
        code=refusal.code,
        reason=refusal.reason,
        hint=refusal.hint,
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
    needed = None if resource is None else resource.requires
    if resource is None or needed is None or change.action is Action.REFUSE:
        return change
    current = live.get(needed)
    if current is not None and not current.deleted:
        return change
    for other in changes:
        if other.key == needed and other.action is Action.REFUSE:
            refusal = Refusal("requires", f"its {needed.kind} is refused")
            return _refuse(resource, refusal, change.fields)
    return change
