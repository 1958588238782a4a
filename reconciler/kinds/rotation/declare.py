"""How a rotation schedule is declared: by name in the environment, or inside a secret."""

from __future__ import annotations

from typing import Any

from reconciler.core.model import JSON, Key, Place, Resource
from reconciler.kinds.kind import Flaw, Settings
from reconciler.kinds.schedule import NONE, Schedule

NAME = "rotation"
TITLE = "Rotation schedules"


def parse(
    name: str,
    declared: Schedule | None,
    place: Place,
    *,
    at_once: bool,
) -> Resource:
    """The schedule of the secret ``name``; None removes it.

    ``at_once`` is sent with every change of a schedule, since RotateImmediately "defaults to true"
    and would rotate production whenever a rule changes.
    """
    fields: dict[str, JSON] = {"enabled": declared is not None}
    settings_: dict[str, JSON] = {}
    if declared is not None:
        fields["schedule"] = declared.schedule
        settings_["rotate_immediately"] = at_once
        if declared.function is not None:
            fields["lambda"] = declared.function
        if declared.window is not None:
            fields["window"] = declared.window
    return Resource(
        key=Key(NAME, name),
        fields=fields,
        settings=settings_,
        requires=Key("secret", name),
        place=place,
    )


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
