"""What each command asks of AWS, counted exactly."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from tests.command import command
from tests.operations.test_adopt import script
from tests.world import SCHEDULE, World

READS = {
    "GetSecretValue",
    "BatchGetSecretValue",
    "GetParameter",
    "GetParameters",
    "GetParametersByPath",
    "GetParameterHistory",
}


def many(count: int) -> tuple[dict[str, Any], dict[str, Any]]:
    secrets: dict[str, Any] = {f"s{n:05}/login": {"value": {"user": f"u{n}"}} for n in range(count)}
    parameters: dict[str, Any] = {f"p{n:05}/host": {"plaintext": f"h{n}"} for n in range(count)}
    return secrets, parameters


@pytest.mark.parametrize("count", [200, pytest.param(1000, marks=pytest.mark.long)])
def test_an_unchanged_plan_lists_and_does_nothing_else(world: World, count: int) -> None:
    secrets, parameters = many(count)
    world.declare()
    half = count // 2
    for start in (0, half):
        world.tree.write(
            f"production/{start}.sops.yaml",
            {
                "secrets": dict(list(secrets.items())[start : start + half]),
                "parameters": dict(list(parameters.items())[start : start + half]),
            },
        )
    world.tree.path("production/main.sops.yaml").unlink()
    outcomes = world.apply()
    assert {outcome.status for outcome in outcomes.values()} == {"done"}
    assert world.plan().plan.changes == ()
    assert world.calls == Counter(
        {
            "GetCallerIdentity": 1,
            "ListSecrets": count // 100,
            "DescribeParameters": count // 50,
        }
    )


def test_creating_is_one_call_each_and_its_absence_check(world: World) -> None:
    secrets, parameters = many(60)
    world.declare(secrets, parameters)
    world.apply()
    assert world.calls == Counter(
        {
            "GetCallerIdentity": 1,
            "ListSecrets": 1,
            "DescribeSecret": 60,
            "CreateSecret": 60,
            "DescribeParameters": 1 + 2,  # the list; 60 names, 50 a call
            "PutParameter": 60,
        }
    )


def test_creating_with_a_schedule_is_one_call_more_and_its_mark(world: World) -> None:
    world.deploy()
    world.declare({"db": {"value": "v", "rotation": SCHEDULE}})
    world.apply()
    world.aws.wait_for_rotations()
    assert world.calls["CreateSecret"] == 1
    assert world.calls["RotateSecret"] == 1
    assert world.calls["TagResource"] == 1
    ours = {"GetCallerIdentity", "ListSecrets", "DescribeParameters", "CreateSecret"}
    # The rest are the rotation function's own, testing itself.
    assert world.calls["DescribeSecret"] >= 1
    assert ours <= set(world.calls)


def test_updating_a_value_is_three_calls_and_the_confirming_read(world: World) -> None:
    world.declare({"db": {"value": "one"}})
    world.converge()
    world.declare({"db": {"value": "two"}})
    world.apply()
    assert world.calls == Counter(
        {
            "GetCallerIdentity": 1,
            "ListSecrets": 1,
            "DescribeParameters": 1,
            "DescribeSecret": 1,
            "PutSecretValue": 1,
            "TagResource": 1,  # under a key: that this version is git's
            "UpdateSecretVersionStage": 1,
        }
    )


def test_updating_a_parameter_is_one_call_the_confirming_read_and_the_last_look(
    world: World,
) -> None:
    world.declare(parameters={"host": {"plaintext": "one"}})
    world.converge()
    world.declare(parameters={"host": {"plaintext": "two"}})
    world.apply()
    assert world.calls == Counter(
        {
            "GetCallerIdentity": 1,
            "ListSecrets": 1,
            "DescribeParameters": 3,
            "PutParameter": 1,
        }
    )


def test_names_outside_the_prefix_are_read_once(world: World) -> None:
    world.declare({"old": {"name": "prod-db-login-x", "value": "v"}})
    world.converge()
    world.plan()
    assert world.calls == Counter(
        {"GetCallerIdentity": 1, "ListSecrets": 1, "DescribeParameters": 1, "DescribeSecret": 1}
    )


@pytest.mark.parametrize("command", ["plan", "apply", "drift"])
def test_no_value_is_read(world: World, command: str) -> None:
    world.declare(
        {"db": {"value": "one"}, "made": {"generate": {"length": 20}}},
        {"host": {"plaintext": "h"}, "url": {"value": "u"}},
    )
    world.converge()
    world.put_secret("db", "outside")
    world.put_parameter("url", "outside", Type="SecureString")
    world.declare(
        {"db": {"value": "two"}, "new": {"value": "n"}},
        {"host": {"plaintext": "i"}, "url": {"value": "u"}},
    )
    getattr(world, command)()
    assert READS.isdisjoint(world.calls)


@pytest.mark.parametrize(
    ("count", "total"), [(200, 47), pytest.param(1000, 231, marks=pytest.mark.long)]
)
def test_an_adoption_plan_reads_in_batches(world: World, count: int, total: int) -> None:
    world.aws.empty_pages = False  # pages that AWS leaves empty are aside
    secrets, parameters = many(count)
    script(world, {name: json.dumps(s["value"]) for name, s in secrets.items()})
    script(
        world, parameters={name: p["plaintext"] for name, p in parameters.items()}, type_="String"
    )
    world.declare(secrets, parameters)
    done = command(world, "adopt", "production", "--format", "json", "--pace", "1000")
    assert done.calls == Counter(
        {
            "GetCallerIdentity": 1,
            "ListSecrets": count // 100,
            # The list; by name; which of them bear our tag.
            "DescribeParameters": 3 * count // 50,
            "BatchGetSecretValue": count // 20,
            "GetParameters": count // 10,
            "GetResources": count // 100,
        }
    )
    assert done.calls.total() == total
