"""Rollback moves a label, and only from where it was seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import in_terminal
from tests.command import Done, command
from tests.leaks.search import Canaries, search
from tests.operations.test_adopt import script
from tests.world import PREFIX, SCHEDULE, World


@pytest.fixture
def changed(world: World) -> World:
    """A world whose secret `db` went from `one` to `two`."""
    for value in ("one", "two"):
        world.declare({"db": {"value": value}})
        world.converge()
    return world


def back(world: World, *arguments: str, code: int = 0) -> Done:
    return command(world, "rollback", "production", *arguments, "--auto-approve", code=code)


def test_the_previous_value_serves_again_and_git_differs(changed: World) -> None:
    done = back(changed, "db")
    assert "git still declares the newer value, at " in done.out
    assert "main.sops.yaml: revert it there" in done.out
    assert changed.secret_value("db") == "one"
    assert list(changed.changes()) == ["secret:db"]
    assert done.calls["GetSecretValue"] == done.calls["PutSecretValue"] == 0
    changed.declare({"db": {"value": "one"}})
    assert changed.changes() == {}


def test_a_second_rollback_undoes_the_first(changed: World) -> None:
    back(changed, "db")
    back(changed, "db")
    assert changed.secret_value("db") == "two"
    assert changed.changes() == {}


def test_it_never_goes_over_a_concurrent_write(changed: World) -> None:
    changed.between("UpdateSecretVersionStage", lambda: changed.put_secret("db", "theirs"))
    assert "conflict: " in back(changed, "db", code=4).out
    assert changed.secret_value("db") == "theirs"


def test_a_lost_answer_is_looked_for(changed: World) -> None:
    from reconciler.sandbox.server import Drop

    def lose(operation: str, _: object, answer: object) -> None:
        if operation == "UpdateSecretVersionStage":
            changed.aws.after.clear()
            raise Drop

    changed.aws.after.append(lose)  # type: ignore[arg-type]
    assert "done" in back(changed, "db").out
    assert changed.secret_value("db") == "one"


def test_a_rotated_value_comes_back_only_where_it_is_asked_for(world: World) -> None:
    world.deploy()
    world.declare({"db": {"value": "seed", "rotation": SCHEDULE}})
    world.converge()
    world.rotate("db")
    assert "refused: rotation wrote its values" in back(world, "db", code=4).out
    assert world.secret_value("db") == "rotated"
    told = back(world, "db", "--rotated").out
    assert world.secret_value("db") == "seed"
    # Git holds the seed, and the next apply writes none: nobody has anything to revert.
    assert "done: the previous version is restored; rotation owns the value" in told
    assert "revert it there" not in told
    assert world.changes() == {}


def test_what_rotate_replaced_comes_back_only_where_it_is_asked_for(world: World) -> None:
    world.declare({"jwt": {"generate": {}}})
    world.converge()
    leaked = world.secret_value("jwt")
    command(world, "rotate", "production", "jwt", "--auto-approve")
    assert "refused: its previous value was replaced by `rotate`" in back(world, "jwt", code=4).out
    assert world.secret_value("jwt") != leaked
    assert "done: the previous version is restored\n" in back(world, "jwt", "--rotated").out
    assert world.secret_value("jwt") == leaked


def test_what_cannot_be_rolled_back_is_one_clear_line(changed: World) -> None:
    script(changed, {"theirs": "v"})
    declared = {"db": {"value": "two"}, "new": {"value": "v"}, "gone": {"value": "v"}}
    changed.declare(declared, {"p": {"value": "v"}})
    changed.converge()
    changed.client("secretsmanager").delete_secret(SecretId=f"{PREFIX}/gone")
    changed.declare({**declared, "absent": {"value": "v"}}, {"p": {"value": "v"}})
    for name, told in (
        ("theirs", "this environment does not own it"),
        (
            "new",
            "it has no previous version\n      hint: give it a new value: reconciler set production"
            " new",
        ),
        (
            "gone",
            "it is pending deletion\n      hint: restore it first: aws secretsmanager restore-",
        ),
        ("absent", "it does not exist\n      hint: apply creates it"),
        (
            "p",
            "a parameter's versions have no labels to move\n      hint: revert the commit that"
            " changed the value, and apply; or give it the earlier value again: reconciler set"
            " production p --apply",
        ),
    ):
        assert f"{name}: refused: {told}" in back(changed, name, code=4).out
    assert "--audit records" in back(changed, "db", "--audit", "log", code=64).err
    assert "Did you mean db?" in back(changed, "dbb", code=64).err
    assert "--auto-approve" in command(changed, "rollback", "production", "db", code=64).err


def test_a_rotation_under_way_is_waited_for(changed: World) -> None:
    changed.client("secretsmanager").put_secret_value(
        SecretId=f"{PREFIX}/db", SecretString="half", VersionStages=["AWSPENDING"]
    )
    assert "refused: a rotation is under way" in back(changed, "db", code=4).out


def test_outcomes_as_json_and_a_terminal_to_ask_on(changed: World) -> None:
    code, out = in_terminal(changed, "rollback", "production", "db", answer="no")
    assert code == 1
    assert "roll back secret db to its previous version" in out
    assert changed.secret_value("db") == "two"
    shown = json.loads(back(changed, "db", "-o", "json").out)
    assert shown["outcomes"][0]["status"] == "done"


def test_nothing_of_it_leaks(world: World, tmp_path: Path) -> None:
    canaries = Canaries()
    first, second = canaries.plant(), canaries.plant()
    for value in (first, second):
        world.declare({"db": {"value": value}})
        world.converge()
    commands = (("rollback", "production", "db", "--auto-approve", "-vv"),)
    assert search(world, canaries, tmp_path, commands) == []
    assert world.secret_value("db") == first
