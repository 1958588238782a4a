"""A new value for a secret that we generated: made here, written by compare-and-swap."""

from __future__ import annotations

from reconciler.aws.client import Aws
from reconciler.core.model import Action, Change, ValueChange, Write
from reconciler.kinds.kind import Job, Target
from reconciler.kinds.secret.write import swap


def again(aws: Aws, target: Target) -> str:
    """Generate a value by the declared rule and put it in place of the live one.

    Raises ConflictError where AWSCURRENT has moved since the record was read.
    """
    value = None if target.live is None else target.live.value
    change = Change(
        target.key,
        Action.UPDATE,
        value=ValueChange(Write.GENERATED),
        precondition={"version": None if value is None else value.version},
    )
    swap(
        aws,
        Job(
            change=change,
            resource=target.resource,
            live=target.live,
            record=target.record,
            sealed=target.sealed,
            scope=target.scope,
            policy=target.policy,
            fingerprinter=target.fingerprinter,
        ),
    )
    return "a new value was generated; its readers see it when they read again"
