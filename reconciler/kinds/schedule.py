"""A rotation schedule, as environments name them and secrets declare them.

Its fields, each declared once, are the table of the kind ``rotation`` too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import pydantic
from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from reconciler.aws import arn
from reconciler.core.access import Opened, Opening
from reconciler.core.model import JSON, FieldChange, Resource, Scope
from reconciler.core.reasons import Costs, Loss, Lost
from reconciler.core.what import What
from reconciler.kinds import shipped
from reconciler.kinds.field import (
    Field,
    Permission,
    Table,
    UnsayableError,
    Unset,
    declared_in,
    losing,
    named_outside,
)
from reconciler.kinds.kind import Declared, Flaw, Settings
from reconciler.kinds.schedule_grammar import (
    SCHEDULE_PATTERN,
    WINDOW_PATTERN,
    ScheduleError,
    check_schedule,
    check_window,
)

_LAMBDA = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}"
                     r"(:[A-Za-z0-9$_-]+)?\Z")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """What a secret's record says of its rotation; while that is off, nothing more."""

    enabled: bool
    rules: Mapping[str, Any]
    function: str | None


def see(data: Mapping[str, Any]) -> Seen:
    """The same of what AWS says of a secret."""
    if not data.get("RotationEnabled"):
        return Seen(False, {}, None)
    return Seen(True, data.get("RotationRules") or {}, data.get("RotationLambdaARN"))


@dataclass(frozen=True)
class Switched:
    """Written by whether RotateSecret is called, or CancelRotateSecret."""


@dataclass(frozen=True)
class Sent:
    """Written as a part of RotateSecret, under this name of AWS's."""

    theirs: str


@dataclass(frozen=True)
class Ruled:
    """Written as one of its RotationRules, under this name of AWS's."""

    theirs: str


Write: TypeAlias = Switched | Sent | Ruled
RotationField: TypeAlias = Field[Seen, Write]


def _said(check: Callable[[str], None], code: str) -> Callable[[str], str]:
    """A check of the schedule's grammar for pydantic, which lets our own words through only so."""

    def checked(text: str) -> str:
        try:
            check(text)
        except ScheduleError as error:
            reason = str(error)
        else:
            return text
        raise PydanticCustomError(code, "{reason}", {"reason": reason})

    return checked


def _function(arn: str) -> str:
    if not (_LAMBDA.match(arn) or arn.startswith(shipped.SCHEME)):
        raise PydanticCustomError("lambda", "this is not the ARN of a Lambda function")
    return arn


def _observe_schedule(seen: Seen) -> str | None:
    """ "You can set only one of" the two; with an expression AWS computes the days itself."""
    after = seen.rules.get("AutomaticallyAfterDays")
    expression: str | None = seen.rules.get("ScheduleExpression")
    return expression or (f"every {after} days" if after else None)


def _import_schedule(live: Any, seen: Seen, settings: Settings) -> JSON | Unset:
    if not seen.rules.get("ScheduleExpression"):
        raise UnsayableError("its schedule, in days, has no form in a manifest: it stays unmanaged")
    return str(live)


def _ending(change: FieldChange) -> Iterator[Lost]:
    if change.before is True and not change.after:
        yield Lost(Loss.ROTATION_ENDS)


def _rate_goes(change: FieldChange) -> Iterator[Lost]:
    """Recorded on AWS: of `rate()`, and not of `cron()`."""
    if isinstance(change.before, str) and not change.before.startswith("cron"):
        yield Lost(Loss.ONE_MORE_ROTATION)


def _opens(change: FieldChange, resource: Resource, scope: Scope) -> Iterator[Opened]:
    """Another function than before, and from the beginning one of another account."""
    function = change.after
    if not isinstance(function, str) or function == change.before:
        return
    account = arn.foreign(function, scope.account)
    if change.before is not None or account is not None:
        yield Opened(Opening.FUNCTION, function, account)


_NAMED = "secretsmanager:RotationLambdaARN"  # the function that a call names


def _switching(enabled: JSON) -> Iterator[Permission]:
    """A call that names no function uses the one that the secret has, or AWS's own rotation."""
    if enabled:
        none = {"Null": {_NAMED: "true"}}
        yield Permission("secretsmanager:RotateSecret", sid="RotateAsItIs", condition=none)
    else:
        yield Permission("secretsmanager:CancelRotateSecret")


def _invoking(function: JSON) -> Iterator[Permission]:
    """A function is handed the value, so the declared one is the only one that may be named.

    "You also need lambda:InvokeFunction permissions on the rotation function." Its ARN may end in
    `$LATEST`, and "${$} - use where you need a $ (dollar sign) character".
    """
    on = str(function).replace("$", "${$}")
    own = {"ArnEquals": {_NAMED: on}}
    yield Permission("secretsmanager:RotateSecret", sid="RotateWith", condition=own)
    yield Permission("lambda:InvokeFunction", sid="Rotate", on=on)


FIELDS: Table[Seen, Write] = (
    RotationField(
        name="enabled",
        content=lambda given: given.declared is not None,
        observe=lambda seen: seen.enabled,
        letter="e",
        outside=What.SWITCHED,
        loses=_ending,
        write=Switched(),
        needs=_switching,
    ),
    RotationField(
        name="lambda",
        type=Annotated[str, AfterValidator(_function)],
        says="ARN of the rotation function, or builtin: and the name of one that comes with it",
        observe=lambda seen: seen.function,
        opens=_opens,
        letter="f",
        outside=What.RESCHEDULED,
        write=Sent("RotationLambdaARN"),
        needs=_invoking,
    ),
    RotationField(
        name="schedule",
        type=Annotated[
            str,
            AfterValidator(_said(check_schedule, "schedule")),
            WithJsonSchema({"type": "string", "pattern": SCHEDULE_PATTERN}),
        ],
        required=True,
        says="rate(N hours|days), or cron(0 HOUR DAY MONTH WEEKDAY *) in UTC",
        observe=_observe_schedule,
        letter="s",
        outside=What.RESCHEDULED,
        imports=_import_schedule,
        loses=_rate_goes,
        write=Ruled("ScheduleExpression"),
    ),
    RotationField(
        name="window",
        type=Annotated[
            str,
            AfterValidator(_said(lambda window: check_window(window, None), "window")),
            WithJsonSchema({"type": "string", "pattern": WINDOW_PATTERN}),
        ],
        says="how long a rotation may take, like 3h",
        observe=lambda seen: seen.rules.get("Duration"),
        letter="w",
        outside=What.RESCHEDULED,
        write=Ruled("Duration"),
    ),
)

COSTS = Costs(fields=losing(FIELDS))
OUTSIDE = named_outside(FIELDS)


@declared_in(FIELDS)
class Schedule(Declared):
    """A rotation schedule. Without ``lambda`` it is AWS's managed rotation."""

    settings: dict[str, str | int] | None = pydantic.Field(
        default=None, description="of a `builtin:` function"
    )


def check(declared: Schedule, *, named: bool) -> list[Flaw]:
    """What is wrong with schedule and window together, and with the function's settings.
    ``named``: it stands in the environment's own file, under a name."""
    found = shipped.check(declared.given("lambda"), declared.settings, named=named)
    window = declared.given("window")
    if window is None:
        return found
    try:
        check_window(window, declared.given("schedule"))
    except ScheduleError as error:
        return [*found, Flaw(("window",), "window", str(error))]
    return found
