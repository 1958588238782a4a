"""A plan in one line."""

from __future__ import annotations

from collections import Counter

from reconciler.core.model import Action, Plan
from reconciler.render.escape import terminal

_ALWAYS = (Action.CREATE, Action.UPDATE, Action.PRUNE)
_SOMETIMES = (Action.REPLACE, Action.ADOPT, Action.RESTORE)


def summary(plan: Plan) -> str:
    """How many changes there are of each action."""
    counts = Counter(change.action for change in plan.changes)
    if not counts:
        return f"Nothing to do: {terminal(plan.scope.environment)} is as git declares it."
    told = [f"{counts[action]} to {action.value}" for action in _ALWAYS]
    told += [f"{counts[action]} to {action.value}" for action in _SOMETIMES if counts[action]]
    if counts[Action.REFUSE]:
        told.append(f"{counts[Action.REFUSE]} refused")
    return f"Plan: {', '.join(told)}."
