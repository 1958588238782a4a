"""The last look before a write that AWS does not compare-and-swap.

Between the plan and the write of one of its last changes an hour may pass. What has changed since
is not overwritten or deleted: it is a conflict. The moment between this read and the write remains.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from reconciler.aws.client import Aws
from reconciler.core.diff import diff
from reconciler.core.digest import change_digest, content_digest
from reconciler.core.errors import AwsError, ConflictError
from reconciler.core.model import Action, Change, FieldChange, Live
from reconciler.core.review import explain
from reconciler.kinds import field as fields
from reconciler.kinds.kind import Kind, Record
from reconciler.operations import opening
from reconciler.operations.planning import Planned


@dataclass(frozen=True)
class Fresh:
    """A resource as it is right before its write; ``warning`` says what could not be looked at."""

    record: Record | None
    live: Live | None
    warning: str | None = None


def needed(change: Change, planned: Planned) -> bool:
    """Whether a write could overwrite or delete unseen what somebody wrote since the plan.

    A secret's value alone is safe: AWS moves AWSCURRENT only from where the plan saw it. A
    parameter's new version says only afterwards whether another came between. An adoption is bound
    to what it compared.
    """
    if change.action in (Action.PRUNE, Action.REPLACE):
        return True
    resource = planned.desired.resources.get(change.key)
    whole = resource is not None and resource.whole
    writes = whole or bool(change.fields) or change.value is None
    return change.action in (Action.UPDATE, Action.RESTORE) and writes


def look(kind: Kind, change: Change, planned: Planned, aws: Aws) -> Fresh:
    """Read the resource again. Raises ConflictError where it is not as the plan saw it, AwsError
    where it cannot be read."""
    name, scope = change.key.name, planned.plan.scope
    trust = planned.desired.fingerprinter
    resource = planned.desired.resources.get(change.key)
    record = kind.find(aws, [name], scope, trust)[name]
    if record is not None and resource is not None:
        record = fields.alike(kind.FIELDS, aws, record, resource, scope)
    live = None if record is None else kind.shape(record, resource, trust, scope)
    if live is None:
        if change.action is Action.PRUNE:
            return Fresh(record, live)  # it is gone already, as it was to be
        raise _conflict(change, "it was deleted meanwhile")
    desired = {} if resource is None else {change.key: resource}
    now = diff(desired, {change.key: live}, scope, planned.plan.policy).changes
    current = opening.one(now[0], desired, scope) if now else None
    if change.action in (Action.PRUNE, Action.REPLACE):
        policy = planned.plan.policy
        same = current is not None and (
            change_digest(change, scope, policy) == change_digest(current, scope, policy)
        )
        if not same and not (change.action is Action.PRUNE and live.deleted):
            raise _conflict(change, explain(change, current, live))
        return Fresh(record, live)
    seen = {} if current is None else {field.name: field for field in current.fields}
    moved = [f.name for f in change.fields if f.name in seen and not _same(f, seen[f.name])]
    if live.deleted and change.action is not Action.RESTORE:
        raise _conflict(change, "it is pending deletion now")
    if moved:
        raise _conflict(change, f"{', '.join(sorted(moved))} changed in AWS meanwhile")
    if resource is not None and resource.whole:
        if _moved(change, live):
            raise _conflict(change, explain(change, current, live))
        return Fresh(record, live)  # its tags are read by the write itself
    return Fresh(record, live, _unlisted(kind, change, planned, aws))


def _moved(change: Change, live: Live) -> bool:
    """Whether what is written as a whole has another version than the plan saw."""
    now = None if live.value is None else live.value.version
    return change.precondition.get("version", now) != now


def _same(planned: FieldChange, now: FieldChange) -> bool:
    return planned.before == now.before and planned.known == now.known


def _unlisted(kind: Kind, change: Change, planned: Planned, aws: Aws) -> str | None:
    """Fields that no list returns, such as a resource policy: what is live has to be what our own
    mark remembers, or what is to be written. Returns a warning where the role may not look."""
    blind = {field.name: field for field in change.fields if not field.known}
    resource = planned.desired.resources.get(change.key)
    if not blind or resource is None:
        return None
    asked = replace(resource, fields={name: resource.fields.get(name) for name in blind})
    try:
        (found,) = fields.deep(kind.FIELDS, aws, [asked], planned.plan.scope)
    except AwsError as error:
        if not error.denied:
            raise
        names = ", ".join(sorted(blind))
        return f"written without a last look at {names}: the role lacks {error.operation}"
    moved = [
        name
        for name, field in blind.items()
        if name in found
        and found[name] != field.after
        and (found[name] or None) is not None
        and content_digest(found[name]) != field.before
    ]
    if moved:
        raise _conflict(
            change,
            f"{', '.join(sorted(moved))} in AWS is not what was last written from git",
            "see it with `reconciler drift --deep`; then declare it, or remove it in AWS",
        )
    return None


def _conflict(change: Change, what: str, hint: str = "plan again") -> ConflictError:
    return ConflictError(
        f"{change.key.name}: {what}", hint=f"nothing of it was overwritten; {hint}"
    )
