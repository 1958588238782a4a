"""How a secret is rotated, which depends on whose its value is. A pure function."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from reconciler.core.model import Live, Resource, Source
from reconciler.core.ownership import Refusal, may_handle
from reconciler.kinds import shipped
from reconciler.kinds.shipped import Placed


class Way(StrEnum):
    """Who makes the new value."""

    FUNCTION = "function"  # the rotation that AWS runs
    GENERATED = "generated"  # we do


def choose(
    name: str,
    environment: str,
    resource: Resource | None,
    live: Live | None,
    *,
    declared: Resource | None = None,
    functions: Mapping[str, Placed],
) -> Way | Refusal:
    """How the secret ``name`` of an environment is rotated, or why it cannot be; ``declared`` is
    the rotation that git declares for it."""
    if live is None:
        return Refusal("absent", "it does not exist", "apply creates it")
    refusal = may_handle(live)
    if refusal is not None:
        return refusal
    if live.rotation.pending:
        return Refusal(
            "rotation-pending",
            "an earlier rotation has not ended: AWSPENDING is on another version than AWSCURRENT",
            "if it runs, wait for it; if its function failed, mend that, and AWS tries again; if it"
            " is stuck, `--clear-pending` takes the label away and starts again",
        )
    if live.rotation.enabled:
        return Way.FUNCTION
    if declared is not None:
        deploy = shipped.deploying(declared.fields.get("lambda"), functions, environment)
        first = f"{deploy}; then" if deploy else "to switch it on:"
        return Refusal(
            "rotation-off",
            "git declares a rotation for it, and in AWS it is not on",
            f"{first} reconciler apply {environment}",
        )
    value = None if resource is None else resource.value
    if value is not None and value.source is Source.GENERATED:
        return Way.GENERATED
    if value is not None:
        return Refusal(
            "git-owned",
            "git owns its value, and it has no rotation",
            f"give it a new one: reconciler set {environment} {name} --apply; and commit the"
            " manifest",
        )
    return Refusal(
        "no-rotation",
        "it has no rotation, and its value is somebody else's",
        "declare a `rotation` for it, or let its owner make a new value",
    )
