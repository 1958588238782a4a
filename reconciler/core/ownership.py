"""Whose a live resource is decides what may be done with it: pure functions, nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.core.model import Live, Ownership, Policy, Scope


@dataclass(frozen=True)
class Refusal:
    """Why something may not be done, under a name, and what to do instead."""

    code: str
    reason: str
    hint: str | None = None


def may_handle(live: Live) -> Refusal | None:
    """Whether a secret that exists may be rotated or rolled back. None: it may."""
    if live.ownership is not Ownership.OURS:
        of = f" but of {live.owner}" if live.owner else ""
        return Refusal("not-ours", f"it is not ours{of}", "adopt it first")
    if live.deleted:
        restore = f"aws secretsmanager restore-secret --secret-id {live.key.name}"
        return Refusal("pending-deletion", "it is pending deletion", f"restore it first: {restore}")
    return None


def may_apply(live: Live, scope: Scope) -> Refusal | None:
    """Whether a declared resource that exists may be written. None: it may."""
    match live.ownership:
        case Ownership.OURS:
            return None
        case Ownership.SERVICE:
            return Refusal(
                "service-owned",
                f"the AWS service {live.owner} owns it, and AWS refuses writes by anybody else",
                "take it out of the manifest, or declare it where that service is configured",
            )
        case Ownership.REPLICA:
            return Refusal(
                "replica",
                f"it is a replica of the secret in {live.owner}, and AWS refuses writes to it",
                f"declare `replicas` on the secret in {live.owner}",
            )
        case Ownership.OTHER_OWNER:
            return Refusal(
                "other-owner",
                f"it is owned by {live.owner}, not by {scope.owner_id}",
                "one of the two has to release it",
            )
        case Ownership.FOREIGN:
            by = f" ({live.owner})" if live.owner else ""
            return Refusal(
                "not-managed",
                f"it exists and is not managed{by}: adopt it",
                "nothing of it was changed; choose another name, or adopt it",
            )


def may_adopt(live: Live, scope: Scope) -> Refusal | None:
    """Whether a declared resource that exists and is not ours may be taken over. None: it may."""
    if live.ownership is not Ownership.FOREIGN:
        return may_apply(live, scope)
    if live.owner is not None:
        return Refusal(
            "held-elsewhere",
            f"the {live.owner} holds it, and would write it again",
            "take it out of the stack with `DeletionPolicy: Retain`, then adopt it",
        )
    if live.deleted:
        return Refusal(
            "pending-deletion",
            "it is pending deletion",
            f"restore it first: aws secretsmanager restore-secret --secret-id {live.key.name}",
        )
    return None


def may_prune(live: Live, scope: Scope, policy: Policy) -> bool:
    """Whether a resource that nothing declares may be deleted: it verifies as ours, lies under the
    prefix, and the environment says ``prune: true``. Otherwise it is kept."""
    return policy.prune and is_kept(live, scope)


def is_kept(live: Live, scope: Scope) -> bool:
    """Whether a resource that nothing declares is ours at all, and within our prefix."""
    return (
        live.ownership is Ownership.OURS
        and not live.deleted
        and live.key.name.startswith(scope.under)
    )
