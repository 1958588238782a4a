"""An account and a repository of version 0.1 go on working; what is refused now is one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.attacks import forge
from tests.manifest.lock.test_commands import NO_KEY, locked
from tests.world import World


@pytest.fixture
def old(world: World) -> World:
    """An account that 0.1 wrote: its secrets have marks of fields, and none of versions."""
    world.declare({"db": {"value": "one"}}, {"pool": {"value": "5"}})
    world.converge()
    forge.as_0_1(world, "db")
    return world


def digest(world: World, *more: str) -> str:
    done = world.cli("plan", "production", "-o", "json", *more)
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["digest"])


@pytest.mark.parametrize("with_lock", [True, False])
def test_a_digest_is_applied_as_ever(old: World, with_lock: bool) -> None:
    """0.1 had locks too; an environment without one is always planned with the key."""
    old.declare({"db": {"value": "two"}}, {"pool": {"value": "5"}})
    if with_lock:
        locked(old)
    done = old.cli("apply", "production", "--digest", digest(old))
    assert done.returncode == 0, done.stderr
    assert old.secret_value("db") == "two"


def test_a_lock_that_nobody_wrote_again_is_one_line(old: World) -> None:
    locked(old)
    old.declare({"db": {"value": "two"}}, {"pool": {"value": "5"}})
    done = old.cli("apply", "production", "--digest", digest(old))
    assert done.returncode == 4
    (said,) = [line for line in done.stderr.split("\n") if "error[" in line]
    assert said.startswith("error[unknown-values]: the lock does not know the value of")


def test_a_plan_file_of_0_1_is_one_line(old: World) -> None:
    made = old.cli("plan", "production", "-o", "json").stdout
    Path("p.json").write_text(made.replace('"format_version": "2.', '"format_version": "1.'))
    done = old.cli("apply", "production", "--plan", "p.json")
    assert done.returncode == 1
    assert done.stderr.count("error[") == 1
    assert "an earlier version made this plan (format 1.0): plan again" in done.stderr


def test_its_plans_open_and_lose_nothing_more(old: World) -> None:
    """Outside of git, and in a repository whose history says nothing of a value."""
    locked(old)
    for more in ((), ("--keyless",)):
        done = old.cli("plan", "production", *more, environment=NO_KEY if more else None)
        assert "No changes" in done.stdout or "Nothing to do" in done.stdout
        assert "Access" not in done.stdout


def test_a_rollback_of_what_it_wrote_is_not_undone(old: World) -> None:
    old.declare({"db": {"value": "two"}}, {"pool": {"value": "5"}})
    done = old.cli("plan", "production", "--out", "p.json")
    assert done.returncode == 0, done.stderr
    assert old.cli("apply", "production", "--plan", "p.json").returncode == 0
    assert old.cli("rollback", "production", "db", "--auto-approve").returncode == 0
    assert old.cli("apply", "production", "--plan", "p.json").returncode == 3
    assert old.secret_value("db") == "one"
