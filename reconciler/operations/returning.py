"""Which of the values that a plan writes are old ones, by the history of the lock in git."""

from __future__ import annotations

from dataclasses import replace

from reconciler.core.model import Change, Plan, Write
from reconciler.core.reasons import Loss, Lost
from reconciler.manifest import lock
from reconciler.manifest.surroundings import Surroundings
from reconciler.operations.planning import Declares

_OTHER = (Write.CHANGED, Write.RETURNED, Write.UNKNOWN)
_SHOWN = 12  # characters of a commit


def told(plan: Plan, declared: Declares, around: Surroundings) -> tuple[Plan, bool]:
    """The plan, with what returns to an old value among the losses; and whether git could tell: a
    shallow clone has no history. Outside git there is none to compare with."""
    wanted = {c.key: _prints(c, declared) for c in plan.changes if _may_return(c)}
    if not wanted:
        return plan, True
    repository, head = around.repository, around.head
    if repository is None or head is None:
        return plan, True
    found = lock.returning(repository, head.id, plan.scope.environment, wanted)
    changes = tuple(
        _with(change, found[change.key]) if change.key in found else change
        for change in plan.changes
    )
    return replace(plan, changes=changes), bool(found) or not repository.shallow


def _may_return(change: Change) -> bool:
    """What git shows in clear is seen by whoever reviews it, and a plan may know no fingerprint."""
    value = change.value
    return value is not None and value.write in _OTHER and value.plaintext is None


def _prints(change: Change, declared: Declares) -> frozenset[str]:
    if change.value is not None and change.value.ciphertext is not None:
        return frozenset({f"ct:{change.value.ciphertext}"})  # nothing more is known of it
    value = declared.resources[change.key].value
    kids = declared.recogniser.kids
    known = () if value is None else value.fingerprints
    return frozenset(f"{kid}:{one}" for kid, one in zip(kids, known, strict=False))


def _with(change: Change, commit: str) -> Change:
    lost = Lost(Loss.EARLIER_VALUE, commit[:_SHOWN])
    return replace(change, losses=(lost, *change.losses))
