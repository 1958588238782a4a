"""Rotate now: awaited, told where it stopped, twice, and for what we generated."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

import pytest

from tests.cli.test_commands import in_terminal
from tests.command import Done, command
from tests.leaks.search import Canaries, search
from tests.operations.test_adopt import script
from tests.world import FUNCTION, PREFIX, SCHEDULE, World

COUNTING = """
import boto3, json

def handler(event, context):
    client = boto3.client("secretsmanager")
    arn, token = event["SecretId"], event["ClientRequestToken"]
    stages = client.describe_secret(SecretId=arn)["VersionIdsToStages"]
    current = next(v for v, labels in stages.items() if "AWSCURRENT" in labels)
    if event["Step"] == "createSecret":
        value = client.get_secret_value(SecretId=arn)["SecretString"]
        client.put_secret_value(SecretId=arn, ClientRequestToken=token, SecretString=value + "+",
                                VersionStages=["AWSPENDING"])
    if event["Step"] == FAILING:
        raise ValueError("no")
    if event["Step"] == "finishSecret":
        client.update_secret_version_stage(SecretId=arn, VersionStage="AWSCURRENT",
                                           MoveToVersionId=token, RemoveFromVersionId=current)
"""


@pytest.fixture
def rotating(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose secret `db` has a function that adds a character to its value."""
    monkeypatch.setattr("reconciler.kinds.secret.rotating.wait.PAUSE", 0.05)
    world.deploy(code=COUNTING.replace("FAILING", "None"))
    world.declare({"db": {"value": "v", "rotation": SCHEDULE}})
    world.converge()
    assert world.aws.wait_for_rotations()
    return world


def rotate(world: World, *arguments: str, code: int = 0) -> Done:
    return command(world, "rotate", "production", *arguments, "--auto-approve", code=code)


def fail(world: World, step: str) -> None:
    """Deploy a function that fails in a step."""
    code = COUNTING.replace("FAILING", repr(step))
    world.client("lambda").delete_function(FunctionName=FUNCTION)
    world.deploy(code=code)


def test_a_rotation_is_awaited(rotating: World) -> None:
    done = rotate(rotating, "db")
    assert "db: done: rotated" in done.out
    assert "Rotated: 1 done." in done.out
    assert rotating.secret_value("db") == "v+"
    assert rotating.changes() == {}
    # A few by name need no list.
    assert done.calls["ListSecrets"] == 0


def test_twice_for_alternating_users(rotating: World) -> None:
    assert "rotated twice" in rotate(rotating, "db", "--twice").out
    assert rotating.secret_value("db") == "v++"


@pytest.mark.parametrize("step", ["createSecret", "testSecret", "finishSecret"])
def test_a_failed_step_is_no_success(rotating: World, step: str) -> None:
    fail(rotating, step)
    done = rotate(rotating, "db", "--wait", "3", code=4)
    assert "failed: the rotation did not end within 3 s: AWSPENDING is on its version" in done.out
    assert "--clear-pending" in done.out
    assert rotating.secret_value("db") == "v"
    assert rotating.aws.wait_for_rotations()
    # It is stuck now; a second try says so and begins nothing.
    again = rotate(rotating, "db", code=4)
    assert "refused: an earlier rotation has not ended" in again.out
    assert again.calls["RotateSecret"] == 0


def test_a_stuck_label_is_taken_away_when_it_is_asked_for(rotating: World) -> None:
    fail(rotating, "testSecret")
    rotate(rotating, "db", "--wait", "2", code=4)
    assert rotating.aws.wait_for_rotations()
    rotating.client("lambda").delete_function(FunctionName=FUNCTION)
    rotating.deploy(code=COUNTING.replace("FAILING", "None"))
    assert "Rotated: 1 done." in rotate(rotating, "db", "--clear-pending").out
    assert rotating.secret_value("db") == "v+"


def test_a_second_rotation_that_fails_says_that_the_first_was_done(rotating: World) -> None:
    calls: list[bool] = []

    def refuse(operation: str, _: object) -> tuple[int, str, str] | None:
        if operation == "RotateSecret":
            calls.append(True)
            if len(calls) == 2:
                return 400, "InvalidRequestException", "no"
        return None

    rotating.aws.hooks.append(refuse)  # type: ignore[arg-type]
    assert "rotated once; the second time: " in rotate(rotating, "db", "--twice", code=4).out


def test_an_abandoned_rotation_is_a_conflict(
    rotating: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.kinds.secret.rotating.wait.SEEN_WITHIN", 0.0)
    slow = COUNTING.replace("raise ValueError", "import time; time.sleep(15); raise ValueError")
    rotating.client("lambda").delete_function(FunctionName=FUNCTION)
    rotating.deploy(code=slow.replace("FAILING", "'testSecret'"))

    def write(operation: str, body: object) -> None:
        if operation == "PutSecretValue" and "+" in str(body):
            threading.Timer(1.0, rotating.put_secret, ("db", "theirs")).start()

    rotating.aws.hooks.append(write)
    done = rotate(rotating, "db", "--wait", "20", code=4)
    assert "conflict: the rotation was abandoned" in done.out
    assert rotating.secret_value("db") == "theirs"


def test_a_generated_secret_gets_a_new_value(world: World) -> None:
    world.declare({"jwt": {"generate": {"length": 40, "exclude": "punctuation"}}})
    world.converge()
    before = world.secret_value("jwt")
    assert "a new value was generated" in rotate(world, "jwt").out
    after = world.secret_value("jwt")
    assert after != before
    assert len(after) == 40
    assert after.isalnum()
    assert world.changes() == {}
    assert world.drift() == {}


def test_a_generated_value_never_overwrites_a_concurrent_one(world: World) -> None:
    world.declare({"jwt": {"generate": {"length": 40}}})
    world.converge()
    world.between("UpdateSecretVersionStage", lambda: world.put_secret("jwt", "theirs"))
    assert "conflict: " in rotate(world, "jwt", code=4).out
    assert world.secret_value("jwt") == "theirs"


def test_what_cannot_be_rotated_says_what_to_do(world: World) -> None:
    script(world, {"theirs": "v"})
    declared = {"git": {"value": "v"}, "gone": {"value": "v"}, "ext": {"external": True}}
    world.declare(declared, {"p": {"value": "v"}})
    script(world, {"ext": "v"})
    command(world, "adopt", "production", "ext", "--auto-approve")
    world.apply()
    world.client("secretsmanager").delete_secret(SecretId=f"{PREFIX}/gone")
    world.declare({**declared, "absent": {"value": "v"}}, {"p": {"value": "v"}})
    done = rotate(world, "git", "gone", "ext", "theirs", "absent", "p", code=4)
    for told in (
        "git: refused: git owns its value, and it has no rotation",
        "reconciler set production git --apply",
        "gone: refused: it is pending deletion",
        "ext: refused: it has no rotation, and its value is somebody else's",
        "theirs: refused: this environment does not own it",
        "absent: refused: it does not exist",
        "p: refused: a parameter has no rotation",
        "Rotated: 0 done, 6 refused.",
    ):
        assert told in done.out
    assert (
        "production has no secret or parameter gitt. Did you mean git?"
        in rotate(world, "gitt", code=64).err
    )


def test_a_missing_function_is_told(rotating: World) -> None:
    rotating.client("lambda").delete_function(FunctionName=FUNCTION)
    said = rotate(rotating, "db", code=4).out
    assert "AccessDeniedException" in said
    assert "the rotation function does not exist, or" in said


BUILTIN = {"lambda": "builtin:random", "schedule": "rate(30 days)"}
DEPLOY = (
    "builtin:random is deployed by you: reconciler rotation build random,"
    " and what reconciler rotation template production prints"
)


def test_a_function_of_ours_that_is_not_deployed_is_told_with_its_commands(world: World) -> None:
    world.declare(
        {
            "db": {"value": "v", "rotation": "weekly"},
            "made": {"generate": {}, "rotation": "weekly"},
            "theirs": {"value": "v", "rotation": SCHEDULE},
        },
        schedules={"weekly": BUILTIN},
    )
    applied = command(world, "apply", "production", "--auto-approve", code=4).out
    assert DEPLOY in applied
    assert applied.count("the command that allows it is in: reconciler doctor production") == 1
    # Its rotation is declared, and it is not without one.
    done = rotate(world, "db", "made", "theirs", code=4)
    off = "refused: git declares a rotation for it, and in AWS it is not on"
    for name in ("db", "made", "theirs"):
        assert f"{name}: {off}" in done.out
    assert f"{DEPLOY}; then reconciler apply production" in done.out
    assert "to switch it on: reconciler apply production" in done.out
    assert world.secret_value("db") == "v"


def test_and_so_is_one_that_somebody_deleted(rotating: World) -> None:
    """Rotation is on, and the function is gone."""
    name = "secrets-production-rotate-weekly"
    rotating.deploy(name=name, code=COUNTING.replace("FAILING", "None"))
    declared = {"db": {"value": "v", "rotation": "weekly"}}
    rotating.declare(declared, schedules={"weekly": BUILTIN})
    rotating.apply()
    assert rotating.aws.wait_for_rotations()
    rotating.client("lambda").delete_function(FunctionName=name)
    said = rotate(rotating, "db", code=4).out
    assert "the rotation function does not exist, or" in said
    assert DEPLOY in said


def test_the_page_has_the_words_of_a_refusal_while_a_rotation_runs(rotating: World) -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/rotation-functions.md").read_text()
    (quoted,) = re.findall(r"a rotation is refused\s+\(\*(.+?)\*\)", page)
    rotating.client("secretsmanager").put_secret_value(
        SecretId=f"{PREFIX}/db", SecretString="half", VersionStages=["AWSPENDING"]
    )
    assert f"db: refused: {quoted}" in rotate(rotating, "db", code=4).out


def test_outcomes_as_json_and_a_terminal_to_ask_on(rotating: World) -> None:
    shown = json.loads(rotate(rotating, "db", "-o", "json").out)
    assert shown["outcomes"][0] == {
        "key": {"kind": "secret", "name": f"{PREFIX}/db"}, "status": "done",
        "message": "rotated", "hint": None,
    }  # fmt: skip
    assert "--auto-approve" in command(rotating, "rotate", "production", "db", code=64).err
    code, out = in_terminal(rotating, "rotate", "production", "db", answer="no")
    assert code == 1
    assert "rotate secret db: its rotation function makes a new value" in out
    assert rotating.secret_value("db") == "v+"


def test_nothing_of_it_leaks(world: World, tmp_path: Path) -> None:
    canaries = Canaries()
    world.deploy(code=COUNTING.replace("FAILING", "None"))
    world.declare(
        {"db": {"value": canaries.plant(), "rotation": SCHEDULE}, "jwt": {"generate": {}}}
    )
    world.converge()
    canaries.planted.append(world.secret_value("jwt"))
    assert world.aws.wait_for_rotations()
    commands = (("rotate", "production", "db", "jwt", "--auto-approve", "-vv"),)
    out = search(world, canaries, tmp_path, commands)
    canaries.planted.append(world.secret_value("jwt"))
    assert out == []
    assert world.secret_value("db").endswith("+")
