"""Rotation schedules: which ones AWS takes, and when the next rotation is due.

"You can rotate a secret as often as every four hours." "The rotation window must not extend into
the next UTC day or into the next rotation window."
"""

from __future__ import annotations

import calendar
import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from .refusal import Refusal, invalid_parameter

_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
# AWS counts the days of the week from Sunday.
_WEEKDAYS = {name: n for n, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_MIN_HOURS = 4
_HORIZON_DAYS = 5 * 366


def _refuse(message: str) -> Refusal:
    return invalid_parameter(message)


@dataclass(frozen=True)
class Rate:
    """`rate(n hours)` or `rate(n days)`."""

    hours: int
    in_days: bool

    def starts_on(self, day: date) -> list[int]:
        # "If you use a rate() expression, the rotation window starts at midnight."
        return [0]


@dataclass(frozen=True)
class Cron:
    """`cron(0 hours day-of-month month day-of-week *)`, UTC."""

    hours: tuple[int, ...]
    days: str
    months: frozenset[int]
    weekdays: str

    def starts_on(self, day: date) -> list[int]:
        if day.month not in self.months:
            return []
        if self.days != "?":
            matches = _day_matches(self.days, day)
        else:
            matches = _weekday_matches(self.weekdays, day)
        return list(self.hours) if matches else []


def check(rules: dict[str, Any]) -> dict[str, Any]:
    """The rules as AWS keeps them. Raises InvalidParameterException where AWS refuses them."""
    days = rules.get("AutomaticallyAfterDays")
    expression = rules.get("ScheduleExpression")
    duration = rules.get("Duration")
    if days is not None and expression is not None:
        # "you can set the rotation schedule in RotationRules with AutomaticallyAfterDays or
        # ScheduleExpression, but not both."
        raise _refuse("You can't specify both AutomaticallyAfterDays and ScheduleExpression.")
    if days is None and expression is None:
        raise _refuse("You must specify AutomaticallyAfterDays or ScheduleExpression.")
    if days is not None and not 1 <= days <= 1000:
        raise _refuse("RotationRules.AutomaticallyAfterDays must be within 1-1000.")
    window = _window(duration)
    if expression is None:
        if window is not None and window > 24:
            raise _refuse("The rotation window must not extend into the next UTC day.")
        return dict(rules)
    schedule = parse(expression)
    if window is not None:
        _check_window(schedule, window)
    return dict(rules)


def parse(expression: str) -> Rate | Cron:
    """A schedule expression. Raises InvalidParameterException with what is wrong in it."""
    rate = re.fullmatch(r"rate\((\d+) (hours?|days?)\)", expression)
    if rate:
        number, in_days = int(rate[1]), rate[2].startswith("day")
        hours = number * 24 if in_days else number
        if hours < _MIN_HOURS:
            raise _refuse("The rotation rate can't be more often than every four hours.")
        if hours > 1000 * 24:
            raise _refuse("The rotation rate can't be less often than every 1000 days.")
        return Rate(hours, in_days)
    cron = re.fullmatch(r"cron\(([^()]+)\)", expression)
    if not cron:
        raise _refuse("The schedule expression is not a valid rate() or cron() expression.")
    fields = cron[1].split(" ")
    if len(fields) != 6:
        raise _refuse("A cron() expression must have six fields.")
    minutes, hours_field, days, months, weekdays, year = fields
    if minutes != "0":
        raise _refuse("The minutes field of a cron() expression must be 0.")
    if year != "*":
        raise _refuse("The year field of a cron() expression must be *.")
    if (days == "?") == (weekdays == "?"):
        raise _refuse("Exactly one of the day-of-month and day-of-week fields must be ?.")
    starts = sorted(_numbers(hours_field, 0, 23, {}))
    if len(starts) > 1:
        gaps = [after - before for before, after in pairwise(starts)]
        if min([*gaps, starts[0] + 24 - starts[-1]]) < _MIN_HOURS:
            raise _refuse("You can't rotate a secret more often than every four hours.")
    if days != "?":
        _check_days(days)
    if weekdays != "?":
        _check_weekdays(weekdays)
    return Cron(tuple(starts), days, frozenset(_numbers(months, 1, 12, _MONTHS)), weekdays)


def next_rotation(rules: dict[str, Any], since: float, now: float) -> float:
    """When the next rotation is due, in seconds since the epoch: the end of its window, since
    "The next rotation is scheduled to occur on or before this date."

    `since` is the last rotation (or manual change, which "is considered a valid rotation").
    """
    window = _window(rules.get("Duration"))
    expression = rules.get("ScheduleExpression")
    if expression is None:
        due = _day_of(since) + timedelta(days=rules["AutomaticallyAfterDays"])
        while _end(due, 0, window or 24) <= now:
            due += timedelta(days=1)
        return _end(due, 0, window or 24)
    schedule = parse(expression)
    if isinstance(schedule, Rate):
        start = datetime.combine(_day_of(since), datetime.min.time(), UTC)
        length = window or (24 if schedule.in_days else 1)
        step = timedelta(hours=schedule.hours)
        start += step
        while (start + timedelta(hours=length)).timestamp() <= now:
            start += step
        return (start + timedelta(hours=length)).timestamp()
    length = window or (1 if len(schedule.hours) > 1 else 0)
    day = _day_of(now)
    for _ in range(_HORIZON_DAYS):
        for hour in schedule.starts_on(day):
            end = _end(day, hour, length or 24 - hour)
            if end > now:
                return end
        day += timedelta(days=1)
    raise _refuse("The schedule expression never comes true.")


def days_between(now: float, due: float) -> int:
    """Whole days until `due`, at least 1: what AWS shows as AutomaticallyAfterDays."""
    return max(1, math.floor((due - now) / 86_400))


def _window(duration: str | None) -> int | None:
    if duration is None:
        return None
    if not re.fullmatch(r"[0-9]+h", duration) or int(duration[:-1]) < 1:
        raise _refuse("Duration must be a number of hours, for example 3h.")
    return int(duration[:-1])


def _check_window(schedule: Rate | Cron, window: int) -> None:
    if isinstance(schedule, Rate):
        starts = {step * schedule.hours % 24 for step in range(24)}
        gap = schedule.hours
    else:
        starts = set(schedule.hours)
        ordered = sorted(starts)
        gap = min(
            (after - before for before, after in pairwise(ordered)),
            default=24,
        )
    if any(start + window > 24 for start in starts):
        raise _refuse("The rotation window must not extend into the next UTC day.")
    if window > gap:
        raise _refuse("The rotation window must not extend into the next rotation window.")


def _numbers(field: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    """The numbers that a cron field stands for: `,` `-` `*` `/` and names."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step_text = part.partition("/")
        if step_text and (not step_text.isdigit() or int(step_text) < 1):
            raise _refuse(f"The cron() field {field} is not valid.")
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
            raise _refuse(f"The cron() field {field} is out of range {low}-{high}.")
        found.update(range(first, last + 1, step))
    return found


def _number(text: str, names: dict[str, int], field: str) -> int:
    if text.upper() in names:
        return names[text.upper()]
    if not text.isdigit():
        raise _refuse(f"The cron() field {field} is not valid.")
    return int(text)


def _check_days(field: str) -> None:
    if field != "L":
        _numbers(field, 1, 31, {})


def _check_weekdays(field: str) -> None:
    special = re.fullmatch(r"([1-7]|[A-Za-z]{3})(L|#[1-5])", field)
    if special:
        _numbers(special[1], 1, 7, _WEEKDAYS)
    elif field != "L":
        _numbers(field, 1, 7, _WEEKDAYS)


def _day_matches(field: str, day: date) -> bool:
    if field == "L":
        return day.day == calendar.monthrange(day.year, day.month)[1]
    return day.day in _numbers(field, 1, 31, {})


def _weekday_matches(field: str, day: date) -> bool:
    weekday = day.isoweekday() % 7 + 1
    if field == "L":
        return weekday == 7
    special = re.fullmatch(r"([1-7]|[A-Za-z]{3})(L|#[1-5])", field)
    if special:
        if weekday not in _numbers(special[1], 1, 7, _WEEKDAYS):
            return False
        if special[2] == "L":
            return day.day + 7 > calendar.monthrange(day.year, day.month)[1]
        return (day.day - 1) // 7 + 1 == int(special[2][1:])
    return weekday in _numbers(field, 1, 7, _WEEKDAYS)


def _day_of(moment: float) -> date:
    return datetime.fromtimestamp(moment, UTC).date()


def _end(day: date, hour: int, length: int) -> float:
    start = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=hour)
    return (start + timedelta(hours=length)).timestamp()
