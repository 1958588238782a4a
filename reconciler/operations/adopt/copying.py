"""What takes over a value that git does not have: copied by adopt, from one version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.core.diff import diff
from reconciler.core.model import (
    JSON,
    Action,
    Change,
    Key,
    Live,
    Ownership,
    Policy,
    Resource,
    Scope,
    ValueChange,
    Write,
)
from reconciler.core.reasons import Reason, Why


def copies(
    resource: Resource, live: Mapping[Key, Live], scope: Scope, policy: Policy
) -> Iterator[Change]:
    """The change that makes a declared resource with the value of the one that it ``copies``;
    where it is made already, what a run that stopped left to be done."""
    current = live.get(resource.key)
    if current is not None:
        if current.ownership is Ownership.OURS and not current.deleted:
            rest = diff({resource.key: resource}, {resource.key: current}, scope, policy).changes
            yield from (c for c in rest if c.action is Action.UPDATE and c.value is None)
        return
    source = None if resource.copies is None else live.get(resource.copies)
    bound = _bound(source)
    creatable = replace(resource, value=None, uncreatable=None)
    # A schedule is a change of its own, of the next apply: it is set without rotating.
    (made,) = diff({resource.key: creatable}, {}, scope, policy).changes or (
        Change(resource.key, Action.CREATE, place=resource.place),
    )
    if isinstance(bound, Reason):
        why = Why(bound, None if resource.copies is None else resource.copies.name)
        yield replace(made, action=Action.REFUSE, why=why, precondition={}, losses=())
        return
    yield replace(made, value=ValueChange(Write.COPIED), precondition=bound)


def _bound(source: Live | None) -> dict[str, JSON] | Reason:
    """The version that is copied, and no other; or why the value cannot be copied."""
    if source is None or source.deleted or source.value is None:
        return Reason.SOURCE_GONE
    if source.ownership is not Ownership.OURS:
        return Reason.SOURCE_NOT_OURS
    if source.rotation.pending:
        return Reason.SOURCE_PENDING
    if source.rotation.enabled:
        return Reason.SOURCE_ROTATES
    return {
        "exists": False,
        "source": source.key.name,
        "source_version": source.value.version,
    }
