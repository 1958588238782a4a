"""Rotation schedules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.sandbox.refusal import Refusal
from reconciler.sandbox.schedule import check, next_rotation

from .conftest import refused, token

GOOD = [
    {"ScheduleExpression": "rate(4 hours)"},
    {"ScheduleExpression": "rate(1 day)"},
    {"ScheduleExpression": "rate(10 days)", "Duration": "24h"},
    {"ScheduleExpression": "rate(12 hours)", "Duration": "12h"},
    {"ScheduleExpression": "cron(0 4 1 * ? *)", "Duration": "3h"},
    {"ScheduleExpression": "cron(0 8 1 * ? *)"},
    {"ScheduleExpression": "cron(0 16 ? * SUN *)"},
    {"ScheduleExpression": "cron(0 16 ? * MON-FRI *)"},
    {"ScheduleExpression": "cron(0 4 1,15 * ? *)"},
    {"ScheduleExpression": "cron(0 0 1 1/3 ? *)"},
    {"ScheduleExpression": "cron(0 8/8 * * ? *)"},
    {"ScheduleExpression": "cron(0 10 ? JAN,JUL 3#2 *)"},
    {"ScheduleExpression": "cron(0 10 L * ? *)"},
    {"ScheduleExpression": "cron(0 10 ? * 6L *)"},
    {"AutomaticallyAfterDays": 1},
    {"AutomaticallyAfterDays": 1000, "Duration": "2h"},
]
BAD = [
    ({"ScheduleExpression": "rate(3 hours)"}, "every four hours"),
    ({"ScheduleExpression": "rate(0 days)"}, "every four hours"),
    ({"ScheduleExpression": "rate(30 minutes)"}, "not a valid"),
    ({"ScheduleExpression": "every day"}, "not a valid"),
    ({"ScheduleExpression": "cron(30 4 1 * ? *)"}, "minutes"),
    ({"ScheduleExpression": "cron(* 4 1 * ? *)"}, "minutes"),
    ({"ScheduleExpression": "cron(0 4 1 * ? 2027)"}, "year"),
    ({"ScheduleExpression": "cron(0 4 1 * * *)"}, "?"),
    ({"ScheduleExpression": "cron(0 4 ? * ? *)"}, "?"),
    ({"ScheduleExpression": "cron(0 4 32 * ? *)"}, "1-31"),
    ({"ScheduleExpression": "cron(0 4 0 * ? *)"}, "1-31"),
    ({"ScheduleExpression": "cron(0 4 1 13 ? *)"}, "1-12"),
    ({"ScheduleExpression": "cron(0 24 1 * ? *)"}, "0-23"),
    ({"ScheduleExpression": "cron(0 4 ? * 8 *)"}, "1-7"),
    ({"ScheduleExpression": "cron(0 4 ? * FOO *)"}, "not valid"),
    ({"ScheduleExpression": "cron(0 * * * ? *)"}, "every four hours"),
    ({"ScheduleExpression": "cron(0 1,23 * * ? *)"}, "every four hours"),
    ({"ScheduleExpression": "cron(0 4 1 *)"}, "six fields"),
    ({"ScheduleExpression": "rate(10 days)", "Duration": "25h"}, "next UTC day"),
    ({"ScheduleExpression": "cron(0 22 1 * ? *)", "Duration": "3h"}, "next UTC day"),
    ({"ScheduleExpression": "rate(4 hours)", "Duration": "5h"}, "next"),
    ({"ScheduleExpression": "cron(0 0,6 * * ? *)", "Duration": "7h"}, "next rotation window"),
    ({"ScheduleExpression": "rate(10 days)", "Duration": "0h"}, "Duration"),
    ({"AutomaticallyAfterDays": 7, "ScheduleExpression": "rate(7 days)"}, "both"),
    ({"Duration": "3h"}, "must specify"),
]


@pytest.mark.parametrize("rules", GOOD, ids=str)
@pytest.mark.moto_too
def test_accepted(rules: dict[str, Any]) -> None:
    """Examples of the Secrets Manager User Guide, and the limits as they just hold."""
    assert check(rules) == rules


@pytest.mark.parametrize(("rules", "why"), BAD, ids=str)
def test_refused(secrets: Any, deploy: Any, rules: dict[str, Any], why: str) -> None:
    """ "You can rotate a secret as often as every four hours." "The rotation window must not
    extend into the next UTC day or into the next rotation window." "you can set the rotation
    schedule in RotationRules with AutomaticallyAfterDays or ScheduleExpression, but not both."
    A refused schedule enables nothing.
    """
    secrets.create_secret(Name="s", SecretString="x", ClientRequestToken=token())
    with refused("InvalidParameterException", why):
        secrets.rotate_secret(
            SecretId="s",
            RotationLambdaARN=deploy(),
            RotationRules=rules,
            RotateImmediately=False,
        )
    shown = secrets.describe_secret(SecretId="s")
    assert "RotationEnabled" not in shown
    assert shown["VersionIdsToStages"] == {token(): ["AWSCURRENT"]}


@pytest.mark.parametrize("days", [0, 1001])
def test_days_out_of_range(secrets: Any, deploy: Any, days: int) -> None:
    """AutomaticallyAfterDays: "Valid Range: Minimum value of 1. Maximum value of 1000." """
    secrets.create_secret(Name="s", SecretString="x")
    with refused("ValidationException", "automaticallyAfterDays"):
        secrets.rotate_secret(
            SecretId="s", RotationLambdaARN=deploy(), RotationRules={"AutomaticallyAfterDays": days}
        )


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("rules", "since", "now", "due"),
    [
        # The end of the window: "The next rotation is scheduled to occur on or before this date."
        (
            {"ScheduleExpression": "cron(0 4 1 * ? *)", "Duration": "3h"},
            "2026-11-24T08:00",
            "2026-11-24T08:00",
            "2026-12-01T07:00",
        ),
        (
            {"ScheduleExpression": "cron(0 4 1 * ? *)", "Duration": "3h"},
            "2026-11-24T08:00",
            "2026-12-01T05:00",
            "2026-12-01T07:00",
        ),
        (
            {"ScheduleExpression": "cron(0 16 ? * SUN *)"},
            "2026-11-24T08:00",
            "2026-11-24T08:00",
            "2026-11-30T00:00",
        ),
        (
            {"ScheduleExpression": "cron(0 10 L 2 ? *)", "Duration": "1h"},
            "2026-11-24T08:00",
            "2026-11-24T08:00",
            "2027-02-28T11:00",
        ),
        (
            {"ScheduleExpression": "rate(10 days)"},
            "2026-11-24T08:00",
            "2026-11-24T08:00",
            "2026-12-05T00:00",
        ),
        (
            {"AutomaticallyAfterDays": 30},
            "2026-11-24T08:00",
            "2026-11-24T08:00",
            "2026-12-25T00:00",
        ),
        (
            {"ScheduleExpression": "cron(0 8/8 * * ? *)"},
            "2026-11-24T08:00",
            "2026-11-24T10:00",
            "2026-11-24T17:00",
        ),
    ],
    ids=str,
)
@pytest.mark.moto_too
def test_next_date(rules: dict[str, Any], since: str, now: str, due: str) -> None:
    """When the window ends: after one hour "For a rate in hours", "at the end of the day" for
    days, or after Duration.
    """
    assert next_rotation(rules, moment(since), moment(now)) == moment(due)


@pytest.mark.moto_too
def test_a_date_that_never_comes() -> None:
    """30 February is within the ranges, and never."""
    with pytest.raises(Refusal):
        next_rotation({"ScheduleExpression": "cron(0 4 30 2 ? *)"}, 0.0, 0.0)
