"""Part of a run fails: the rest is done, each failure has AWS's code and what to do, and is told
on the terminal, by the exit code and in the audit log."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.canary import CANARY
from tests.world import PREFIX, World

DENIED, INVALID, LOCKED = "s1", "p1", "s3"


@pytest.fixture
def failing(world: World) -> World:
    """AWS refuses one secret, one parameter, and cannot encrypt another."""
    world.declare(
        {f"s{n}": {"value": f"{CANARY}{n}"} for n in range(5)},
        {f"p{n}": {"value": f"{CANARY}{n}"} for n in range(3)},
    )

    def hook(operation: str, body: Any) -> tuple[int, str, str] | None:
        called = operation, str((body or {}).get("Name", "")).removeprefix(PREFIX + "/")
        return {
            ("CreateSecret", DENIED): (400, "AccessDeniedException", "not authorized"),
            ("CreateSecret", LOCKED): (400, "EncryptionFailure", f"no key for {CANARY}3"),
            ("PutParameter", INVALID): (400, "ValidationException", f"bad value {CANARY}1"),
        }.get(called)

    world.aws.hooks.append(hook)
    return world


def test_what_to_do_is_told_once_and_that_the_same_may_be_run_again(world: World) -> None:
    """At three in the morning, when AWS is away for all of them."""
    world.declare({f"s{n}": {"value": "v"} for n in range(5)}, {})

    def hook(operation: str, body: Any) -> tuple[int, str, str] | None:
        refused = operation == "CreateSecret"
        return (400, "AccessDeniedException", "not authorized") if refused else None

    world.aws.hooks.append(hook)
    run = world.cli("apply", "production", "--auto-approve")
    assert run.returncode == 4
    assert run.stdout.count(": failed: CreateSecret: AccessDeniedException") == 5
    assert run.stdout.count("hint: the role needs the permission for CreateSecret") == 1
    assert "what is done stays done: correct the cause, and run the same again" in run.stderr


def test_one_failure_stops_no_other_and_each_is_named(failing: World) -> None:
    where = failing.tree.manifests.parent
    for command in ("init -q", "add -A", "-c user.name=a -c user.email=a@b commit -qm x"):
        subprocess.run(["git", *command.split()], cwd=where, check=True)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=where, check=True, capture_output=True, text=True
    ).stdout.strip()
    run = failing.cli("apply", "production", "--auto-approve", "--audit", "audit.jsonl")
    log = (where / "audit.jsonl").read_text()
    assert run.returncode == 4
    assert "Applied: 5 done, 3 failed." in run.stdout
    told = run.stdout.split("Plan:")[1]
    assert f"secret {DENIED}: failed: CreateSecret: AccessDeniedException" in told
    assert "hint: the role needs the permission for CreateSecret" in told
    assert f"secret {LOCKED}: failed: CreateSecret: EncryptionFailure" in told
    assert f"parameter {INVALID}: failed: PutParameter: ValidationException" in told
    for name in ("secret s0", "secret s2", "secret s4", "parameter p0", "parameter p2"):
        assert f"{name}: done" in told
    assert CANARY not in run.stdout + run.stderr + log
    lines = [json.loads(line) for line in log.splitlines()]
    assert {line["commit"] for line in lines} == {commit}
    assert {line["principal"].split(":")[4] for line in lines} == {"123456789012"}
    ended = {line["name"].removeprefix(PREFIX + "/"): line for line in lines if "calls" in line}
    assert len(lines) == 2 * len(ended) == 16
    assert {name: line["aws_code"] for name, line in ended.items() if line["error"]} == {
        DENIED: "AccessDeniedException",
        LOCKED: "EncryptionFailure",
        INVALID: "ValidationException",
    }
    assert all(line["request_id"] for line in ended.values())
    failing.aws.hooks.clear()
    assert len(failing.changes()) == 3
    failing.converge()


def test_a_value_that_aws_refuses_is_named_without_the_value(failing: World) -> None:
    """AWS's message may quote it: its code and its request are shown, and lead to it."""
    run = failing.cli("apply", "production", "--auto-approve")
    (line,) = (li for li in run.stdout.splitlines() if f"parameter {INVALID}: failed" in li)
    assert "(request " in line
    assert "bad value" not in line
