"""A plan that was reviewed without a key, once the key is there: what was unknown is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.core.diff import RETURNING
from reconciler.core.model import Change, Key, Plan, Resource, ValueChange, Write


def unknown(reviewed: Plan) -> tuple[Change, ...]:
    """The changes of which the review saw nothing of the value but that it is unknown."""
    return tuple(c for c in reviewed.changes if c.value is not None and c.value.ciphertext)


def resolve(
    reviewed: Plan, fresh: Plan, declared: Mapping[Key, Resource], ciphertexts: Mapping[Key, str]
) -> Plan:
    """The reviewed plan with the values that its unknown ones turn out to be.

    Only where the ciphertext in git is the very one that was reviewed: elsewhere the change stays
    unknown, and matches nothing.
    """
    now = {change.key: change for change in fresh.changes}
    changes = tuple(
        _resolved(change, now.get(change.key), declared.get(change.key), ciphertexts)
        for change in reviewed.changes
    )
    return replace(reviewed, changes=changes)


def _resolved(
    change: Change,
    now: Change | None,
    resource: Resource | None,
    ciphertexts: Mapping[Key, str],
) -> Change:
    value = change.value
    if value is None or value.ciphertext is None or resource is None or resource.value is None:
        return change
    if ciphertexts.get(change.key) != value.ciphertext or not resource.value.fingerprints:
        return change
    if now is not None and now.value is not None:
        write = now.value.write
    else:
        write = Write.CHANGED if value.write is Write.UNKNOWN else value.write
    known = ValueChange(write, resource.value.fingerprints[0], value.plaintext)
    precondition = dict(change.precondition)
    if write not in RETURNING:
        precondition.pop("changed", None)  # it binds what returns to an earlier value, and no other
    return replace(change, value=known, precondition=precondition)
