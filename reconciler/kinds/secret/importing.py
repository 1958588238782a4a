"""A live secret as a manifest's declaration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.core.model import Key, Ownership
from reconciler.kinds.imported import Imported, NotImported
from reconciler.kinds.importing import NOBODY, checked, full_name
from reconciler.kinds.kind import Record, Settings
from reconciler.kinds.reading import Read
from reconciler.kinds.represent import represent, unrepresentable
from reconciler.kinds.rotation import observe as rotation
from reconciler.kinds.secret import declare, observe
from reconciler.kinds.secret.labels import CURRENT, version_at
from reconciler.kinds.secret.observe import shape
from reconciler.kinds.secret.terms import NAME

_OTHERS = frozenset(
    {
        Ownership.SERVICE,
        Ownership.PARTNER,
        Ownership.REPLICA,
        Ownership.ELSEWHERE,
        Ownership.OTHER_OWNER,
    }
)


def left_out(record: Record, settings: Settings) -> str | None:
    """Why a secret is nobody's to import."""
    live = shape(record, None, NOBODY, settings.scope)
    if live is None or live.deleted:
        return "it is pending deletion"
    if live.ownership in _OTHERS or (live.ownership is Ownership.FOREIGN and live.owner):
        return f"it belongs to {live.owner}"
    return None


def has_value(record: Record) -> bool:
    """Whether there is a value that git could declare: one that no rotation owns."""
    return not record.data.get("RotationEnabled") and version_at(record, CURRENT) is not None


def imported(
    record: Record, value: Read | None, settings: Settings, name: str, *, plaintext: bool
) -> Imported | NotImported:
    """A secret's declaration. Where rotation is on, or there is no value, it has none."""
    key, data = Key(NAME, record.name), record.data
    live, notes = observe.imported(record, NOBODY, settings)
    fields: dict[str, Any] = {**full_name(record.name, settings.scope, name), **live}
    if data.get("RotationEnabled"):
        schedule, unsaid = rotation.imported(record, settings)
        notes += unsaid
        if unsaid:
            fields["external"] = True
        else:
            fields["rotation"] = _named(schedule, settings)
        return checked(key, declare, name, fields, None, settings, notes)
    if value is None:
        fields["external"] = True
        return checked(key, declare, name, fields, None, settings, [*notes, "it has no value"])
    reason = unrepresentable(value.content)
    if reason is not None:
        return NotImported(key, reason)
    made = represent(value.content)
    if made.binary:
        fields["binary"] = True
    notes += [made.why] if made.why is not None else []
    return checked(key, declare, name, fields, made, settings, notes)


def _named(schedule: Mapping[str, Any], settings: Settings) -> Any:
    """A secret's schedule: by the name that the environment has for it, or in full."""
    for name, known in sorted(settings.schedules.items()):
        if known.model_dump(exclude_none=True) == schedule:
            return name
    return schedule
