"""Rollback: AWSCURRENT back to the version that AWSPREVIOUS is on, by compare-and-swap."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.core.model import Live
from reconciler.core.ownership import Refusal, may_handle
from reconciler.kinds.kind import Record
from reconciler.kinds.secret.observe import CURRENT, version_at

PREVIOUS = "AWSPREVIOUS"


def may_roll_back(
    record: Record | None, live: Live | None, is_generated: Callable[[str], bool], *, rotated: bool
) -> Refusal | None:
    """Whether a secret's previous value may serve again; None: it may.

    ``is_generated`` tells the version ids that we made for generated values. ``rotated`` says that
    a value which a rotation replaced, perhaps because it leaked, is wanted back nevertheless.
    """
    if record is None or live is None:
        return Refusal("absent", "it does not exist", "apply creates it")
    refusal = may_handle(live)
    if refusal is not None:
        return refusal
    if live.rotation.pending:
        return Refusal(
            "rotation-pending",
            "a rotation is under way: AWSPENDING is on another version than AWSCURRENT",
            "wait for it; or end it with: reconciler rotate --clear-pending",
        )
    previous, current = version_at(record, PREVIOUS), version_at(record, CURRENT)
    if previous is None or current is None:
        return Refusal("no-previous", "it has no previous version", "set a value instead")
    if not rotated:
        if live.rotation.enabled or live.rotation.last is not None:
            return Refusal(
                "rotation-owned",
                "rotation wrote its values, and the login before may not work any more",
                "`--rotated` brings it back nevertheless",
            )
        if is_generated(previous) and is_generated(current):
            return Refusal(
                "superseded",
                "its previous value was replaced by `rotate`, perhaps because it leaked",
                "`--rotated` brings it back nevertheless",
            )
    return None
