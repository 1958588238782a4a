"""A live parameter as a manifest's declaration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.core.model import Key
from reconciler.kinds.imported import Imported, NotImported
from reconciler.kinds.importing import NOBODY, checked, common, own_key
from reconciler.kinds.kind import Record, Settings
from reconciler.kinds.parameter import declare, stamp
from reconciler.kinds.parameter.observe import shape
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
    key, data = Key(declare.NAME, record.name), record.data
    if value is None:
        return NotImported(key, "it has no value")
    description = stamp.split(data.get("Description"))[0]
    fields, notes = common(record.name, description, settings.scope, name)
    live = shape(record, None, NOBODY, settings.scope)
    shaped: Mapping[str, Any] = {} if live is None else live.fields
    type_ = str(data.get("Type"))
    if type_ == declare.SECURE:
        own_key(fields, data.get("KeyId"), settings, declare.DEFAULT_KEY)
    if data.get("Tier") not in (None, declare.STANDARD):
        fields["tier"] = data["Tier"]
    if shaped.get("parameter_policies"):
        fields["parameter_policies"] = shaped["parameter_policies"]
    if shaped.get("allowed_pattern"):
        fields["allowed_pattern"] = shaped["allowed_pattern"]
    if shaped.get("data_type") not in (None, "text"):
        fields["data_type"] = shaped["data_type"]
    text = str(value.content.reveal())
    reason = unrepresentable(value.content)
    if plaintext and type_ != declare.SECURE:
        items = text.split(",")
        listed = type_ == "StringList" and all(items)
        fields["plaintext"] = items if listed else text
        if type_ == "StringList" and not listed:
            fields["type"] = type_
        return checked(key, declare, name, fields, None, settings, notes)
    if reason is not None:
        return NotImported(key, reason)
    if type_ != declare.SECURE:
        fields["type"] = type_
    return checked(
        key, declare, name, fields, represent(value.content, mapping=False), settings, notes
    )
