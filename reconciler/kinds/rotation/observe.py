"""How rotation schedules are read: out of the records of their secrets."""

from __future__ import annotations

from reconciler.aws.client import Aws
from reconciler.aws.recogniser import Recogniser
from reconciler.core.model import JSON, Key, Live, Recorded, Resource, Scope
from reconciler.kinds import tags
from reconciler.kinds.kind import Record
from reconciler.kinds.rotation.declare import NAME
from reconciler.kinds.secret import observe as secret

READS = "secret"

pages, find = secret.pages, secret.find


def shape(
    record: Record, resource: Resource | None, trust: Recogniser, scope: Scope
) -> Live | None:
    """The schedule of a secret, on or off. Not declared, it is nobody's business: None."""
    if resource is None:
        return None
    data = record.data
    live_tags = tags.from_list(data.get("Tags"))
    ownership, owner = secret.owner_of(record, live_tags, trust, scope)
    rules = data.get("RotationRules") or {}
    enabled = bool(data.get("RotationEnabled"))
    fields: dict[str, JSON | Recorded] = {"enabled": enabled}
    if enabled:
        after = rules.get("AutomaticallyAfterDays")
        fields["lambda"] = data.get("RotationLambdaARN")
        fields["window"] = rules.get("Duration")
        # "You can set only one of" the two; with an expression AWS computes the days itself.
        fields["schedule"] = rules.get("ScheduleExpression") or (
            f"every {after} days" if after else None
        )
    return Live(
        key=Key(NAME, record.name),
        fields=fields,
        ownership=ownership,
        owner=owner,
        rotation=secret.rotation_of(record),
        deleted=data.get("DeletedDate") is not None,
        changed=data.get("LastChangedDate"),
    )


def deep(aws: Aws, resource: Resource) -> dict[str, JSON]:
    """Nothing: a list returns all of a schedule."""
    return {}
