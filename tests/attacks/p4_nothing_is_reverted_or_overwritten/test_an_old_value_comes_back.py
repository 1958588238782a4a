"""Somebody without the key puts an old file and its old lines of the lock back: it is seen.

Both are what somebody with the key once wrote, so every line of the lock is true.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.manifest.lock.test_commands import FILE, NO_KEY, locked, one
from tests.world import World

MANIFEST = "production/main.sops.yaml"
IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")


def git(world: World, *arguments: str) -> str:
    folder = world.tree.manifests.parent
    done = subprocess.run(
        ["git", *IDENTITY, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(world: World, what: str) -> str:
    git(world, "add", "manifests")
    git(world, "commit", "-qm", what)
    return git(world, "rev-parse", "HEAD")


@pytest.fixture
def grown(world: World) -> tuple[World, str]:
    """Three values, each merged and the last one applied; the commit with the first."""
    git(world, "init", "-q", "-b", "main")
    commits = []
    for value in ("leaked", "second", "third"):
        one(world, value)
        locked(world)
        commits.append(commit(world, value))
    world.converge()
    return world, commits[0]


def restore(world: World, of: str, *paths: str) -> None:
    for path in paths or (MANIFEST, FILE):
        git(world, "checkout", of, "--", f"manifests/{path}")


def section(shown: str, title: str = "Destructive") -> str:
    """What stands under a title of a plan."""
    return shown.partition(title)[2].partition("\n\n")[0]


@pytest.mark.parametrize("key", [(), ("--keyless",)])
def test_a_plan_says_of_which_commit_the_value_is(
    grown: tuple[World, str], key: tuple[str, ...]
) -> None:
    world, first = grown
    restore(world, first)
    environment = NO_KEY if key else None
    done = world.cli("plan", "production", *key, environment=environment)
    said = f"lost: the present value: it returns to the value of commit {first[:12]}"
    assert said in section(done.stdout), done.stdout + done.stderr
    # And after the merge, when the lock in git says so too.
    commit(world, "a small fix")
    done = world.cli("plan", "production", *key, environment=environment)
    assert said in section(done.stdout), done.stdout
    shown = json.loads(world.cli("plan", "production", *key, "-o", "json").stdout)
    assert {"loss": "earlier-value", "name": first[:12], "days": None} in [
        lost for change in shown["changes"] for lost in change["losses"]
    ]


def test_diff_says_it_and_so_does_the_comment(grown: tuple[World, str]) -> None:
    world, old = grown
    git(world, "checkout", "-qb", "fix")
    restore(world, old)
    said = f"secret /test/production/db: returns to the value of commit {old[:12]}"
    assert said in world.cli("diff", "--base", "main").stdout
    commit(world, "a small fix")
    for head in ((), ("--head", "fix")):
        done = world.cli("diff", "--base", "main", "-o", "markdown", *head)
        first = done.stdout.partition("### Look at these first")[2].partition("###")[0]
        assert said in first, done.stdout
    done = world.cli("plan", "production", "--keyless", "-o", "markdown", environment=NO_KEY)
    assert f"value of commit {old[:12]}" in done.stdout.partition("### Destructive")[2]


def test_without_the_lines_of_the_lock_it_is_seen_too(grown: tuple[World, str]) -> None:
    """The lock does not know the ciphertext any more, and its history does."""
    world, first = grown
    restore(world, first, MANIFEST)
    done = world.cli("plan", "production", "--keyless", environment=NO_KEY)
    assert f"it returns to the value of commit {first[:12]}" in section(done.stdout), done.stdout
    done = world.cli("plan", "production")
    assert f"it returns to the value of commit {first[:12]}" in section(done.stdout), done.stdout


def test_the_plan_is_applied_as_it_was_reviewed(grown: tuple[World, str]) -> None:
    world, first = grown
    restore(world, first)
    done = world.cli("plan", "production", "--keyless", "--out", "p.json", environment=NO_KEY)
    digest = json.loads(Path("p.json").read_text())["digest"]
    commit(world, "a small fix")
    assert json.loads(world.cli("plan", "production", "-o", "json").stdout)["digest"] == digest
    done = world.cli("apply", "production", "--plan", "p.json")
    assert done.returncode == 0, done.stderr
    assert world.secret_value("db") == "leaked"


def test_a_new_value_and_one_in_clear_are_none(grown: tuple[World, str]) -> None:
    world, _ = grown
    one(world, "fourth")
    locked(world)
    assert "value of commit" not in world.cli("plan", "production").stdout
    assert "value of commit" not in world.cli("diff", "--base", "HEAD").stdout
    commit(world, "fourth")
    assert "value of commit" not in world.cli("plan", "production").stdout


def test_a_shallow_clone_says_that_it_cannot_tell(grown: tuple[World, str], tmp_path: Path) -> None:
    world, first = grown
    restore(world, first)
    commit(world, "a small fix")
    clone = tmp_path / "clone"
    origin = world.tree.manifests.parent.as_uri()
    git(world, "clone", "-q", "--depth", "1", origin, str(clone))
    done = world.cli("-C", str(clone / "manifests"), "plan", "production")
    assert "the clone is shallow" in done.stderr
    assert "Destructive" not in done.stdout
