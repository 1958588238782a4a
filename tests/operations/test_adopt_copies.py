"""A rename of a value that git does not have: adopt copies it, bound to one version; apply never
reads it, and the schedule follows without rotating."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.test_declaring import photograph
from tests.command import Done, command
from tests.leaks.search import Canaries, search
from tests.operations.test_adopt import script
from tests.world import FUNCTION, PREFIX, SCHEDULE, World

NEW = f"{PREFIX}/app/login"
ROTATED = {"value": {"user": "u", "password": "seed"}, "rotation": SCHEDULE, "tags": {"a": "b"}}


@pytest.fixture
def rotated(world: World) -> World:
    """A secret whose value a rotation has made."""
    world.deploy()
    world.declare({"login": ROTATED})
    world.converge()
    world.rotate("login")
    return world


def adopt(world: World, *arguments: str, code: int = 0) -> Done:
    return command(world, "adopt", "production", *arguments, code=code)


def refusals(world: World, *arguments: str) -> dict[str, str]:
    """What a plan of adoption refuses, by name, and why."""
    plan = json.loads(adopt(world, "-o", "json", *arguments).out)
    return {
        change["key"]["name"].removeprefix(f"{PREFIX}/"): change["why"]["reason"]
        for change in plan["changes"]
        if change["action"] == "refuse"
    }


def renamed(world: World, old: str = "login", new: str = "app/login") -> Done:
    command(world, "lock", "production")
    done = command(world, "move", "production", old, new)
    command(world, "validate", "production")
    command(world, "lock", "production", "--check")
    return done


def test_a_rotated_secret_under_a_new_name(rotated: World, tmp_path: Path) -> None:
    """The whole way: as the printed commands go."""
    live, before = rotated.secret_value("login"), rotated.labels("login")["AWSCURRENT"]
    assert "seed" not in live
    said = renamed(rotated).err
    assert "apply ends the rotation of login, then the adopt role copies it" in said
    text = rotated.tree.read("production/app.sops.yaml")
    assert f"moved_from: {PREFIX}/login" in text
    assert "value:" not in text
    old = rotated.tree.read("production/main.sops.yaml")
    assert "moved_to: app/login" in old
    assert "rotation: none" in old
    # The plan of apply says what is to be done, and creates nothing from a first value.
    planned = {name: change.action for name, change in rotated.changes().items()}
    assert planned == {
        "rotation:login": "update", "secret:app/login": "refuse", "rotation:app/login": "refuse",
    }  # fmt: skip
    shown = command(rotated, "plan", "production").out
    assert "refused[to-copy]: it takes over the value of /test/production/login" in shown
    assert refusals(rotated) == {"app/login": "source-rotates"}
    # Apply ends the one rotation, and can create nothing.
    done = command(rotated, "apply", "production", "--auto-approve", code=4)
    assert done.calls["GetSecretValue"] == done.calls["CreateSecret"] == 0
    # Adopt copies that one version, as it was reviewed.
    file = tmp_path / "adopt.plan.json"
    shown = adopt(rotated, "app/login", "--out", str(file)).out
    assert f'value copied from "{PREFIX}/login", version "{before}"' in shown
    done = adopt(rotated, "app/login", "--plan", str(file))
    assert done.calls["GetSecretValue"] == 1
    assert done.calls["BatchGetSecretValue"] == 0
    assert rotated.secret_value("app/login") == live
    assert rotated.secret_tags("app/login")["reconciler:owner"] == "test/production"
    assert rotated.secret_tags("app/login")["a"] == "b"
    # To repeat it does nothing.
    done = adopt(rotated, "app/login", "--plan", str(file))
    assert done.calls["CreateSecret"] == done.calls["GetSecretValue"] == 0
    assert "Nothing to adopt" in adopt(rotated, "--auto-approve").out
    # The schedule follows, and rotates nothing.
    done = command(rotated, "apply", "production", "--auto-approve")
    assert done.calls["RotateSecret"] == 1
    assert rotated.aws.wait_for_rotations()
    assert rotated.secret("app/login")["RotationEnabled"]
    assert rotated.secret_value("app/login") == rotated.secret_value("login") == live
    assert rotated.changes() == {}
    assert {name.split()[1] for name in rotated.drift()} <= {"rotated"}
    # From now on rotation owns the new one: nothing in git reverts it.
    copied, old = rotated.labels("app/login"), rotated.labels("login")
    rotated.rotate("app/login")
    assert rotated.labels("app/login")["AWSPREVIOUS"] == copied["AWSCURRENT"]
    assert rotated.labels("login") == old
    assert rotated.changes() == {}
    # The second pull request.
    command(rotated, "remove", "production", "login")
    assert "moved_from" not in rotated.tree.read("production/app.sops.yaml")
    assert rotated.changes() == {}
    command(rotated, "validate", "production")


def test_no_first_value_is_ever_written_over_a_copied_one(rotated: World) -> None:
    """Between the copy and its schedule nothing in AWS says that a rotation made it."""
    renamed(rotated)
    command(rotated, "apply", "production", "--auto-approve", code=4)
    adopt(rotated, "--auto-approve")
    (change,) = (c for n, c in rotated.changes().items() if n == "rotation:app/login")
    assert change.settings == {"rotate_immediately": False}
    rotated.tree.path("production/app.sops.yaml").unlink()
    old = {"login": {"external": True, "rotation": "none"}}
    rotated.declare({**old, "app/login": {"value": "v"}})
    (change,) = (c for n, c in rotated.changes().items() if n == "secret:app/login")
    assert change.why is not None
    assert change.why.reason == "written-outside"
    assert any(lost.loss.destroys for lost in change.losses)
    rotated.declare({**old, "app/login": {**ROTATED, "moved_from": f"{PREFIX}/login"}})
    done = command(rotated, "plan", "production", code=1)
    assert "error[moved-from]: `value` does not go with `moved_from`" in done.err


def test_what_moved_since_the_review_is_not_copied(rotated: World, tmp_path: Path) -> None:
    renamed(rotated)
    command(rotated, "apply", "production", "--auto-approve", code=4)
    file = tmp_path / "adopt.plan.json"
    adopt(rotated, "--out", str(file))
    digest = json.loads(file.read_text())["digest"]
    rotated.put_secret("login", "theirs")
    assert "stale" in adopt(rotated, "--plan", str(file), code=3).err
    assert "not the one that was reviewed" in adopt(rotated, "--digest", digest, code=3).err
    with pytest.raises(Exception, match="ResourceNotFound"):
        rotated.secret("app/login")


def rotates_again(world: World) -> None:
    world.client("secretsmanager").rotate_secret(
        SecretId=f"{PREFIX}/login", RotateImmediately=False, RotationLambdaARN=FUNCTION,
        RotationRules={"AutomaticallyAfterDays": 30},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "act"),
    [
        ("DescribeSecret", lambda world: world.put_secret("login", "theirs")),
        ("DescribeSecret", rotates_again),
        ("GetSecretValue", lambda world: world.put_secret("login", "theirs")),
    ],
)
def test_what_moves_in_the_middle_is_not_copied(
    rotated: World, moment: str, act: Callable[[World], None]
) -> None:
    """Before the last look, and between it and the read: AWS gives the version that was reviewed,
    or none."""
    renamed(rotated)
    command(rotated, "apply", "production", "--auto-approve", code=4)
    planning = adopt(rotated, "-o", "json").calls[moment]
    seen: list[str] = []

    def hook(called: str, _: object) -> None:
        if called == moment:
            seen.append(called)
            if len(seen) == planning + 1:
                act(rotated)

    rotated.aws.hooks.append(hook)
    done = adopt(rotated, "--auto-approve", code=4)
    rotated.aws.hooks.remove(hook)
    assert len(seen) > planning
    assert done.calls["GetSecretValue"] == (moment == "GetSecretValue")
    assert done.calls["CreateSecret"] == 0


def test_a_rotation_that_has_not_ended_is_waited_for(rotated: World) -> None:
    renamed(rotated)
    command(rotated, "apply", "production", "--auto-approve", code=4)
    client = rotated.client("secretsmanager")
    client.put_secret_value(
        SecretId=f"{PREFIX}/login", SecretString="next", VersionStages=["AWSPENDING"]
    )
    assert refusals(rotated) == {"app/login": "source-pending"}
    done = adopt(rotated, "--auto-approve", code=4)
    assert done.calls["GetSecretValue"] == 0


@pytest.mark.parametrize(
    ("made", "reason"),
    [("gone", "source-gone"), ("deleted", "source-gone"), ("foreign", "source-not-ours")],
)
def test_only_what_is_there_and_ours_is_copied(world: World, made: str, reason: str) -> None:
    client = world.client("secretsmanager")
    if made != "gone":
        client.create_secret(Name=f"{PREFIX}/old", SecretString="theirs")
    if made == "deleted":
        client.delete_secret(SecretId=f"{PREFIX}/old")
    world.declare({"new": {"external": True, "moved_from": f"{PREFIX}/old"}})
    assert refusals(world) == {"new": reason}
    assert adopt(world, "--auto-approve", code=4).calls["GetSecretValue"] == 0


def test_generated_and_external_values(world: World) -> None:
    """Nothing rotates them: the adoption needs no apply before it."""
    client = world.client("secretsmanager")
    client.create_secret(Name="legacy", SecretBinary=b"\x00\x01")
    world.declare({"made": {"generate": {}}, "theirs": {"external": True, "name": "legacy"}})
    adopt(world, "--auto-approve")
    world.converge()
    for old, new in (("made", "api/key"), ("theirs", "api/theirs")):
        assert f"reconciler adopt production {new}" in renamed(world, old, new).err
    assert "moved_from: legacy" in world.tree.read("production/api.sops.yaml")
    adopt(world, "--auto-approve")
    assert world.secret_value("api/key") == world.secret_value("made")
    found = client.get_secret_value(SecretId=f"{PREFIX}/api/theirs")
    assert found["SecretBinary"] == b"\x00\x01"
    world.converge()
    assert world.drift() == {}
    # What was generated is one that `rotate` makes anew.
    command(world, "rotate", "production", "api/key", "--auto-approve")
    assert world.secret_value("api/key") != world.secret_value("made")
    command(world, "remove", "production", "made", "theirs")
    assert world.changes() == {}


def test_no_value_is_removed_that_is_not_copied_yet(world: World) -> None:
    world.declare({"made": {"generate": {}}})
    world.converge()
    renamed(world, "made", "api/key")
    before = photograph(world)
    done = command(world, "remove", "production", "made", code=64)
    assert "api/key takes over its value, and AWS does not have api/key yet" in done.err
    assert "reconciler adopt production api/key" in done.err
    assert photograph(world) == before


def test_what_git_owns_some_keys_of_is_not_renamed(world: World) -> None:
    world.declare({"db": {**ROTATED, "git_keys": ["user"]}})
    before = photograph(world)
    done = command(world, "move", "production", "db", "app/db", code=64)
    assert "git owns some keys of it, and rotation the rest" in done.err
    assert photograph(world) == before


def test_no_value_leaves_on_the_way(world: World, tmp_path: Path) -> None:
    canaries = Canaries()
    value = canaries.plant()
    script(world, {"theirs": value})
    world.declare({"theirs": {"external": True}})
    adopt(world, "--auto-approve")
    renamed(world, "theirs", "api/theirs")
    file = str(tmp_path / "plan.json")
    commands = [
        ("plan", "production"),
        ("adopt", "production", "--out", file),
        ("adopt", "production", "--plan", file, "-vv", "--audit", str(tmp_path / "audit")),
        ("apply", "production", "--auto-approve"),
    ]
    assert search(world, canaries, tmp_path, commands) == []
    assert world.secret_value("api/theirs") == value
