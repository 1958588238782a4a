"""How rotation schedules are read: out of the records of their secrets."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.aws.recogniser import Recogniser
from reconciler.core.digest import short_digest
from reconciler.core.model import JSON, Key, Live, Resource, Scope
from reconciler.kinds import field, tags
from reconciler.kinds.kind import Record, Settings
from reconciler.kinds.rotation.declare import NAME
from reconciler.kinds.schedule import COSTS, FIELDS, OUTSIDE, Seen
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
    seen, last = _see(record), mark.read(record, trust)
    memory = _memory(last, resource)
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
        as_written=_as_written(seen, memory),
        remembered=field.by_name(FIELDS, memory),
        outside=OUTSIDE,
        unremembered=field.unremembered(
            FIELDS, resource, fields, memory, whole=last.whole or last.forged
        ),
    )


def _memory(last: mark.Mark, resource: Resource) -> Mapping[str, str]:
    """What the mark remembers of the schedule. Where git declares none, and all of a secret is
    remembered and nothing of a schedule, it never had one: there was nothing to write."""
    never = not any(row.letter in last.memory for row in FIELDS)
    if last.whole and never and resource.fields.get("enabled") is False:
        return {**last.memory, **field.remembered(FIELDS, resource.fields)}
    return last.memory


def _as_written(seen: Seen, memory: Mapping[str, str]) -> dict[str, bool]:
    """Which fields are as we last wrote them; where we switched it off, nothing of it."""
    off = memory.get("e") == short_digest(False)
    if off and seen.enabled:
        return dict.fromkeys((row.name for row in FIELDS), False)
    return field.as_written(FIELDS, seen, memory)


def imported(record: Record, settings: Settings) -> tuple[dict[str, JSON], list[str]]:
    """The fields of a schedule that is live, and notes; see :func:`field.imported`."""
    return field.imported(FIELDS, _see(record), settings)


def _see(record: Record) -> Seen:
    data = record.data
    if not data.get("RotationEnabled"):
        return Seen(False, {}, None)
    return Seen(True, data.get("RotationRules") or {}, data.get("RotationLambdaARN"))
