"""What a change destroys, in words that a reviewer needs before saying yes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.model import JSON, Action, Change, FieldChange, Policy
from reconciler.render.escape import terminal

_REPLACED = {
    "secret": "every version of it is deleted, and it is created again",
    "parameter": "it is deleted with its history and labels, and created again after 30 seconds",
}
_PRUNED = {
    "parameter": "it is deleted at once with its history and labels, and cannot be restored",
    "rotation": "it is not rotated any more",
}


def losses(change: Change, policy: Policy) -> tuple[str, ...]:
    """What is lost, one sentence each; nothing for a change that destroys nothing."""
    return tuple(_losses(change, policy))


def is_destructive(change: Change) -> bool:
    """Whether something is lost that no later change brings back."""
    return change.action in (Action.REPLACE, Action.PRUNE) or (
        change.action is not Action.REFUSE and any(map(_gone, change.fields))
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
    if change.action is not Action.PRUNE:
        for field in change.fields:
            yield from _gone(field)


def _gone(field: FieldChange) -> tuple[str, ...]:
    """What a field's change takes away from others: copies, permissions.

    Where nobody recorded what is there, it may have been put there by somebody else.
    """
    if field.name == "replicas" and not field.known:
        return ("its replicas in Regions that are not declared, if it has any, are deleted",)
    if field.name == "replicas":
        left = _regions(field.before) - _regions(field.after)
        return tuple(f"its replica in {terminal(region)} is deleted" for region in sorted(left))
    if field.name != "resource_policy":
        return ()
    unrecorded = field.before is None and not field.known
    if field.after is None and (field.before is not None or unrecorded):
        which = "its resource policy, if it has one," if unrecorded else "its resource policy"
        return (f"{which} is removed: who relies on it loses access",)
    if unrecorded:
        return ("the resource policy that it may have is overwritten, and is recorded nowhere",)
    return ()


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
