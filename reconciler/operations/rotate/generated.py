"""A new value for a secret that we generated: made here, written by compare-and-swap."""

from __future__ import annotations

from reconciler.aws.client import Aws
from reconciler.core.model import Action, Change, Live, ValueChange, Write
from reconciler.kinds.kind import Job, Record
from reconciler.kinds.secret import update
from reconciler.manifest import Desired


def again(aws: Aws, desired: Desired, live: Live, record: Record) -> str:
    """Generate a value by the declared rule and put it in place of the live one.

    Raises ConflictError where AWSCURRENT has moved since ``record`` was read.
    """
    key = live.key
    change = Change(
        key,
        Action.UPDATE,
        value=ValueChange(Write.GENERATED),
        precondition={"version": None if live.value is None else live.value.version},
    )
    update(
        aws,
        Job(
            change=change,
            resource=desired.resources[key],
            live=live,
            record=record,
            sealed=desired.values[key],
            scope=desired.scope,
            policy=desired.policy,
            fingerprinter=desired.fingerprinter,
        ),
    )
    return "a new value was generated; its readers see it when they read again"
