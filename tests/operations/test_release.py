"""Release undoes adopt: tags, stamps and label go, values stay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import in_terminal
from tests.command import command
from tests.leaks.search import Canaries, search
from tests.operations.test_adopt import script
from tests.world import PREFIX, World


@pytest.fixture
def owned(world: World) -> World:
    """A world in which a secret of two versions and a parameter are ours, with tags of others."""
    declared = {"tags": {"team": "a"}, "description": "who needs it"}
    world.declare({"db": {"value": "old", **declared}}, {"p": {"value": "old", **declared}})
    world.converge()
    world.declare({"db": {"value": "v", **declared}}, {"p": {"value": "v", **declared}})
    world.converge()
    assert "RECONCILER_STAGED" in world.labels("db")
    return world


def test_marks_go_and_values_stay(owned: World) -> None:
    versions = owned.labels("db")
    done = command(owned, "release", "production", "--all", "--auto-approve")
    assert "Released: 2 done." in done.out
    assert "1 parameter gets one version each, which takes 1 s" in done.err
    assert owned.secret_tags("db") == owned.parameter_tags("p") == {"team": "a"}
    del versions["RECONCILER_STAGED"]
    assert owned.labels("db") == versions
    assert owned.secret_value("db") == owned.parameter_value("p") == "v"
    assert (
        owned.secret("db")["Description"] == owned.parameter("p")["Description"] == "who needs it"
    )
    assert {change.code for change in owned.changes().values()} == {"not-managed"}
    again = command(owned, "release", "production", "--all", "--auto-approve")
    assert "Released: 0 done." in again.out


def test_what_was_adopted_is_as_it_was(world: World) -> None:
    script(world, {"db": "v"}, {"p": "v"}, Description="theirs")
    before = world.secret("db")
    world.declare({"db": {"value": "v"}}, {"p": {"value": "v"}})
    command(world, "adopt", "production", "--auto-approve")
    command(world, "release", "production", "--all", "--auto-approve")
    after = world.secret("db")
    for field in ("VersionIdsToStages", "Description", "Tags"):
        assert after.get(field) in (before.get(field), []), field
    assert world.parameter("p")["Description"] == "theirs"
    command(world, "adopt", "production", "--auto-approve")
    assert world.changes() == {}


def test_what_is_kept_can_be_released(owned: World) -> None:
    owned.declare({"other": {"value": "v"}})
    command(owned, "release", "production", "db", f"{PREFIX}/p", "--auto-approve")
    assert list(owned.changes()) == ["secret:other"]
    assert owned.plan().plan.notes == ()


def test_bad_names_are_one_clear_line_each(owned: World) -> None:
    script(owned, {"theirs": "v"})
    owned.client("secretsmanager").delete_secret(SecretId=f"{PREFIX}/db")
    owned.declare({"db": {"value": "v"}, "absent": {"value": "v"}}, {"p": {"value": "v"}})
    done = command(
        owned, "release", "production", "theirs", "db", "absent", "p", "--auto-approve", code=4
    )
    assert "theirs: refused: this environment does not own it" in done.out
    assert "db: refused: it is pending deletion" in done.out
    assert "absent: refused: it does not exist" in done.out
    assert "Released: 1 done, 3 refused." in done.out
    for hint in ("hint: leave it out", f"--secret-id {PREFIX}/db", "nothing to release"):
        assert done.out.count(hint) == 1
    assert (
        "no secret or parameter dbb. Did you mean db?"
        in command(owned, "release", "production", "dbb", "--auto-approve", code=64).err
    )
    assert "names, or --all" in command(owned, "release", "production", code=64).err
    assert "--auto-approve" in command(owned, "release", "production", "--all", code=64).err


def test_a_write_in_the_same_moment_is_a_conflict(owned: World) -> None:
    owned.between("PutParameter", lambda: owned.put_parameter("p", "w", Type="SecureString"))
    done = command(owned, "release", "production", "p", "--auto-approve", code=4)
    assert "conflict: somebody else wrote version 3" in done.out


def test_what_stopped_half_way_is_finished(owned: World) -> None:
    def refuse(operation: str, _: object) -> tuple[int, str, str] | None:
        if operation in ("UntagResource", "RemoveTagsFromResource"):
            return 400, "InvalidRequestException", "no"
        return None

    owned.aws.hooks.append(refuse)  # type: ignore[arg-type]
    done = command(owned, "release", "production", "--all", "--auto-approve", code=4)
    assert "Released: 0 done, 2 failed." in done.out
    owned.aws.hooks.clear()
    command(owned, "release", "production", "--all", "--auto-approve")
    assert owned.secret_tags("db") == owned.parameter_tags("p") == {"team": "a"}
    assert owned.parameter("p")["Version"] == 3


def test_outcomes_as_json(owned: World) -> None:
    done = command(owned, "release", "production", "--all", "--auto-approve", "-o", "json")
    shown = json.loads(done.out)
    assert [entry["status"] for entry in shown["outcomes"]] == ["done", "done"]
    assert shown["outcomes"][0]["key"] == {"kind": "parameter", "name": f"{PREFIX}/p"}


def test_it_asks_on_a_terminal(owned: World) -> None:
    code, shown = in_terminal(owned, "release", "production", "db", answer="no")
    assert code == 1
    assert "release secret db" in shown
    assert owned.changes() == {}


def test_nothing_of_it_leaks(world: World, tmp_path: Path) -> None:
    canaries = Canaries()
    world.declare({"db": {"value": canaries.plant()}}, {"p": {"value": canaries.plant()}})
    world.converge()
    commands = (
        ("release", "production", "p", "--auto-approve", "-vv"),
        ("release", "production", "--all", "--auto-approve", "-o", "json"),
    )
    assert search(world, canaries, tmp_path, commands) == []
    assert world.secret_tags("db") == world.parameter_tags("p") == {}
