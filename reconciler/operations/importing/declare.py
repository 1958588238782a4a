"""One live secret or parameter as a manifest's declaration.

What is declared is what has to be, so that the plan after an adoption is empty, and no more: what
no list returns (resource policies, replicas, parameters' tags) stays unset, and so unmanaged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from reconciler.aws.recogniser import UnverifiedRecogniser
from reconciler.core.model import Key, Place, Scope
from reconciler.kinds import kms
from reconciler.kinds.kind import Record, Section, Settings
from reconciler.kinds.parameter import declare as parameter
from reconciler.kinds.parameter import stamp
from reconciler.kinds.parameter.observe import shape as shape_parameter
from reconciler.kinds.reading import Read
from reconciler.kinds.rotation.declare import Schedule
from reconciler.kinds.secret import declare as secret
from reconciler.kinds.secret.observe import imported as imported_secret
from reconciler.manifest.represent import Represented, represent, unrepresentable

NOBODY = UnverifiedRecogniser(("",))  # recognises nothing as ours: whose it is decides nothing here
_NONE = "none"  # a description of this text would mean that there is none


@dataclass(frozen=True)
class Imported:
    """A declaration: its name in the manifest, its cleartext fields and its value."""

    key: Key
    section: str
    name: str
    fields: Mapping[str, Any]
    value: Represented | None
    note: str | None = None


@dataclass(frozen=True)
class NotImported:
    """Something live that was left out. ``fault`` says that somebody should look at it."""

    key: Key
    reason: str
    fault: bool = True


def of_secret(
    record: Record, value: Read | None, settings: Settings, name: str
) -> Imported | NotImported:
    """A secret's declaration. Where rotation is on, or there is no value, it has none."""
    key, data = Key(secret.NAME, record.name), record.data
    live, notes = imported_secret(record, NOBODY, settings)
    fields: dict[str, Any] = {**_name(record.name, settings.scope, name), **live}
    if data.get("RotationEnabled"):
        rotation = _rotation(data, settings)
        if rotation is None:
            fields["external"] = True
            notes.append("its schedule, in days, has no form in a manifest: it stays unmanaged")
        else:
            fields["rotation"] = rotation
        return _checked(key, secret, name, fields, None, settings, notes)
    if value is None:
        fields["external"] = True
        return _checked(key, secret, name, fields, None, settings, [*notes, "it has no value"])
    reason = unrepresentable(value.content)
    if reason is not None:
        return NotImported(key, reason)
    made = represent(value.content)
    if made.binary:
        fields["binary"] = True
    return _checked(key, secret, name, fields, made, settings, notes)


def of_parameter(
    record: Record,
    value: Read,
    settings: Settings,
    name: str,
    *,
    plaintext: bool,
) -> Imported | NotImported:
    """A parameter's declaration; ``plaintext`` puts what AWS does not encrypt in clear into git."""
    key, data = Key(parameter.NAME, record.name), record.data
    description = stamp.split(data.get("Description"))[0]
    fields, notes = _common(record.name, description, settings.scope, name)
    live = shape_parameter(record, None, NOBODY, settings.scope)
    shaped: Mapping[str, Any] = {} if live is None else live.fields
    type_ = str(data.get("Type"))
    if type_ == parameter.SECURE:
        _kms_key(fields, data.get("KeyId"), settings, parameter.DEFAULT_KEY)
    if data.get("Tier") not in (None, parameter.STANDARD):
        fields["tier"] = data["Tier"]
    if shaped.get("parameter_policies"):
        fields["parameter_policies"] = shaped["parameter_policies"]
    if shaped.get("allowed_pattern"):
        fields["allowed_pattern"] = shaped["allowed_pattern"]
    if shaped.get("data_type") not in (None, "text"):
        fields["data_type"] = shaped["data_type"]
    text = str(value.content.reveal())
    reason = unrepresentable(value.content)
    if plaintext and type_ != parameter.SECURE:
        items = text.split(",")
        listed = type_ == "StringList" and all(items)
        fields["plaintext"] = items if listed else text
        if type_ == "StringList" and not listed:
            fields["type"] = type_
        return _checked(key, parameter, name, fields, None, settings, notes)
    if reason is not None:
        return NotImported(key, reason)
    if type_ != parameter.SECURE:
        fields["type"] = type_
    return _checked(
        key, parameter, name, fields, represent(value.content, mapping=False), settings, notes
    )


def _name(full: str, scope: Scope, name: str) -> dict[str, str]:
    """The full name, where it is not made of the prefix and the name in the manifest."""
    return {} if scope.under + name == full else {"name": full}


def _common(
    full: str, description: str | None, scope: Scope, name: str
) -> tuple[dict[str, Any], list[str]]:
    fields: dict[str, Any] = {}
    notes: list[str] = []
    if scope.under + name != full:
        fields["name"] = full
    if description == _NONE:
        notes.append("its description, `none`, means something else in a manifest")
    elif description:
        fields["description"] = description
    return fields, notes


def _kms_key(fields: dict[str, Any], live: Any, settings: Settings, default: str) -> None:
    """The key, where it is another than the one that an unset field stands for."""
    normal = kms.normal(live, settings.scope, default)
    usual = kms.normal(settings.kms_key, settings.scope, default)
    if normal != usual:
        fields["kms_key"] = normal


def _rotation(data: Mapping[str, Any], settings: Settings) -> Any:
    """A secret's schedule: by the name that the environment has for it, or in full."""
    rules = data.get("RotationRules") or {}
    expression = rules.get("ScheduleExpression")
    if not expression:
        return None
    whole = {
        "lambda": data.get("RotationLambdaARN"),
        "schedule": expression,
        "window": rules.get("Duration"),
    }
    for name, known in sorted(settings.schedules.items()):
        if isinstance(known, Schedule) and known.model_dump(by_alias=True) == whole:
            return name
    return {field: content for field, content in whole.items() if content}


def _checked(
    key: Key,
    section: Section,
    name: str,
    fields: dict[str, Any],
    value: Represented | None,
    settings: Settings,
    notes: list[str],
) -> Imported | NotImported:
    """A declaration, if it is one that a manifest may hold."""
    try:
        declared = section.Declaration.model_validate(fields)
    except ValidationError as error:
        wrong = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
        return NotImported(key, f"a manifest cannot say its {wrong}")
    flaws = list(section.check(declared, has_value=value is not None))
    flaws += section.parse(key.name, declared, None, settings, None, Place("")).flaws
    if flaws:
        return NotImported(key, flaws[0].message)
    return Imported(key, section.SECTION, name, fields, value, "; ".join(notes) or None)
