"""Rotation schedules in Secrets Manager's own grammar, which is narrower than cron's.

No cron library knows it: "minutes must be 0", the year "must be *", and one of the two day fields
must be ``?``; a window may cross neither the UTC day nor the next window.
"""

from __future__ import annotations

import itertools
import re

_RATE = re.compile(r"rate\(([1-9][0-9]{0,3}) (hours?|days?)\)\Z")
_CRON = re.compile(r"cron\(([^()]*)\)\Z")
_WINDOW = re.compile(r"([1-9][0-9]?)h\Z")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")

SCHEDULE_PATTERN = r"^(rate\([1-9][0-9]{0,3} (hours?|days?)\)|cron\(0 \S+ \S+ \S+ \S+ \*\))$"
WINDOW_PATTERN = r"^[1-9][0-9]?h$"


class ScheduleError(ValueError):
    """A schedule or window that Secrets Manager refuses; the message says why."""


def check_schedule(expression: str) -> None:
    """Raises ScheduleError unless AWS accepts the expression."""
    hours_of(expression)


def check_window(window: str, expression: str | None) -> None:
    """Raises ScheduleError unless AWS accepts the window together with the schedule."""
    match = _WINDOW.match(window)
    if match is None or int(match[1]) > 24:
        raise ScheduleError("a window is written in whole hours, 1h to 24h")
    length = int(match[1])
    if expression is None:
        return
    starts = hours_of(expression)
    if starts is None:
        rate = _RATE.match(expression)
        if rate is not None and rate[2].startswith("hour") and length > int(rate[1]):
            raise ScheduleError("the window is longer than the time to the next rotation")
        return
    for start, following in zip(starts, [*starts[1:], 24], strict=True):
        if start + length > 24:
            raise ScheduleError(f"a window of {window} from {start}:00 crosses the UTC day")
        if start + length > following:
            raise ScheduleError(f"a window of {window} from {start}:00 reaches the next window")


def hours_of(expression: str) -> list[int] | None:
    """The UTC hours at which a cron expression starts, or None for a rate.

    Raises ScheduleError where AWS would refuse the expression.
    """
    rate = _RATE.match(expression)
    if rate is not None:
        count, unit = int(rate[1]), rate[2]
        if unit.startswith("hour") and not 4 <= count <= 999:
            raise ScheduleError("AWS rotates every 4 to 999 hours")
        if unit.startswith("day") and count > 999:
            raise ScheduleError("AWS rotates every 1 to 999 days")
        return None
    cron = _CRON.match(expression)
    if cron is None:
        raise ScheduleError("write rate(N hours), rate(N days) or cron(0 H DAY MONTH WEEKDAY *)")
    fields = cron[1].split(" ")
    if len(fields) != 6 or "" in fields:
        raise ScheduleError("cron has six fields: 0 HOUR DAY MONTH WEEKDAY *")
    minute, hour, day, month, weekday, year = fields
    if minute != "0":
        raise ScheduleError("AWS rotates on the hour: the minutes must be 0")
    if year != "*":
        raise ScheduleError("AWS takes no year: the last field must be *")
    if (day == "?") == (weekday == "?"):
        raise ScheduleError("exactly one of day and weekday must be ?")
    hours = _expand(hour, "hour", 0, 23)
    gaps = [after - before for before, after in itertools.pairwise(hours)]
    if {day, weekday} == {"*", "?"}:
        gaps.append(hours[0] + 24 - hours[-1])  # to the first one of the next day
    if min(gaps, default=24) < 4:
        raise ScheduleError("AWS rotates at most every 4 hours")
    if day != "?" and not re.fullmatch(r"L|LW|([1-9]|[12][0-9]|3[01])W", day):
        _expand(day, "day", 1, 31)
    _expand(month, "month", 1, 12, _MONTHS)
    if weekday != "?" and not re.fullmatch(r"L|([1-7]|[A-Z]{3})(L|#[1-5])", weekday):
        _expand(weekday, "weekday", 1, 7, _WEEKDAYS)
    elif weekday != "?" and weekday[0].isalpha() and weekday != "L":
        _number(weekday[:3], "weekday", 1, 7, _WEEKDAYS)
    return hours


def _expand(field: str, name: str, low: int, high: int, words: tuple[str, ...] = ()) -> list[int]:
    """All numbers that a cron field stands for: lists, ranges, steps, ``*``."""
    numbers: set[int] = set()
    for part in field.split(","):
        span, slash, step_text = part.partition("/")
        step = _number(step_text, name, 1, high) if slash else 1
        first_text, dash, last_text = span.partition("-")
        if span == "*":
            first, last = low, high
        else:
            first = _number(first_text, name, low, high, words)
            last = _number(last_text, name, low, high, words) if dash else first
            if slash and not dash:
                last = high
        if first > last:
            raise ScheduleError(f"the {name} range {span} runs backwards")
        numbers.update(range(first, last + 1, step))
    return sorted(numbers)


def _number(text: str, name: str, low: int, high: int, words: tuple[str, ...] = ()) -> int:
    if text.upper() in words:
        return words.index(text.upper()) + low
    if not re.fullmatch(r"[0-9]{1,3}", text) or not low <= int(text) <= high:
        raise ScheduleError(f"the {name} {text or '(empty)'} is not {low} to {high}")
    return int(text)
