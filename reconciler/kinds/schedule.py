"""A rotation schedule, as environments name them and secrets declare them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from reconciler.kinds.kind import Declared, Flaw
from reconciler.kinds.schedule_grammar import (
    SCHEDULE_PATTERN,
    WINDOW_PATTERN,
    ScheduleError,
    check_schedule,
    check_window,
)

NONE = "none"  # `rotation: none` removes it; unset leaves it alone

_LAMBDA = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}"
                     r"(:[A-Za-z0-9$_-]+)?\Z")  # fmt: skip


def _schedule(expression: str) -> str:
    try:
        check_schedule(expression)
    except ScheduleError as error:
        reason = str(error)
    else:
        return expression
    raise PydanticCustomError("schedule", "{reason}", {"reason": reason})


def _window(window: str) -> str:
    try:
        check_window(window, None)
    except ScheduleError as error:
        reason = str(error)
    else:
        return window
    raise PydanticCustomError("window", "{reason}", {"reason": reason})


def _function(arn: str) -> str:
    if not _LAMBDA.match(arn):
        raise PydanticCustomError("lambda", "this is not the ARN of a Lambda function")
    return arn


class Schedule(Declared):
    """A rotation schedule. Without ``lambda`` it is AWS's managed rotation."""

    function: Annotated[str, AfterValidator(_function)] | None = Field(
        default=None, alias="lambda", description="ARN of the rotation function"
    )
    schedule: Annotated[
        str,
        AfterValidator(_schedule),
        WithJsonSchema({"type": "string", "pattern": SCHEDULE_PATTERN}),
    ] = Field(description="rate(N hours|days), or cron(0 HOUR DAY MONTH WEEKDAY *) in UTC")
    window: (
        Annotated[
            str,
            AfterValidator(_window),
            WithJsonSchema({"type": "string", "pattern": WINDOW_PATTERN}),
        ]
        | None
    ) = Field(default=None, description="how long a rotation may take, like 3h")


def check(declared: Schedule) -> list[Flaw]:
    """What is wrong with schedule and window together."""
    if declared.window is None:
        return []
    try:
        check_window(declared.window, declared.schedule)
    except ScheduleError as error:
        return [Flaw(("window",), "window", str(error))]
    return []
