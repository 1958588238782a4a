"""Rotation schedules: which ones AWS takes, and when the next rotation is due.

"You can rotate a secret as often as every four hours." "The rotation window must not extend into
the next UTC day or into the next rotation window."
"""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from .refusal import invalid_parameter

_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
# AWS counts the days of the week from Sunday.
_WEEKDAYS = {name: n for n, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_MIN_HOURS = 4
_HORIZON_DAYS = 5 * 366


@dataclass(frozen=True)
class Rate:
    """`rate(n hours)` or `rate(n days)`: "the rotation window starts at midnight"."""

    hours: int
    in_days: bool


@dataclass(frozen=True)
class Cron:
    """`cron(0 hours day-of-month month day-of-week *)`, UTC."""

    hours: list[int]
    is_day: Callable[[date], bool]


def check(rules: dict[str, Any]) -> dict[str, Any]:
    """The rules as AWS keeps them. Raises InvalidParameterException where AWS refuses them."""
    days = rules.get("AutomaticallyAfterDays")
    expression = rules.get("ScheduleExpression")
    if days is not None and expression is not None:
        # "you can set the rotation schedule in RotationRules with AutomaticallyAfterDays or
        # ScheduleExpression, but not both."
        raise invalid_parameter(
            "You can't specify both AutomaticallyAfterDays and ScheduleExpression."
        )
    if days is None and expression is None:
        raise invalid_parameter("You must specify AutomaticallyAfterDays or ScheduleExpression.")
    window, schedule = _window(rules), _schedule(rules)
    if window is not None:
        _check_window(schedule, window)
    return dict(rules)


def _schedule(rules: dict[str, Any]) -> Rate | Cron:
    expression = rules.get("ScheduleExpression")
    return parse(expression) if expression else Rate(rules["AutomaticallyAfterDays"] * 24, True)


def parse(expression: str) -> Rate | Cron:
    """A schedule expression. Raises InvalidParameterException with what is wrong in it."""
    rate = re.fullmatch(r"rate\((\d+) (hours?|days?)\)", expression)
    if rate:
        number, in_days = int(rate[1]), rate[2].startswith("day")
        hours = number * 24 if in_days else number
        if hours < _MIN_HOURS:
            raise invalid_parameter("The rotation rate can't be more often than every four hours.")
        if hours > 1000 * 24:
            raise invalid_parameter("The rotation rate can't be less often than every 1000 days.")
        return Rate(hours, in_days)
    cron = re.fullmatch(r"cron\(([^()]+)\)", expression)
    if not cron:
        raise invalid_parameter(
            "The schedule expression is not a valid rate() or cron() expression."
        )
    fields = cron[1].split(" ")
    if len(fields) != 6:
        raise invalid_parameter("A cron() expression must have six fields.")
    minutes, hours_field, days, months, weekdays, year = fields
    if minutes != "0":
        raise invalid_parameter("The minutes field of a cron() expression must be 0.")
    if year != "*":
        raise invalid_parameter("The year field of a cron() expression must be *.")
    if (days == "?") == (weekdays == "?"):
        raise invalid_parameter("Exactly one of the day-of-month and day-of-week fields must be ?.")
    starts = sorted(_numbers(hours_field, 0, 23, {}))
    if len(starts) > 1:
        gaps = [after - before for before, after in pairwise(starts)]
        if min([*gaps, starts[0] + 24 - starts[-1]]) < _MIN_HOURS:
            raise invalid_parameter("You can't rotate a secret more often than every four hours.")
    is_day = _weekdays(weekdays) if days == "?" else _days(days)
    wanted = _numbers(months, 1, 12, _MONTHS)
    return Cron(starts, lambda day: day.month in wanted and is_day(day))


def next_rotation(rules: dict[str, Any], since: float, now: float) -> float:
    """When the next rotation is due, in seconds since the epoch: the end of its window, since
    "The next rotation is scheduled to occur on or before this date."

    `since` is the last rotation (or manual change, which "is considered a valid rotation").
    """
    window, schedule = _window(rules), _schedule(rules)
    if isinstance(schedule, Rate):
        length = window or (24 if schedule.in_days else 1)
        # After a time that was missed comes the next, or the next day where only days are given.
        again = schedule.hours if "ScheduleExpression" in rules else 24
        end = _end(_day_of(since), schedule.hours, length)
        while end <= now:
            end += again * 3600
        return end
    length = window or (1 if len(schedule.hours) > 1 else 0)
    for day in (_day_of(now) + timedelta(days=days) for days in range(_HORIZON_DAYS)):
        for hour in schedule.hours if schedule.is_day(day) else ():
            end = _end(day, hour, length or 24 - hour)
            if end > now:
                return end
    raise invalid_parameter("The schedule expression never comes true.")


def days_between(now: float, due: float) -> int:
    """Whole days until `due`, at least 1: what AWS shows as AutomaticallyAfterDays."""
    return max(1, math.floor((due - now) / 86_400))


def _window(rules: dict[str, Any]) -> int | None:
    if "Duration" not in rules:
        return None
    hours = int(rules["Duration"].removesuffix("h"))
    if hours < 1:
        raise invalid_parameter("Duration must be a number of hours, for example 3h.")
    return hours


def _check_window(schedule: Rate | Cron, window: int) -> None:
    if isinstance(schedule, Rate):
        starts = {step * schedule.hours % 24 for step in range(24)}
        gap = schedule.hours
    else:
        starts = set(schedule.hours)
        gap = min((after - before for before, after in pairwise(schedule.hours)), default=24)
    if any(start + window > 24 for start in starts):
        raise invalid_parameter("The rotation window must not extend into the next UTC day.")
    if window > gap:
        raise invalid_parameter(
            "The rotation window must not extend into the next rotation window."
        )


def _numbers(field: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    """The numbers that a cron field stands for: `,` `-` `*` `/` and names."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step_text = part.partition("/")
        if step_text and (not step_text.isdigit() or int(step_text) < 1):
            raise invalid_parameter(f"The cron() field {field} is not valid.")
        step = int(step_text) if step_text else 1
        if span == "*":
            first, last = low, high
        elif "-" in span:
            begin, _, end = span.partition("-")
            first, last = _number(begin, names, field), _number(end, names, field)
        else:
            first = _number(span, names, field)
            last = high if step_text else first
        if not low <= first <= last <= high:
            raise invalid_parameter(f"The cron() field {field} is out of range {low}-{high}.")
        found.update(range(first, last + 1, step))
    return found


def _number(text: str, names: dict[str, int], field: str) -> int:
    if text.upper() in names:
        return names[text.upper()]
    if not text.isdigit():
        raise invalid_parameter(f"The cron() field {field} is not valid.")
    return int(text)


def _days(field: str) -> Callable[[date], bool]:
    if field == "L":
        return lambda day: day.day == _length_of_month(day)
    wanted = _numbers(field, 1, 31, {})
    return lambda day: day.day in wanted


def _weekdays(field: str) -> Callable[[date], bool]:
    special = re.fullmatch(r"([1-7]|[A-Za-z]{3})(L|#[1-5])", field)
    wanted = {7} if field == "L" else _numbers(special[1] if special else field, 1, 7, _WEEKDAYS)

    def is_day(day: date) -> bool:
        if day.isoweekday() % 7 + 1 not in wanted:
            return False
        if special is None:
            return True
        if special[2] == "L":
            return day.day + 7 > _length_of_month(day)
        return (day.day - 1) // 7 + 1 == int(special[2][1:])

    return is_day


def _length_of_month(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _day_of(moment: float) -> date:
    return datetime.fromtimestamp(moment, UTC).date()


def _end(day: date, hour: int, length: int) -> float:
    start = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=hour)
    return (start + timedelta(hours=length)).timestamp()
