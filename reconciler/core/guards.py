"""Guards: what stops a plan that would do more than its environment allows."""

from __future__ import annotations

from collections.abc import Collection

from reconciler.core.errors import GuardError, TooManyChangesError, TooManyPrunesError
from reconciler.core.model import Action, Plan

FROM = 10  # owned resources on; below that a ratio says nothing
COUNTED = frozenset({Action.UPDATE, Action.REPLACE, Action.PRUNE})


def broken(plan: Plan) -> tuple[GuardError, ...]:
    """The guards that a plan goes beyond; ``create``, ``adopt`` and ``restore`` do not count."""
    found: list[GuardError] = []
    prunes = sum(1 for change in plan.changes if change.action is Action.PRUNE)
    limit = plan.policy.max_prunes
    if prunes > limit:
        found.append(
            TooManyPrunesError(
                f"{prunes} resources would be pruned, and guards.max_prunes is {limit}",
                hint=f"raise it in the environment, or pass --override {TooManyPrunesError.code}",
            )
        )
    counted = sum(1 for change in plan.changes if change.action in COUNTED)
    ratio = plan.policy.max_change_ratio
    if plan.owned >= FROM and counted / plan.owned > ratio:
        found.append(
            TooManyChangesError(
                f"{counted} of {plan.owned} owned resources would change, and"
                f" guards.max_change_ratio is {ratio:g}",
                hint=f"raise it in the environment, or pass --override {TooManyChangesError.code}",
            )
        )
    return tuple(found)


def raise_if_unsafe(plan: Plan, overridden: Collection[str]) -> None:
    """Raises the first broken guard that ``overridden`` does not name."""
    for guard in broken(plan):
        if guard.code not in overridden:
            raise guard
