"""A KMS key or a rotation function of a Region in which the secret is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.aws import arn
from reconciler.kinds.schedule import Schedule
from reconciler.rules.rule import Finding, Subject

CODE = "other-region"
REASON = "AWS refuses a KMS key, and a rotation function, of another Region than the secret's"

_HINT = "name the one in {}"


def find(subject: Subject) -> Iterator[Finding]:
    """Keys of the environment, of resources and of replicas; functions of schedules."""
    settings = subject.declared.settings
    own = settings.scope.region
    if _is_elsewhere(settings.kms_key, own):
        message = f"the environment's KMS key is in {arn.region(settings.kms_key or '')}"
        yield Finding(f"{message}, not in {own}", _HINT.format(own), field=("kms_key",))
    for name, schedule in settings.schedules.items():
        function = schedule.given("lambda") if isinstance(schedule, Schedule) else None
        if _is_elsewhere(function, own):
            message = f"schedule {name}: the rotation function is in {arn.region(function or '')}"
            at = ("schedules", name, "lambda")
            yield Finding(f"{message}, not in {own}", _HINT.format(own), field=at)
    for entry in subject.declared.entries:
        for what, named, where, field in _named(entry.fields, own):
            if _is_elsewhere(named, where):
                message = f"the {what} of {entry.key} is in {arn.region(named)}, not in {where}"
                yield Finding(message, _HINT.format(where), entry, field)


def _named(
    fields: Mapping[str, Any], own: str
) -> Iterator[tuple[str, str, str, tuple[str | int, ...]]]:
    """What a declaration names, and the Region where that has to be."""
    if fields.get("kms_key"):
        yield "KMS key", fields["kms_key"], own, ("kms_key",)
    rotation = fields.get("rotation")
    if isinstance(rotation, dict) and rotation.get("lambda"):
        yield "rotation function", rotation["lambda"], own, ("rotation", "lambda")
    for index, replica in enumerate(fields.get("replicas") or ()):
        if replica.get("kms_key"):
            field = ("replicas", index, "kms_key")
            yield "KMS key", replica["kms_key"], replica["region"], field


def _is_elsewhere(named: str | None, where: str) -> bool:
    return named is not None and arn.region(named) not in (None, where)


def conclusive(subject: Subject) -> bool:
    """Manifests say all of it."""
    return True
