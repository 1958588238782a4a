"""What was reviewed against what would be done now.

Apply plans again and writes the reviewed changes only. A reviewed change is *due* (it would be done
now in just the same way, or its rest would), *done* (it is in effect already), or it has *moved*:
then the whole plan is stale and nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.core.diff import same
from reconciler.core.digest import change_digest, plan_digest
from reconciler.core.errors import StalePlanError
from reconciler.core.model import (
    JSON,
    Action,
    Change,
    FieldChange,
    Key,
    Live,
    Origin,
    Ownership,
    Plan,
    Write,
)
from reconciler.core.reasons import Loss
from reconciler.core.refusals import REASONS

# What a crash in the middle of a change may leave to be done.
_RESTS: Mapping[Action, frozenset[Action]] = {
    Action.CREATE: frozenset({Action.UPDATE}),
    Action.UPDATE: frozenset({Action.UPDATE}),
    Action.REPLACE: frozenset({Action.CREATE, Action.UPDATE}),
    Action.RESTORE: frozenset({Action.UPDATE}),
    Action.ADOPT: frozenset({Action.UPDATE, Action.ADOPT}),
}


@dataclass(frozen=True)
class Selection:
    """``todo`` is to be written, ``done`` in effect already, ``unreviewed`` never written."""

    todo: tuple[Change, ...]
    done: tuple[Change, ...] = ()
    unreviewed: tuple[Change, ...] = ()


def by_digest(digest: str, fresh: Plan) -> Selection:
    """All of the fresh plan, if its digest is the reviewed one. Raises StalePlanError."""
    actual = plan_digest(fresh)
    if digest != actual:
        raise StalePlanError(
            "the plan is not the one that was reviewed",
            hint=f"reviewed {digest}, now {actual}; look at the plan again, or, after a run that"
            " stopped half way, apply the reviewed plan file with --plan",
        )
    return Selection(fresh.changes)


def by_plan(reviewed: Plan, fresh: Plan, live: Mapping[Key, Live]) -> Selection:
    """The reviewed changes that are still to be done, each as the fresh plan has it.

    Raises StalePlanError, with all that moved, if anything did.
    """
    if reviewed.scope != fresh.scope:
        raise StalePlanError(
            f"the plan is of {_scope(reviewed)}, and this is {_scope(fresh)}",
            hint="apply it where it was made, or plan again",
        )
    now = {change.key: change for change in fresh.changes}
    todo: list[Change] = []
    done: list[Change] = []
    moved: list[str] = []
    settled: set[Key] = set()
    beyond: list[Change] = []
    for change in reviewed.changes:
        if change.action is Action.REFUSE:
            continue
        current = now.get(change.key)
        if current is not None and change.value is None:
            current, value = _without_value(current, live.get(change.key))
            beyond += value
        if current is not None and (
            _equal(change, reviewed, current, fresh)
            or (
                reviewed.policy == fresh.policy and continues(change, current, live.get(change.key))
            )
        ):
            todo.append(current)
        elif in_effect(change, live.get(change.key)):
            done.append(change)
            continue
        else:
            moved.append(f"{change.key}: {explain(change, current, live.get(change.key))}")
        settled.add(change.key)
    if moved:
        raise StalePlanError(
            "\n  ".join(["the reviewed plan is stale:", *moved]),
            hint="nothing was written; plan again and have it reviewed",
        )
    todo += [change for change in fresh.changes if change.action is Action.REFUSE]
    rest = [
        change
        for change in fresh.changes
        if change.key not in settled and change.action is not Action.REFUSE
    ]
    return Selection(tuple(todo), tuple(done), (*rest, *beyond))


def _without_value(current: Change, live: Live | None) -> tuple[Change, tuple[Change, ...]]:
    """An update of fields alone, where only fields were reviewed and somebody has written the
    value outside since, and then what is not written. A change of fields is bound to those fields:
    the value is nothing to it, and stays as it is."""
    if live is None or live.value is None or live.value.origin is not Origin.OUTSIDE:
        return current, ()
    if current.action is not Action.UPDATE or not live.apart:
        return current, ()
    if current.value is None or not current.fields:
        return current, ()
    rest = {name: part for name, part in current.precondition.items() if name != "version"}
    valued = {*live.costs.overwritten, Loss.EARLIER_VALUE}
    of_value = [lost for lost in current.losses if lost.loss in valued]
    of_fields = tuple(lost for lost in current.losses if lost not in of_value)
    fields = replace(current, value=None, precondition=rest, why=None, losses=of_fields)
    return fields, (replace(current, fields=(), losses=tuple(of_value)),)


def _scope(plan: Plan) -> str:
    scope = plan.scope
    return f"{scope.environment} ({scope.account}, {scope.region}, {scope.prefix})"


def _equal(change: Change, reviewed: Plan, current: Change, fresh: Plan) -> bool:
    return change_digest(change, reviewed.scope, reviewed.policy) == change_digest(
        current, fresh.scope, fresh.policy
    )


def in_effect(change: Change, live: Live | None) -> bool:
    """Whether everything that a change was to bring about is so."""
    if change.action is Action.PRUNE:
        return live is None or live.deleted
    if live is None or live.deleted or live.ownership is not Ownership.OURS:
        return False
    return all(same(f.after, live.fields.get(f.name)) for f in change.fields) and _holds(
        change, live
    )


def _holds(change: Change, live: Live) -> bool:
    """Whether the value that a change writes is live, or was and has been rotated since."""
    if change.value is None:
        return True
    if live.value is None:
        return False
    if change.value.write is Write.COPIED:
        return True  # it was absent when it was reviewed, and nothing but a copy creates it
    if change.value.write is Write.GENERATED:
        return live.value.origin is Origin.GENERATED
    if change.value.write is Write.BOUND and live.value.origin is Origin.GENERATED:
        return live.value.version == change.precondition.get("version")
    if change.value.ciphertext is not None:
        return False  # nobody knows what it was to be
    if live.value.fingerprint == change.value.fingerprint:
        return True
    rotated = live.value.origin is Origin.OUTSIDE and live.rotation.last is not None
    return change.value.write is Write.SEED and rotated


def continues(change: Change, rest: Change, live: Live | None) -> bool:
    """Whether ``rest`` is what remains of a reviewed change that was done in part, and no more."""
    if rest.action not in _RESTS.get(change.action, ()) or rest.settings != change.settings:
        return False
    reviewed = {field.name: field for field in change.fields}
    if rest.action is Action.CREATE:
        # A replace that stopped after the deletion: all fields were reviewed with it.
        after = {field.name: field.after for field in rest.fields}
        if any(name not in reviewed or reviewed[name].after != a for name, a in after.items()):
            return False
        return _same_value(change, rest)
    ours = live is not None and live.ownership is Ownership.OURS
    if live is None or live.deleted or not (ours or rest.action is Action.ADOPT):
        return False
    for field in rest.fields:
        known = reviewed.get(field.name)
        # What a create did in part is there now, and absent as the review saw it.
        if known is None or known.after != field.after or not _on_the_way(field.before, known):
            return False
    remaining = {field.name for field in rest.fields}
    if not all(
        same(field.after, live.fields.get(field.name))
        for field in change.fields
        if field.name not in remaining
    ):
        return False
    if rest.value is None:
        return _holds(change, live)
    if rest.value.write is Write.SAME and _holds(change, live):
        return _same_value(change, rest)
    if _returns_since(change, rest, live):
        return False
    unmoved = change.precondition.get("version") == rest.precondition.get("version")
    return unmoved and _same_value(change, rest)


def _returns_since(change: Change, now: Change, live: Live | None) -> bool:
    """Whether a value would be written again that was live meanwhile: a rollback took it back, and
    the plan of before is no reason to undo that. A run that stopped in the middle goes on: it has
    staged the value, and a rollback ends that."""
    if now.value is None or now.value.write is not Write.RETURNED:
        return False
    if change.value is None or change.value.write is not Write.RETURNED:
        return True
    if change.precondition.get("changed") == now.precondition.get("changed"):
        return False
    value = None if live is None else live.value
    return value is None or value.staged != now.value.fingerprint


def _on_the_way(now: JSON, reviewed: FieldChange) -> bool:
    """Whether a field is as the review saw it, or what a run that stopped made of it: tags and
    replicas are taken away and added one call after the other."""
    before, after = reviewed.before, reviewed.after
    if same(before, now):
        return True
    if isinstance(now, Mapping) and isinstance(before, Mapping) and isinstance(after, Mapping):
        keys = {*now, *before, *after}
        return all(now.get(key) in (before.get(key), after.get(key)) for key in keys)
    if isinstance(now, list) and isinstance(before, list) and isinstance(after, list):
        return all(item in before or item in after for item in now)
    return False


def _same_value(change: Change, rest: Change) -> bool:
    if change.value is None or rest.value is None:
        return change.value is None and rest.value is None
    same_ciphertext = change.value.ciphertext == rest.value.ciphertext
    return same_ciphertext and change.value.fingerprint == rest.value.fingerprint


def explain(change: Change, current: Change | None, live: Live | None) -> str:
    """What moved since the review, in terms of the plan."""
    moved = _moved(change, live)
    if moved is not None:
        return moved
    if current is None:
        return "nothing is to be done any more, and it is not what was reviewed"
    if current.why is not None and current.action is Action.REFUSE:
        return f"it is refused now: {REASONS[current.why.reason]} ({current.why.reason})"
    if current.action is not change.action:
        return f"to {change.action} became to {current.action}"
    was = {field.name: field for field in change.fields}
    now = {field.name: field for field in current.fields}
    names = sorted(n for n in {*was, *now} if was.get(n) != now.get(n))
    if names:
        return f"{', '.join(names)} changed in AWS or in git"
    settings = sorted(
        n
        for n in {*change.settings, *current.settings}
        if change.settings.get(n) != current.settings.get(n)
    )
    if settings:
        return f"{', '.join(settings)} changed in git"
    if _returns_since(change, current, live):
        return "it changed in AWS after the plan, and the value would return to an earlier one"
    if change.value != current.value:
        return "the value in git changed"
    return "the environment's policy changed"


def _moved(change: Change, live: Live | None) -> str | None:
    if live is None:
        return None if change.action is Action.CREATE else "it does not exist any more"
    if change.action is Action.CREATE:
        return f"it exists now{_writer(live)}"
    if live.deleted and change.action is not Action.RESTORE:
        return "it is pending deletion now"
    if live.ownership is not Ownership.OURS and change.action is not Action.ADOPT:
        return f"this environment no longer owns it{f': {live.owner} does' if live.owner else ''}"
    before = change.precondition.get("version")
    after = None if live.value is None else live.value.version
    if "version" in change.precondition and before != after:
        moved = f"moved from {before or 'nothing'} to {after or 'nothing'}"
        return f"{live.versioned} {moved}{_writer(live)}"
    return None


def _writer(live: Live) -> str:
    if live.value is None:
        return ""
    if live.value.origin is Origin.UNKNOWN:
        return ""
    if live.value.origin is not Origin.OUTSIDE:
        return ", written by a reconciler with this environment's key"
    return (
        f", written by {live.changed_by}, not by the reconciler"
        if live.changed_by
        else ", not written by the reconciler"
    )
