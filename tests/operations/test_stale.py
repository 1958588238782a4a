"""What makes a reviewed plan stale, as a user meets it, and what does not."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.cli.main import run
from tests.world import PREFIX, SCHEDULE, World

BEFORE: dict[str, Any] = {
    "db": {"value": "one"},
    "other": {"value": "one", "description": "before"},
    "rot": {"value": "seed", "rotation": SCHEDULE},
}
AFTER: dict[str, Any] = {
    "db": {"value": "two"},
    "other": {"value": "one", "description": "after"},
    "rot": {"value": "seed", "rotation": {**SCHEDULE, "schedule": "rate(7 days)"}},
}
HOSTS = ({"host": {"plaintext": "a"}}, {"host": {"plaintext": "b"}})
APPLY = ("apply", "production", "--plan", "p.json")


def git(world: World, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    folder = world.tree.manifests.parent
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def reviewed(world: World) -> World:
    """A saved plan that changes a value, a description, a schedule and a parameter."""
    world.deploy()
    world.declare(BEFORE, HOSTS[0])
    world.converge()
    assert world.aws.wait_for_rotations()
    world.declare(AFTER, HOSTS[1])
    done = world.cli("plan", "production", "--out", "p.json")
    assert "Plan: 0 to create, 4 to update" in done.stdout
    world.aws.calls.clear()
    return world


def writes(world: World) -> list[str]:
    reads = ("Describe", "List", "GetCallerIdentity")
    return [name for name, count in world.aws.calls.items() if count and not name.startswith(reads)]


MOVES: dict[str, tuple[Callable[[World], Any], str]] = {
    "a value": (lambda w: w.put_secret("db", "theirs"), f"secret {PREFIX}/db: AWSCURRENT moved"),
    "a parameter": (
        lambda w: w.put_parameter("host", "theirs", Type="String"),
        f"parameter {PREFIX}/host: the version moved from 1 to 2",
    ),
    "a description": (
        lambda w: w.client("secretsmanager").update_secret(
            SecretId=f"{PREFIX}/other", Description="theirs"
        ),
        f"secret {PREFIX}/other: description changed in AWS or in git",
    ),
    "a schedule": (
        lambda w: w.client("secretsmanager").rotate_secret(
            SecretId=f"{PREFIX}/rot",
            RotationRules={"ScheduleExpression": "rate(2 days)"},
            RotateImmediately=False,
        ),
        f"rotation {PREFIX}/rot: schedule changed in AWS or in git",
    ),
    "a deletion": (
        lambda w: w.client("secretsmanager").delete_secret(SecretId=f"{PREFIX}/db"),
        f"secret {PREFIX}/db: it is pending deletion now",
    ),
    "an owner": (
        lambda w: w.client("secretsmanager").tag_resource(
            SecretId=f"{PREFIX}/db", Tags=[{"Key": "reconciler:owner", "Value": "them/other"}]
        ),
        f"secret {PREFIX}/db: this environment no longer owns it: them/other does",
    ),
    "git": (lambda w: w.declare({**AFTER, "db": {"value": "three"}}, HOSTS[1]), "the value in git"),
}


@pytest.mark.parametrize(("act", "told"), MOVES.values(), ids=MOVES)
def test_what_moved_is_told_and_nothing_is_written(
    reviewed: World, act: Callable[[World], Any], told: str
) -> None:
    act(reviewed)
    reviewed.aws.calls.clear()
    done = reviewed.cli(*APPLY)
    assert done.returncode == 3, done.stdout + done.stderr
    assert told in done.stderr
    assert writes(reviewed) == []


def test_all_that_moved_is_told_at_once(reviewed: World) -> None:
    reviewed.put_secret("db", "theirs")
    reviewed.put_parameter("host", "theirs", Type="String")
    done = reviewed.cli(*APPLY)
    assert done.returncode == 3
    assert "AWSCURRENT moved from" in done.stderr
    assert "not written by the reconciler" in done.stderr
    assert "the version moved from 1 to 2, written by arn:aws:iam" in done.stderr


def unrelated(world: World) -> None:
    """Everything that other people and rotation do, but to what the plan changes."""
    secrets, ssm = world.client("secretsmanager"), world.client("ssm")
    world.rotate("rot")
    secrets.create_secret(Name=f"{PREFIX}/theirs", SecretString="x")
    ssm.put_parameter(Name=f"{PREFIX}/theirs", Value="x", Type="String")
    secrets.tag_resource(SecretId=f"{PREFIX}/db", Tags=[{"Key": "their", "Value": "tag"}])
    secrets.put_secret_value(SecretId=f"{PREFIX}/other", SecretString="theirs")
    secrets.update_secret(SecretId=f"{PREFIX}/db", Description="theirs")


def test_what_is_unrelated_makes_nothing_stale(reviewed: World) -> None:
    unrelated(reviewed)
    done = reviewed.cli(*APPLY)
    assert done.returncode == 0, done.stderr
    assert reviewed.secret_value("db") == "two"
    assert reviewed.secret("other")["Description"] == "after"
    assert reviewed.secret_value("other") == "theirs"
    assert reviewed.secret_value("rot") == "rotated"
    assert reviewed.parameter_value("host") == "b"
    assert "not reviewed and not written: update secret" in done.stderr  # theirs, of `other`


def test_a_squash_merge_makes_nothing_stale(world: World) -> None:
    """Other commits, the same content: the plan of the branch is that of main."""
    git(world, "init", "-q", "-b", "main")
    world.declare({"db": {"value": "one"}})
    world.converge()
    git(world, "add", "manifests")
    git(world, "commit", "-q", "-m", "main")
    git(world, "switch", "-q", "-c", "feature")
    for value in ("draft", "two"):
        world.declare({"db": {"value": value}})
        git(world, "commit", "-q", "-am", f"value {value}")
    planned = world.cli("plan", "production", "-o", "json")
    assert planned.returncode == 0, planned.stderr
    of_branch = json.loads(planned.stdout)
    git(world, "switch", "-q", "main")
    git(world, "merge", "-q", "--squash", "feature")
    git(world, "commit", "-q", "-m", "squashed")
    of_main = json.loads(world.cli("plan", "production", "-o", "json").stdout)
    assert of_main["revision"] != of_branch["revision"]
    assert of_main["digest"] == of_branch["digest"]
    assert world.cli("apply", "production", "--digest", of_branch["digest"]).returncode == 0
    assert world.secret_value("db") == "two"


def test_what_main_did_to_other_things_makes_nothing_stale(reviewed: World) -> None:
    """Merged after another branch: what that one declares was not reviewed here."""
    reviewed.declare({**AFTER, "more": {"value": "v"}}, HOSTS[1])
    done = reviewed.cli(*APPLY)
    assert done.returncode == 0, done.stderr
    assert "not reviewed and not written: create secret" in done.stderr
    assert set(reviewed.changes()) == {"secret:more"}


def test_a_second_run_goes_on_where_the_first_one_failed(reviewed: World) -> None:
    def refuse(operation: str, body: object) -> tuple[int, str, str] | None:
        if operation in ("PutParameter", "UpdateSecretVersionStage"):
            return 400, "AccessDeniedException", "not now"
        return None

    reviewed.aws.hooks.append(refuse)
    assert reviewed.cli(*APPLY).returncode == 4
    reviewed.aws.hooks.remove(refuse)
    done = reviewed.cli(*APPLY)
    assert done.returncode == 0, done.stderr
    assert "already in effect" in done.stderr
    assert reviewed.changes() == {}
    assert reviewed.cli(*APPLY).returncode == 0


@pytest.mark.parametrize(
    ("operation", "act"),
    [
        ("UpdateSecretVersionStage", lambda w: w.put_secret("db", "theirs")),
        ("PutParameter", lambda w: w.put_parameter("host", "theirs", Type="String")),
    ],
)
def test_a_move_after_the_first_write_is_a_conflict(
    reviewed: World, operation: str, act: Callable[[World], None]
) -> None:
    reviewed.between(operation, lambda: act(reviewed))
    done = reviewed.cli(*APPLY)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "conflict" in done.stdout
    assert "1 conflict" in done.stdout
    assert "3 done" in done.stdout
    if operation == "UpdateSecretVersionStage":
        assert reviewed.secret_value("db") == "theirs"
    else:
        # AWS has no compare-and-swap for parameters: theirs is kept in the history, and told.
        assert "somebody else wrote version 2" in done.stdout


@pytest.mark.parametrize("digest", ["", "abc", "0" * 63, "0" * 65, "Z" * 64])
@pytest.mark.parametrize("command", ["apply", "adopt"])
def test_a_part_of_a_digest_is_none(command: str, digest: str) -> None:
    """A job whose variable is empty must not look as if something had moved."""
    out = io.StringIO()
    with contextlib.redirect_stderr(out):
        assert run([command, "production", "--digest", digest]) == 64
    assert "64 hexadecimal digits" in out.getvalue()
