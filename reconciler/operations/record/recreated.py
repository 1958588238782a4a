"""What a plan creates that was there before: of what rotates, the last value is gone.

Git then has the value that rotation began with, or none, and whoever takes only the last one, like
a database, refuses it. It is told, and decides nothing: it comes from the applied record, which a
run may have lost, and which can never cause or prevent a write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.core.applied import Applied, Standing, Untold
from reconciler.core.model import Action, Change, Key, Note, Plan, Resource
from reconciler.core.reasons import Notable

# Nothing says that there was ever an apply.
_NEVER = (Untold.OFF, Untold.NO_RECORD, Untold.NO_GIT)


def suspects(plan: Plan, declared: Mapping[Key, Resource]) -> frozenset[Key]:
    """What a plan creates with a value that rotation is to change from then on."""
    return frozenset(change.key for change in plan.changes if _begins(change, declared))


def told(plan: Plan, declared: Mapping[Key, Resource], known: Applied) -> Plan:
    """The plan, with a note of each of those that was there, or may have been."""
    found = [
        Note(key, code)
        for key in sorted(suspects(plan, declared))
        if (code := _code(key, known)) is not None
    ]
    return replace(plan, notes=(*plan.notes, *found)) if found else plan


def _begins(change: Change, declared: Mapping[Key, Resource]) -> bool:
    if change.action is not Action.CREATE or change.value is None:
        return False
    resource = declared.get(change.key)
    value = None if resource is None else resource.value
    return value is not None and value.rotation == "declared"


def _code(key: Key, known: Applied) -> Notable | None:
    match known.standing(key):
        case Standing.DECLARED_IN_APPLIED:
            return Notable.GONE if known.may_be_replaced(key) else Notable.DELETED_OUTSIDE
        case Standing.ONLY_IN_ATTEMPTED:
            return Notable.GONE
        case Standing.CANNOT_TELL if known.untold not in _NEVER:
            return Notable.GONE
        case _:
            return None
