"""How rotation schedules are read: out of the records of their secrets."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.aws.recogniser import Recogniser
from reconciler.core.digest import short_digest
from reconciler.core.model import JSON, Key, Live, Resource, Scope
from reconciler.kinds import field, tags
from reconciler.kinds.kind import Record, Settings
from reconciler.kinds.rotation.declare import NAME
from reconciler.kinds.schedule import COSTS, FIELDS, OUTSIDE, Seen, see
from reconciler.kinds.secret import mark
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
    seen, last = see(record.data), mark.read(record, trust)
    fields = field.observed(FIELDS, seen)
    return Live(
        key=Key(NAME, record.name),
        fields=fields,
        ownership=ownership,
        owner=owner,
        rotation=secret.rotation_of(record),
        deleted=data.get("DeletedDate") is not None,
        costs=COSTS,
        changed=data.get("LastChangedDate"),
        as_written=_as_written(seen, last.memory),
        remembered=field.by_name(FIELDS, last.memory),
        outside=OUTSIDE,
        recalls=last.whole,
        unremembered=field.unremembered(
            FIELDS, resource, fields, last.memory, whole=last.whole or last.forged
        ),
    )


def _as_written(seen: Seen, memory: Mapping[str, str]) -> dict[str, bool]:
    """Which fields are as we last wrote them; where we switched it off, nothing of it."""
    off = memory.get("e") == short_digest(False)
    if off and seen.enabled:
        return dict.fromkeys((row.name for row in FIELDS), False)
    return field.as_written(FIELDS, seen, memory)


def imported(record: Record, settings: Settings) -> tuple[dict[str, JSON], list[str]]:
    """The fields of a schedule that is live, and notes; see :func:`field.imported`."""
    return field.imported(FIELDS, see(record.data), settings)
