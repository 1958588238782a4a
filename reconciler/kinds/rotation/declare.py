"""How a rotation schedule is declared: by name in the environment, or inside a secret."""

from __future__ import annotations

from typing import Any

from reconciler.core.model import JSON, Key, Place, Resource
from reconciler.core.reasons import Loss, Lost
from reconciler.kinds.field import NONE, Given, compared
from reconciler.kinds.kind import Flaw, Settings
from reconciler.kinds.schedule import FIELDS, Schedule

NAME = "rotation"


def parse(
    name: str,
    declared: Schedule | None,
    settings: Settings,
    place: Place,
    *,
    at_once: bool,
) -> Resource:
    """The schedule of the secret ``name``; None removes it.

    ``at_once`` is sent with every change of a schedule, since RotateImmediately "defaults to true"
    and would rotate production whenever a rule changes.
    """
    given = Given(declared, settings, None)
    # What is removed has no schedule to compare.
    table = [row for row in FIELDS if declared is not None or row.type is None]
    sent: dict[str, JSON] = {} if declared is None else {"rotate_immediately": at_once}
    return Resource(
        key=Key(NAME, name),
        fields=compared(table, given),
        settings=sent,
        costs=(Lost(Loss.ROTATED_AT_ONCE),) if declared is not None and at_once else (),
        requires=Key("secret", name),
        place=place,
    )


def needs_function(schedule: Schedule) -> list[Flaw]:
    """What a schedule lacks on a secret that no AWS service manages: "No Lambda rotation function
    ARN is associated with this secret", AWS answers."""
    if schedule.given("lambda") is not None:
        return []
    return [
        Flaw(
            ("rotation",),
            "no-function",
            "the rotation has no `lambda`, and AWS rotates only what one of its services manages"
            " without one",
            "name the function; a managed secret is `external: true`, since AWS makes its value",
        )
    ]


def named(declared: Any, settings: Settings) -> tuple[Schedule | None, Flaw | None]:
    """The schedule that a secret's ``rotation`` field stands for: a name, or the thing itself."""
    if declared is None or declared == NONE:
        return None, None
    if isinstance(declared, Schedule):
        return declared, None
    schedule = settings.schedules.get(declared)
    if isinstance(schedule, Schedule):
        return schedule, None
    known = ", ".join(sorted(settings.schedules)) or "none"
    return None, Flaw(
        ("rotation",),
        "unknown-schedule",
        f"the environment has no schedule {declared}",
        f"its schedules: {known}",
    )
