"""How rotation schedules are read: out of the records of their secrets."""

from __future__ import annotations

from reconciler.aws.recogniser import Recogniser
from reconciler.core.model import JSON, Key, Live, Resource, Scope
from reconciler.kinds import field, tags
from reconciler.kinds.kind import Record, Settings
from reconciler.kinds.rotation.declare import NAME
from reconciler.kinds.schedule import COSTS, FIELDS, Seen
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
    return Live(
        key=Key(NAME, record.name),
        fields=field.observed(FIELDS, _see(record)),
        ownership=ownership,
        owner=owner,
        rotation=secret.rotation_of(record),
        deleted=data.get("DeletedDate") is not None,
        costs=COSTS,
        changed=data.get("LastChangedDate"),
    )


def imported(record: Record, settings: Settings) -> tuple[dict[str, JSON], list[str]]:
    """The fields of a schedule that is live, and notes; see :func:`field.imported`."""
    return field.imported(FIELDS, _see(record), settings)


def _see(record: Record) -> Seen:
    data = record.data
    if not data.get("RotationEnabled"):
        return Seen(False, {}, None)
    return Seen(True, data.get("RotationRules") or {}, data.get("RotationLambdaARN"))
