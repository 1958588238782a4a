"""What AWS has just made and does not know everywhere yet is waited for; nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.command import command
from tests.kinds.secret.test_secrets import POLICY
from tests.world import PREFIX, SCHEDULE, World

WHOLE = {"value": "v", "resource_policy": POLICY, "rotation": SCHEDULE, "tags": {"a": "b"}}


@pytest.fixture(autouse=True)
def _settling(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    world.aws.settling.calls = 3
    yield
    world.aws.settling.calls = 0


def test_what_this_run_created_is_waited_for(world: World) -> None:
    world.deploy()
    world.declare({"db": WHOLE})
    done = command(world, "apply", "production", "--auto-approve")
    assert world.aws.wait_for_rotations()
    assert done.calls["PutResourcePolicy"] == done.calls["RotateSecret"] == 4
    world.aws.settling.calls = 0
    assert world.changes() == {}


@pytest.mark.parametrize("how", ["created", "restored"])
def test_what_another_run_has_just_made_is_not_taken_for_absent(world: World, how: str) -> None:
    """It is listed, and DescribeSecret does not find it yet (promise P5)."""
    world.declare({"db": {"value": "v"}})
    world.cli("apply", "production", "--auto-approve")
    if how == "restored":
        world.client("secretsmanager").delete_secret(SecretId=f"{PREFIX}/db")
        world.client("secretsmanager").restore_secret(SecretId=f"{PREFIX}/db")
    # Something of it differs, so that it is read again.
    world.declare({"db": {"value": "v", "description": "d"}})
    world.aws.settling.calls = 3
    world.aws.settling.begin(world.aws.secret(f"{PREFIX}/db").arn, "DescribeSecret")
    assert world.changes()["secret:db"].action == "update"
    assert world.calls["DescribeSecret"] == 4


def test_what_this_run_restored_is_waited_for(world: World) -> None:
    world.aws.settling.calls = 0
    world.declare({"db": {"value": "v"}})
    world.converge()
    world.client("secretsmanager").delete_secret(SecretId=f"{PREFIX}/db")
    world.aws.settling.calls = 3
    world.declare({"db": {"value": "v", "tags": {"a": "b"}}})
    done = command(world, "apply", "production", "--auto-approve")
    assert done.calls["TagResource"] == 4
    world.aws.settling.calls = 0
    assert world.changes() == {}


def test_what_is_gone_and_was_not_made_by_this_run_is_not_waited_for(world: World) -> None:
    world.aws.settling.calls = 0
    world.declare({"db": {"value": "v"}})
    world.converge()
    world.aws.set_last_changed(f"{PREFIX}/db", datetime.now(UTC) - timedelta(minutes=3))
    world.declare({"db": {"value": "v", "tags": {"a": "b"}}})
    secrets = world.client("secretsmanager")
    world.between(
        "TagResource",
        lambda: secrets.delete_secret(SecretId=f"{PREFIX}/db", ForceDeleteWithoutRecovery=True),
    )
    done = command(world, "apply", "production", "--auto-approve", code=4)
    assert done.calls["TagResource"] == 1


def test_a_policy_that_is_wrong_by_itself_is_not_waited_for(world: World) -> None:
    def refuse(operation: str, _: Any) -> tuple[int, str, str] | None:
        if operation == "PutResourcePolicy":
            return 400, "MalformedPolicyDocumentException", "This resource policy has an error."
        return None

    world.aws.hooks.append(refuse)
    world.declare({"db": {"value": "v", "resource_policy": POLICY}})
    done = command(world, "apply", "production", "--auto-approve", code=4)
    assert done.calls["PutResourcePolicy"] == 1


def test_rotate_waits_for_a_version_that_aws_does_not_show_yet(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.kinds.secret.rotating.wait.PAUSE", 0.05)
    world.aws.settling.calls = 0
    world.deploy()
    world.declare({"db": {"value": "v", "rotation": SCHEDULE}})
    world.converge()
    assert world.aws.wait_for_rotations()
    world.aws.settling.calls = 3
    done = command(world, "rotate", "production", "db", "--auto-approve")
    assert "rotated" in done.out
