"""A rotated secret that somebody deleted: git's first value is not put in its place unseen."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.command import command
from tests.operations.record.repository import Repository
from tests.world import SCHEDULE

GONE = "somebody deleted it"
MAYBE = "it may have been there before"


@pytest.fixture
def rotated(repository: Repository) -> Repository:
    """An environment that is applied and locked, where `db` and `made` rotate."""
    repository.world.deploy()
    secrets = {
        "db": {"value": "v", "rotation": SCHEDULE},
        "made": {"generate": {}, "rotation": SCHEDULE},
        "plain": {"value": "p"},
    }
    repository.world.declare(secrets)
    repository.run("lock")
    repository.git("add", "manifests")
    repository.save()
    repository.apply()
    assert repository.world.aws.wait_for_rotations()
    return repository


def plan(repository: Repository, *more: str) -> str:
    return repository.run("plan", "production", *more).out


def test_the_plan_says_it_and_asks_once_more(rotated: Repository) -> None:
    rotated.gone("db", "made", "plain")
    done = rotated.run("plan", "production")
    heading, _, rest = done.out.partition("Deleted outside")[2].partition("secret db")
    told = rest.partition("Secrets")[0]
    assert "+ create" in heading
    assert f"warning: it was there after the last apply, and {GONE}" in told
    assert "reconciler set production db`" in told
    assert "create secret made" in told
    assert told.count("warning: ") == 2
    # What no rotation writes is created as it was.
    assert "warning" not in done.out.partition("\nSecrets")[2]
    assert "plain" in done.out.partition("\nSecrets")[2]
    assert done.calls["DescribeParameters"] == 1 + 1


@pytest.mark.parametrize("more", [(), ("--keyless",)])
def test_a_reviewer_sees_it_unfolded_and_so_does_who_opens_the_file(
    rotated: Repository, tmp_path: Path, more: tuple[str, ...]
) -> None:
    rotated.gone("db")
    file = tmp_path / "plan.json"
    text = plan(rotated, *more, "-o", "markdown", "--out", str(file))
    assert GONE in text.partition("### Deleted outside")[2].partition("<details>")[0]
    (note,) = json.loads(file.read_text())["notes"]
    assert note["code"] == "deleted-outside"
    shown = rotated.run("show", str(file)).out
    assert GONE in shown
    assert "The digest does not cover: " in shown
    assert "what was deleted outside" in shown


def test_the_record_decides_nothing(rotated: Repository) -> None:
    rotated.gone("db")
    digest = plan(rotated).rpartition("Digest: ")[2].strip()
    rotated.world.client("ssm").delete_parameter(Name=rotated.name)
    assert GONE not in plan(rotated)
    assert plan(rotated).rpartition("Digest: ")[2].strip() == digest


def test_apply_says_what_comes_next(rotated: Repository) -> None:
    rotated.gone("db")
    done = rotated.apply()
    assert GONE in done.out
    assert "db: done: created with another value than rotation made last" in done.out
    assert "reconciler rotate production db" in done.out
    assert "warning" not in plan(rotated)


def test_a_new_one_is_not_taken_for_a_deleted_one(rotated: Repository) -> None:
    rotated.world.declare({"new": {"value": "v", "rotation": SCHEDULE}})
    rotated.save()
    assert "Deleted outside" not in plan(rotated)


def test_what_cannot_be_told_is_not_taken_for_new(rotated: Repository, tmp_path: Path) -> None:
    rotated.gone("db")
    rotated.git("commit", "--quiet", "--allow-empty", "--message", "more")
    shallow = tmp_path / "shallow"
    rotated.git("clone", "--quiet", "--depth", "1", f"file://{rotated.folder}", str(shallow))
    shutil.rmtree(rotated.folder / ".git")
    shutil.move(shallow / ".git", rotated.folder)
    told = command(rotated.world, "plan", "production").out
    assert MAYBE in told
    assert "Deleted outside" in told


def test_the_issue_of_drift_says_it_too(rotated: Repository) -> None:
    rotated.gone("db")
    found = rotated.drift(code=2)
    (note,) = [one for one in found["repair"]["plan"]["notes"] if one["code"] != "rotated"]
    assert note["code"] == "deleted-outside"
