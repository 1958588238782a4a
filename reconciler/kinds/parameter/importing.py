"""A live parameter as a manifest's declaration."""

from __future__ import annotations

from typing import Any

from reconciler.core.model import Key
from reconciler.kinds.imported import Imported, NotImported
from reconciler.kinds.importing import NOBODY, checked, full_name
from reconciler.kinds.kind import Record, Settings
from reconciler.kinds.parameter import declare, observe
from reconciler.kinds.parameter.terms import NAME, SECURE
from reconciler.kinds.reading import Read
from reconciler.kinds.represent import represent, unrepresentable


def left_out(record: Record, settings: Settings) -> str | None:
    """Nothing: whose a parameter is, no list tells."""
    return None


def has_value(record: Record) -> bool:
    """Always."""
    return True


def imported(
    record: Record, value: Read | None, settings: Settings, name: str, *, plaintext: bool
) -> Imported | NotImported:
    """A parameter's declaration; ``plaintext`` puts what AWS does not encrypt in clear into git."""
    key, data = Key(NAME, record.name), record.data
    if value is None:
        return NotImported(key, "it has no value")
    live, notes = observe.imported(record, NOBODY, settings)
    fields: dict[str, Any] = {**full_name(record.name, settings.scope, name), **live}
    type_ = str(data.get("Type"))
    text = str(value.content.reveal())
    reason = unrepresentable(value.content)
    if plaintext and type_ != SECURE:
        items = text.split(",")
        listed = type_ == "StringList" and all(items)
        fields["plaintext"] = items if listed else text
        if type_ == "StringList" and not listed:
            fields["type"] = type_
        return checked(key, declare, name, fields, None, settings, notes)
    if reason is not None:
        return NotImported(key, reason)
    if type_ != SECURE:
        fields["type"] = type_
    return checked(
        key, declare, name, fields, represent(value.content, mapping=False), settings, notes
    )
