"""Somebody writes between the plan and the write: what is his stays, and the run says so.

A value is written by AWS's own compare-and-swap. For everything else AWS has none: it is read again
right before, and what is not as the plan saw it is a conflict.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.operations import apply
from reconciler.operations.apply import Outcome
from reconciler.operations.planning import Planned
from tests.world import PREFIX, SCHEDULE, World, short

OPEN = {"prune": True, "guards": {"max_prunes": 9, "max_change_ratio": 1.0}}


def policy(effect: str, account: str = "123456789012") -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": effect,
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": "secretsmanager:GetSecretValue",
                "Resource": "*",
            }
        ],
    }


def write(world: World, planned: Planned) -> dict[str, Outcome]:
    """Write a plan as it was made, however long ago that was."""
    world.calls.clear()
    before = world.aws.calls.copy()
    outcomes = apply.run(
        planned, planned.plan.changes, world.session(), lambda _: None, threading.Event()
    )
    world.calls = world.aws.calls - before
    return {short(outcome.change.key): outcome for outcome in outcomes}


def refused(outcome: Outcome, *words: str) -> None:
    assert outcome.status == "conflict", (outcome.status, outcome.error)
    assert outcome.error is not None
    told = f"{outcome.error.message} {outcome.error.hint}"
    assert all(word in told for word in (*words, "nothing of it was overwritten")), told


def test_a_parameter_that_is_pruned_has_a_new_value(world: World) -> None:
    world.declare(parameters={"a": {"plaintext": "1"}, "b": {"plaintext": "1"}}, **OPEN)
    world.converge()
    world.declare(parameters={"a": {"plaintext": "1"}})
    planned = world.plan()
    world.put_parameter("b", "precious")
    refused(write(world, planned)["parameter:b"], "/b")
    assert world.parameter_value("b") == "precious"


def test_a_secret_that_is_pruned_has_a_new_value(world: World) -> None:
    world.declare({"a": {"value": "1"}, "b": {"value": "1"}}, **OPEN)
    world.converge()
    world.aws.age_lists(600)
    world.declare({"a": {"value": "1"}})
    planned = world.plan()
    world.put_secret("b", "precious")
    refused(write(world, planned)["secret:b"], "/b", "AWSCURRENT moved")
    assert world.secret_value("b") == "precious"


def test_a_parameter_that_is_replaced_has_a_new_value(world: World) -> None:
    world.declare(parameters={"a": {"plaintext": "1", "tier": "Advanced"}}, **OPEN)
    world.converge()
    world.declare(parameters={"a": {"plaintext": "1", "tier": "Standard", "replace": True}})
    planned = world.plan()
    assert planned.plan.changes[0].action == "replace"
    world.put_parameter("a", "precious", Tier="Advanced")
    refused(write(world, planned)["parameter:a"], "/a")
    assert world.parameter_value("a") == "precious"


@pytest.mark.parametrize("field", ["value", "description"])
def test_a_parameter_has_a_new_value(world: World, field: str) -> None:
    """AWS writes a parameter as a whole, and compares nothing: its new version would say so only
    afterwards."""
    world.declare(parameters={"a": {"value": "1", "description": "one"}})
    world.converge()
    world.declare(parameters={"a": {"value": "1", "description": "one", field: "from git"}})
    planned = world.plan()
    world.put_parameter("a", "precious")
    refused(write(world, planned)["parameter:a"], "/a", "the version moved from 1 to 2")
    assert world.parameter_value("a") == "precious"
    assert world.calls == {"DescribeParameters": 1}


def test_what_is_pruned_belongs_to_somebody_else_now(world: World) -> None:
    world.declare({"a": {"value": "1"}, "b": {"value": "1"}}, **OPEN)
    world.converge()
    world.aws.age_lists(600)
    world.declare({"a": {"value": "1"}})
    planned = world.plan()
    world.client("secretsmanager").tag_resource(
        SecretId=f"{PREFIX}/b", Tags=[{"Key": "reconciler:owner", "Value": "other/production"}]
    )
    refused(write(world, planned)["secret:b"])
    assert "DeletedDate" not in world.secret("b")


def described(world: World) -> None:
    world.client("secretsmanager").update_secret(SecretId=f"{PREFIX}/a", Description="by hand")


def tagged(world: World) -> None:
    world.client("secretsmanager").tag_resource(
        SecretId=f"{PREFIX}/a", Tags=[{"Key": "team", "Value": "by hand"}]
    )


def deleted(world: World) -> None:
    world.client("secretsmanager").delete_secret(SecretId=f"{PREFIX}/a")


@pytest.mark.parametrize(
    ("act", "word"),
    [
        (described, "description changed in AWS"),
        (tagged, "tags changed in AWS"),
        (deleted, "pending deletion"),
    ],
)
def test_metadata_changed_meanwhile(world: World, act: Callable[[World], None], word: str) -> None:
    world.declare({"a": {"value": "1", "description": "one", "tags": {"team": "x"}}})
    world.converge()
    world.declare({"a": {"value": "1", "description": "two", "tags": {"team": "y"}}})
    planned = world.plan()
    act(world)
    before = world.secret("a")
    refused(write(world, planned)["secret:a"], word)
    after = world.secret("a")
    assert {k: after.get(k) for k in ("Description", "Tags", "DeletedDate")} == {
        k: before.get(k) for k in ("Description", "Tags", "DeletedDate")
    }


def test_a_schedule_changed_meanwhile(world: World) -> None:
    world.deploy()
    world.declare({"a": {"value": "1", "rotation": SCHEDULE}})
    world.converge()
    assert world.aws.wait_for_rotations()
    world.declare({"a": {"value": "1", "rotation": {**SCHEDULE, "schedule": "rate(60 days)"}}})
    planned = world.plan()
    world.client("secretsmanager").rotate_secret(
        SecretId=f"{PREFIX}/a",
        RotateImmediately=False,
        RotationRules={"ScheduleExpression": "rate(7 days)"},
    )
    refused(write(world, planned)["rotation:a"], "changed in AWS")
    assert world.secret("a")["RotationRules"]["ScheduleExpression"] == "rate(7 days)"


def test_what_somebody_did_is_what_git_wants(world: World) -> None:
    """Then there is nothing of his to lose."""
    world.declare({"a": {"value": "1", "description": "one"}})
    world.converge()
    world.declare({"a": {"value": "1", "description": "by hand"}})
    planned = world.plan()
    described(world)
    assert write(world, planned)["secret:a"].status == "done"


@pytest.mark.parametrize("recorded", [True, False], ids=["written from git", "never written"])
def test_a_policy_that_on_call_put_by_hand_stays(world: World, recorded: bool) -> None:
    """No list returns a policy, so the plan cannot know: apply looks before it writes."""
    first = {"resource_policy": policy("Allow")} if recorded else {}
    world.declare({"a": {"value": "1", **first}})
    world.converge()
    by_hand = json.dumps(policy("Deny"))
    world.client("secretsmanager").put_resource_policy(
        SecretId=f"{PREFIX}/a", ResourcePolicy=by_hand
    )
    world.declare({"a": {"value": "1", "resource_policy": policy("Allow", "210987654321")}})
    outcome = world.apply()["secret:a"]
    refused(outcome, "resource_policy in AWS is not what was last written", "drift --deep")
    live = world.client("secretsmanager").get_resource_policy(SecretId=f"{PREFIX}/a")
    assert json.loads(live["ResourcePolicy"]) == policy("Deny")
    # Once git says what is there, git goes on.
    world.declare({"a": {"value": "1", "resource_policy": policy("Deny")}})
    world.converge()


def test_a_role_that_may_not_look_writes_and_says_so(world: World) -> None:
    """Roles of 0.1 have no permission to read a policy."""
    world.declare({"a": {"value": "1", "resource_policy": policy("Allow")}})
    world.converge()
    world.declare({"a": {"value": "1", "resource_policy": policy("Deny")}})
    world.aws.hooks.append(
        lambda operation, _: (
            (400, "AccessDeniedException", "no") if operation == "GetResourcePolicy" else None
        )
    )
    outcome = world.apply()["secret:a"]
    assert outcome.status == "done"
    assert outcome.warning == (
        "written without a last look at resource_policy: the role lacks GetResourcePolicy"
    )


def test_the_last_look_is_one_read(world: World) -> None:
    world.declare(
        {"a": {"value": "1", "description": "one"}, "b": {"value": "1"}},
        {"p": {"plaintext": "1"}, "q": {"plaintext": "1"}},
        **OPEN,
    )
    world.converge()
    world.aws.age_lists(600)
    world.declare({"a": {"value": "1", "description": "two"}}, {"p": {"plaintext": "2"}})
    planned = world.plan()
    world.aws.settling.pass_by()
    outcomes = write(world, planned)
    assert {outcome.status for outcome in outcomes.values()} == {"done"}
    assert world.calls == {
        "DescribeSecret": 2, "UpdateSecret": 1, "TagResource": 1, "DeleteSecret": 1,
        "DescribeParameters": 2, "DeleteParameter": 1, "PutParameter": 1,
    }  # fmt: skip


def test_a_policy_that_no_plan_has_read_stands_under_destructive(world: World) -> None:
    """A list does not return it: what is overwritten may be another than git last wrote."""
    statement = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
    for action in ("secretsmanager:PutSecretValue", "secretsmanager:DeleteSecret"):
        policy = {"Version": "2012-10-17", "Statement": [statement | {"Action": action}]}
        world.declare({"db": {"value": "v", "resource_policy": policy}})
        if action.endswith("PutSecretValue"):
            world.converge()
    shown = world.cli("plan", "production").stdout
    assert (
        "lost: its present resource policy, which no plan reads, is overwritten"
        in (shown.partition("Destructive\n")[2].partition("\n\n")[0])
    )
