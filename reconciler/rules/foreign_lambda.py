"""A rotation function of another account."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.kinds.schedule import Schedule
from reconciler.rules import accounts
from reconciler.rules.rule import Finding, Subject

CODE = "foreign-lambda"
REASON = "a rotation function reads and writes the secret: who owns its account has the secret"

_HINT = "use a function of the environment's account, or say in `ignore` whose this one is"


def find(subject: Subject) -> Iterator[Finding]:
    """Functions of named schedules and of those that stand in a secret."""
    settings = subject.declared.settings
    for name, schedule in settings.schedules.items():
        if isinstance(schedule, Schedule):
            account = accounts.foreign(schedule.given("lambda"), settings.scope)
            if account:
                yield Finding(
                    f"schedule {name}: the rotation function is of account {account}",
                    _HINT,
                    field=("schedules", name, "lambda"),
                )
    for entry in subject.declared.entries:
        rotation = entry.fields.get("rotation")
        if isinstance(rotation, dict):
            account = accounts.foreign(rotation.get("lambda"), settings.scope)
            if account:
                yield Finding(
                    f"the rotation function of {entry.key} is of account {account}",
                    _HINT,
                    entry,
                    ("rotation", "lambda"),
                )


def conclusive(subject: Subject) -> bool:
    """Manifests say all of it."""
    return True
