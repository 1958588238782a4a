"""Rotation schedules and windows in Secrets Manager's own grammar."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.kinds.schedule_grammar import (
    SCHEDULE_PATTERN,
    WINDOW_PATTERN,
    ScheduleError,
    check_schedule,
    check_window,
    hours_of,
)

ACCEPTED = {
    "rate(4 hours)": None,
    "rate(999 hours)": None,
    "rate(1 day)": None,
    "rate(1 days)": None,
    "rate(30 days)": None,
    "rate(999 days)": None,
    "cron(0 4 1 * ? *)": [4],
    "cron(0 0 ? * SUN *)": [0],
    "cron(0 23 L * ? *)": [23],
    "cron(0 23 LW * ? *)": [23],
    "cron(0 8 15W * ? *)": [8],
    "cron(0 8 ? 1,4,7,10 MON#1 *)": [8],
    "cron(0 8 ? * 2#1 *)": [8],
    "cron(0 8 ? * FRIL *)": [8],
    "cron(0 8 ? * 6L *)": [8],
    "cron(0 8 ? * L *)": [8],
    "cron(0 8 ? JAN-MAR MON-FRI *)": [8],
    "cron(0 */8 ? * * *)": [0, 8, 16],
    "cron(0 2/6 1 * ? *)": [2, 8, 14, 20],
    "cron(0 1,13 1/2 * ? *)": [1, 13],
    "cron(0 1-9/4 1 * ? *)": [1, 5, 9],
    "cron(0 0,23 1 * ? *)": [0, 23],
    "cron(0 13,1,1 1 * ? *)": [1, 13],
    "cron(0 0-12/6 1 * ? *)": [0, 6, 12],
}


@pytest.mark.parametrize(("expression", "hours"), ACCEPTED.items())
def test_what_aws_accepts_is_accepted(expression, hours):
    check_schedule(expression)
    assert hours_of(expression) == hours
    assert re.match(SCHEDULE_PATTERN, expression)


REFUSED = {
    "": "write rate(N hours)",
    "30 days": "write rate(N hours)",
    "cron(0 */2 * * ? *)": "at most every 4 hours",
    "cron(0 1-3 1 * ? *)": "at most every 4 hours",
    "cron(0 0,22 ? * * *)": "at most every 4 hours",
    "rate(0 days)": "write rate(N hours)",
    "rate(30 weeks)": "write rate(N hours)",
    "rate(30 days) ": "write rate(N hours)",
    "rate(30 days)\n": "write rate(N hours)",
    "rate(1.5 days)": "write rate(N hours)",
    "rate(3 hours)": "every 4 to 999 hours",
    "rate(1 hour)": "every 4 to 999 hours",
    "rate(1000 hours)": "every 4 to 999 hours",
    "rate(1000 days)": "every 1 to 999 days",
    "cron(0 4 1 * ?)": "six fields",
    "cron(0 4 1 * ? * *)": "six fields",
    "cron(0 4  1 * ? *)": "six fields",
    "cron(5 4 1 * ? *)": "minutes must be 0",
    "cron(* 4 1 * ? *)": "minutes must be 0",
    "cron(0 4 1 * ? 2026)": "last field must be *",
    "cron(0 4 1 * * *)": "exactly one of day and weekday",
    "cron(0 4 ? * ? *)": "exactly one of day and weekday",
    "cron(0 24 1 * ? *)": "the hour 24 is not 0 to 23",
    "cron(0 x 1 * ? *)": "the hour x is not 0 to 23",
    "cron(0 4, 1 * ? *)": "the hour (empty) is not 0 to 23",
    "cron(0 */0 1 * ? *)": "the hour 0 is not 1 to 23",
    "cron(0 */24 1 * ? *)": "the hour 24 is not 1 to 23",
    "cron(0 9-4 1 * ? *)": "the hour range 9-4 runs backwards",
    "cron(0 4 0 * ? *)": "the day 0 is not 1 to 31",
    "cron(0 4 32 * ? *)": "the day 32 is not 1 to 31",
    "cron(0 4 32W * ? *)": "the day 32W is not 1 to 31",
    "cron(0 4  1 * ?)": "six fields",
    "cron(0 4 1 MAR-2 ? *)": "the month range MAR-2 runs backwards",
    "cron(0 4 ? * WED-3 *)": "the weekday range WED-3 runs backwards",
    "cron(0 4 1 13 ? *)": "the month 13 is not 1 to 12",
    "cron(0 4 1 FOO ? *)": "the month FOO is not 1 to 12",
    "cron(0 4 ? * 8 *)": "the weekday 8 is not 1 to 7",
    "cron(0 4 ? * 0 *)": "the weekday 0 is not 1 to 7",
    "cron(0 4 ? * FOO#1 *)": "the weekday FOO is not 1 to 7",
    "cron(0 4 ? * FOOL *)": "the weekday FOO is not 1 to 7",
    "cron(0 4 ? * MON#6 *)": "the weekday MON#6 is not 1 to 7",
}


@pytest.mark.parametrize(("expression", "why"), REFUSED.items())
def test_what_aws_refuses_is_refused_with_the_reason(expression, why):
    with pytest.raises(ScheduleError) as caught:
        check_schedule(expression)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("window", "expression"),
    [
        ("1h", None),
        ("24h", None),
        ("24h", "cron(0 0 1 * ? *)"),
        ("20h", "cron(0 4 1 * ? *)"),
        ("1h", "cron(0 23 1 * ? *)"),
        ("8h", "cron(0 */8 ? * * *)"),
        ("4h", "rate(4 hours)"),
        ("24h", "rate(1 day)"),
    ],
)
def test_a_window_that_aws_accepts_is_accepted(window, expression):
    check_window(window, expression)
    assert re.match(WINDOW_PATTERN, window)


@pytest.mark.parametrize(
    ("window", "expression", "why"),
    [
        ("3", None, "whole hours"),
        ("0h", None, "whole hours"),
        ("25h", None, "whole hours"),
        ("90m", None, "whole hours"),
        ("3h ", None, "whole hours"),
        ("21h", "cron(0 4 1 * ? *)", "from 4:00 crosses the UTC day"),
        ("2h", "cron(0 23 1 * ? *)", "from 23:00 crosses the UTC day"),
        ("9h", "cron(0 */8 ? * * *)", "from 0:00 reaches the next window"),
        ("5h", "cron(0 1,5 1 * ? *)", "from 1:00 reaches the next window"),
        ("5h", "rate(4 hours)", "longer than the time to the next rotation"),
    ],
)
def test_a_window_that_aws_refuses_is_refused_with_the_reason(window, expression, why):
    with pytest.raises(ScheduleError) as caught:
        check_window(window, expression)
    assert why in str(caught.value)


MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


@pytest.mark.parametrize("month", [*MONTHS, "jan", "Dec"])
def test_a_month_has_a_name(month):
    check_schedule(f"cron(0 4 1 {month} ? *)")


@pytest.mark.parametrize("day", ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "sun", "Sat"])
def test_a_weekday_has_a_name(day):
    check_schedule(f"cron(0 4 ? * {day} *)")


@given(st.sets(st.sampled_from(range(0, 24, 4)), min_size=1))
def test_the_hours_of_a_list_are_those_of_the_list(hours):
    expression = f"cron(0 {','.join(map(str, hours))} 1 * ? *)"
    assert hours_of(expression) == sorted(hours)


@given(st.text(alphabet="cronrate() 0123456789*?,-/#LWhoursday", max_size=30))
def test_any_other_text_is_refused_and_never_fails_otherwise(text):
    try:
        check_schedule(text)
    except ScheduleError:
        return
    assert re.match(SCHEDULE_PATTERN, text)
