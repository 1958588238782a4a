"""Whose a live resource is decides what may be done with it: pure functions, nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.core.model import Live, Ownership, Policy, Scope
from reconciler.core.reasons import Reason, Why


@dataclass(frozen=True)
class Refusal:
    """Why a command may not do something to one resource, under a name, and what to do instead."""

    code: str
    reason: str
    hint: str | None = None


def may_handle(live: Live) -> Refusal | None:
    """Whether a secret that exists may be rotated or rolled back. None: it may."""
    if live.ownership is not Ownership.OURS:
        of = f": {live.owner} does" if live.owner else ""
        return Refusal("not-ours", f"this environment does not own it{of}", "adopt it first")
    if live.deleted:
        hint = f"restore it first: {live.restore}"
        return Refusal("pending-deletion", "it is pending deletion", hint)
    return None


def may_apply(live: Live) -> Why | None:
    """Why a declared resource that exists may not be written. None: it may."""
    match live.ownership:
        case Ownership.OURS:
            return None
        case Ownership.SERVICE:
            return Why(Reason.SERVICE_OWNED, live.owner)
        case Ownership.REPLICA:
            return Why(Reason.REPLICA, live.owner)
        case Ownership.PARTNER:
            return Why(Reason.PARTNER, live.owner)
        case Ownership.ELSEWHERE:
            return Why(Reason.OTHER_ACCOUNT, live.owner)
        case Ownership.OTHER_OWNER:
            return Why(Reason.OTHER_OWNER, live.owner)
        case Ownership.FOREIGN:
            return Why(Reason.OTHER_KEY if live.lost_key else Reason.NOT_MANAGED, live.owner)


def may_adopt(live: Live) -> Why | None:
    """Why a declared resource that exists and is not owned may not be taken over. None: it may."""
    if live.ownership is not Ownership.FOREIGN:
        return may_apply(live)
    if live.owner is not None:
        return Why(Reason.HELD_ELSEWHERE, live.owner)
    if live.deleted:
        return Why(Reason.PENDING_DELETION, live.restore)
    return None


def may_prune(live: Live, scope: Scope, policy: Policy) -> bool:
    """Whether a resource that nothing declares may be deleted: it verifies as ours, lies under the
    prefix, and the environment says ``prune: true``. Otherwise it is kept."""
    return policy.prune and is_kept(live, scope)


def is_kept(live: Live, scope: Scope) -> bool:
    """Whether a resource that nothing declares is owned at all, and within the prefix."""
    return (
        live.ownership is Ownership.OURS
        and not live.deleted
        and live.key.name.startswith(scope.under)
    )
