"""What a change destroys, in words that a reviewer needs before saying yes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.core.model import JSON, Action, Change, FieldChange, Policy, Write
from reconciler.render.escape import terminal

_REPLACED = {
    "secret": "every version of it is deleted, and it is created again",
    "parameter": "it is deleted with its history and labels, and created again 30 seconds later;"
    " until then nobody can read it",
}
_UNROTATED = "it is not rotated any more: its value stays as it is until somebody changes it"
_PRUNED = {
    "parameter": "it is deleted at once with its history and labels, and cannot be restored",
    "rotation": _UNROTATED,
}
OUTSIDE = "the live value was written outside"  # how the reason begins of what overwrites such one
_OVERWRITTEN = {
    "secret": "what was written outside; AWS keeps it as AWSPREVIOUS until the next new value",
    "parameter": "what was written outside; AWS keeps it in the parameter's history",
}


def losses(change: Change, policy: Policy) -> tuple[str, ...]:
    """What is lost, one sentence each; nothing for a change that destroys nothing."""
    return tuple(_losses(change, policy))


def is_destructive(change: Change) -> bool:
    """Whether something is lost that git does not bring back."""
    return change.action in (Action.REPLACE, Action.PRUNE) or (
        change.action is not Action.REFUSE
        and (any(map(_gone, change.fields)) or _overwrites(change) or _rotates(change))
    )


def _overwrites(change: Change) -> bool:
    """Whether the value that goes is one that git never had."""
    if change.value is None:
        return False
    if change.action is Action.ADOPT:
        return change.value.write in (Write.CHANGED, Write.RETURNED)
    return (change.reason or "").startswith(OUTSIDE)


def _rotates(change: Change) -> bool:
    return change.settings.get("rotate_immediately") is True and change.action in (
        Action.CREATE,
        Action.UPDATE,
    )


def _losses(change: Change, policy: Policy) -> Iterator[str]:
    kind = change.key.kind
    if change.action is Action.REFUSE:
        return
    if change.action is Action.REPLACE:
        yield _REPLACED.get(kind, "it is deleted and created again")
    elif change.action is Action.PRUNE and kind == "secret":
        days = _window(change) or policy.recovery_window
        yield f"it cannot be read any more; it can be restored for {days} days, then it is gone"
        yield "its replicas, if it has any, are deleted at once"
    elif change.action is Action.PRUNE:
        yield _PRUNED.get(kind, "it is deleted")
    if _overwrites(change):
        yield _OVERWRITTEN.get(kind, "what was written outside")
    if _rotates(change):
        yield "the value that is live: rotation makes another as soon as this is applied"
    if change.action is not Action.PRUNE:
        for field in change.fields:
            yield from _gone(field)


def _gone(field: FieldChange) -> tuple[str, ...]:
    """What a field's change takes away: copies, permissions, rotation.

    Where nobody recorded what is there, it may have been put there by somebody else.
    """
    if field.name == "replicas" and not field.known:
        return ("its replicas in Regions that are not declared, if it has any, are deleted",)
    if field.name == "replicas":
        left = _regions(field.before) - _regions(field.after)
        return tuple(f"its replica in {terminal(region)} is deleted" for region in sorted(left))
    if field.name == "enabled":
        return (_UNROTATED,) if field.before is True and not field.after else ()
    if field.name != "resource_policy":
        return ()
    unrecorded = field.before is None and not field.known
    if field.after is None and (field.before is not None or unrecorded):
        which = "its resource policy, if it has one," if unrecorded else "its resource policy"
        return (f"{which} is removed: who relies on it loses access",)
    if unrecorded:
        return ("the resource policy that it may have is overwritten, and is recorded nowhere",)
    return ()


def concerns(change: Change) -> tuple[str, ...]:
    """Who else is concerned, though nothing is lost: one sentence each."""
    if change.action in (Action.REFUSE, Action.PRUNE, Action.CREATE):
        return ()
    told = []
    for field in change.fields:
        if field.name == "resource_policy" and field.before is not None and field.after is not None:
            told.append("who is let in by the old policy alone cannot read it any more")
        if field.name == "kms_key" and field.before is not None:
            told.append("who reads it has to be allowed to use the new key")
    return tuple(told)


def _regions(content: JSON) -> set[str]:
    if not isinstance(content, Sequence) or isinstance(content, str):
        return set()
    return {
        str(item["region"]) for item in content if isinstance(item, Mapping) if "region" in item
    }


def _window(change: Change) -> int | None:
    """The days that this secret itself asks for."""
    for field in change.fields:
        if field.name == "recovery_window" and isinstance(field.before, int):
            return field.before if 7 <= field.before <= 30 else None
    return None
