"""Guards: what stops a plan that would do more than its environment allows."""

from __future__ import annotations

from collections.abc import Collection

from reconciler.core.errors import GuardError, TooManyChangesError, TooManyPrunesError
from reconciler.core.model import MARKS, Action, Change, Plan, Write
from reconciler.core.reasons import Reason

FROM = 10  # owned resources on; below that a ratio says nothing
COUNTED = frozenset({Action.UPDATE, Action.REPLACE, Action.PRUNE})


def broken(plan: Plan) -> tuple[GuardError, ...]:
    """The guards that a plan goes beyond; ``create``, ``adopt``, ``restore`` and marks do not
    count."""
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
    counted = sum(1 for change in plan.changes if change.action in COUNTED and not _marks(change))
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


def _marks(change: Change) -> bool:
    """Whether a change writes marks alone, as after a new fingerprint key: what anybody reads stays
    as it is."""
    names = {field.name for field in change.fields}
    remembers = change.why is not None and change.why.reason is Reason.MARK
    same = change.value is None or change.value.write is Write.SAME
    return change.action is Action.UPDATE and same and (names <= MARKS if names else remembers)


def raise_if_unsafe(plan: Plan, overridden: Collection[str]) -> None:
    """Raises the first broken guard that ``overridden`` does not name."""
    for guard in broken(plan):
        if guard.code not in overridden:
            raise guard
