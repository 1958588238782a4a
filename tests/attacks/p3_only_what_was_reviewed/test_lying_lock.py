"""A line of the lock that is not true, and a person, a hook or a merge that makes it true.

Somebody who may push replaces a value and leaves a line that hides it. Whoever has the key is told
that the lock is wrong: writing it anew would vouch for the replaced value.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.core import planfile
from tests.attacks.p3_only_what_was_reviewed.test_push_without_key import forge
from tests.cli.run import cli
from tests.core import build
from tests.forked import program
from tests.manifest.branch.build import ENVIRONMENT, MAIN, Branch, make_branch
from tests.manifest.lock.test_commands import FILE, NO_KEY, lie, locked, one
from tests.world import World


@pytest.fixture
def lying(world: World) -> World:
    """A value that was replaced without the key, and a lock that hides it."""
    one(world)
    locked(world)
    one(world, "theirs")
    forge(world)
    return world


def test_lock_does_not_make_a_lie_true(lying: World) -> None:
    before = lying.tree.read(FILE)
    for more in ((), ("--check",)):
        done = lying.cli("lock", "production", *more)
        assert done.returncode == 1
        assert "error[lock-lie]: the lock's fingerprint of secret /test/production/db" in (
            done.stderr
        )
        assert lying.tree.read(FILE) == before


@pytest.mark.parametrize("command", [("lock",), ("validate",), ("apply", "--auto-approve")])
def test_the_hint_leads_to_who_wrote_it_and_not_to_writing_it_anew(
    lying: World, command: tuple[str, ...]
) -> None:
    done = lying.cli(command[0], "production", *command[1:])
    lines = done.stderr.splitlines()
    hint = lines[next(i for i, line in enumerate(lines) if "error[lock-lie]" in line) + 1]
    assert (
        "find out who wrote it: git log -p -- manifests/production/main.fingerprints.lock" in hint
    )
    assert "reconciler lock" not in hint
    assert "anew" not in hint


def test_who_knows_better_says_so(lying: World) -> None:
    done = lying.cli("lock", "production", "--over-lies")
    assert done.returncode == 0, done.stderr
    assert lying.cli("lock", "--check").returncode == 0
    assert "error[" not in lying.cli("validate", "production").stderr


def test_other_changes_are_no_lie(world: World) -> None:
    """A value encrypted again, a new one, one that is gone, other fingerprint keys."""
    one(world)
    locked(world)
    one(world, "new")
    locked(world)
    world.declare({"other": {"value": "v"}})
    locked(world)
    world.settings(fingerprint_keys=["aa" * 32])
    locked(world)


def test_a_check_with_the_key_fails_without_it(lying: World) -> None:
    """`validate --with-key` is what a job runs that has to have one."""
    done = lying.cli("validate", "production", "--with-key", environment=NO_KEY)
    assert done.returncode == 1
    assert "error[no-key]" in done.stderr
    done = lying.cli("validate", "production", "--with-key", "--sops", "/nonexistent")
    assert done.returncode == 1
    assert "error[sops-missing]" in done.stderr
    done = lying.cli("validate", "production", "--with-key")
    assert done.returncode == 1
    assert "error[lock-lie]" in done.stderr
    assert lying.cli("lock", "production", "--over-lies").returncode == 0
    assert lying.cli("validate", "production", "--with-key").returncode == 0


# --- what is checked after a merge ----------------------------------------------------------------


@pytest.fixture
def merged(tmp_path: Path) -> Branch:
    """A repository, with a plan of each environment in which nothing is to be done."""
    folder = tmp_path / "repository"
    folder.mkdir()
    branch = make_branch(folder)
    usual = build.plan(build.secret(value=build.value("fp-a")))
    for name in ("production", "staging"):
        made = replace(usual, scope=replace(usual.scope, environment=name), changes=())
        (tmp_path / f"{name}.json").write_text(planfile.dumps([made]))
    (tmp_path / "busy.json").write_text(planfile.dumps([usual]))
    return branch


def work(branch: Branch, *plans: str) -> dict[str, str]:
    """What `matrix` gives the job behind the GitHub Environment, by environment."""
    given = [part for name in plans for part in ("--plan", str(branch.folder.parent / name))]
    done = cli("matrix", *given, "--base", "base", cwd=branch.folder)
    assert done.returncode == 0, done.stderr
    return {one["environment"]: one["work"] for one in json.loads(done.stdout)["include"]}


IDLE = ("production.json", "staging.json")


@pytest.mark.parametrize("change", ["value", "fingerprint keys", "mac", "lock", "moved"])
def test_what_only_the_key_can_judge_is_checked_though_nothing_is_to_be_applied(
    merged: Branch, change: str
) -> None:
    if change == "value":
        merged.set('["secrets"]["jwt"]["value"]', "another")
    elif change == "fingerprint keys":
        merged.set('["fingerprint_keys"][0]', "7b" * 32, ENVIRONMENT)
    elif change == "mac":
        text = merged.tree.read(MAIN)
        edited = re.sub(r"(mac: ENC.*data:)(.)", lambda m: m[1] + "AB"[m[2] == "A"], text)
        merged.tree.path(MAIN).write_text(edited)
    elif change == "lock":
        merged.tree.path(FILE).write_text(lie("head\n" + "0" * 64))
    else:
        merged.tree.path(MAIN).rename(merged.tree.path("production/other.sops.yaml"))
    merged.commit()
    assert work(merged, *IDLE) == {"production": "check"}
    # What is applied is checked by apply itself.
    assert work(merged, "busy.json", "staging.json") == {"production": "apply"}


def test_what_anybody_can_read_asks_nobody_for_the_key(merged: Branch) -> None:
    merged.tree.edit(MAIN, "description: Login", "description: Of the database")
    merged.tree.edit(ENVIRONMENT, "owner: test", "owner: test\nprune: true")
    merged.commit()
    assert work(merged, *IDLE) == {}


def test_a_first_push_checks_all_of_it(merged: Branch) -> None:
    given = [part for name in IDLE for part in ("--plan", str(merged.folder.parent / name))]
    done = cli("matrix", *given, "--base", "0" * 40, cwd=merged.folder)
    found = {one["environment"]: one["work"] for one in json.loads(done.stdout)["include"]}
    assert found == {"production": "check", "staging": "check"}


def test_the_action_runs_the_check_with_the_key(lying: World, tmp_path: Path) -> None:
    """run.sh as the job runs it, with the real reconciler."""
    folder = lying.tree.manifests.parent
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    action = Path(__file__).parents[3] / ".github" / "actions" / "reconcile"
    inputs = ("NAMES", "TAKE", "PLAN_FILE", "AUDIT", "CONFIGURATION", "REVIEWED", "DIGEST", "BASE",
              "PLANS", "CHANGED", "PLAN_ROLE", "APPLY_ROLE", "COMMENT", "ISSUE")  # fmt: skip
    summary = tmp_path / "summary"
    path = f"{program().parent}:{os.environ['PATH']}"

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", str(action / "run.sh")],
            cwd=folder, text=True, check=False, capture_output=True,
            env={
                **lying.environ(), **dict.fromkeys(inputs, ""), "COMMAND": "check",
                "ENVIRONMENT": "production", "MANIFESTS": "manifests", "BRANCH": "main",
                "KEYLESS": "false", "RUNNER_TEMP": str(tmp_path), "ACTION_PATH": str(action),
                "GITHUB_OUTPUT": str(tmp_path / "out"), "GITHUB_STEP_SUMMARY": str(summary),
                "GITHUB_SHA": "0" * 40, "PATH": path,
            },
        )  # fmt: skip

    done = run()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "error[lock-lie]" in done.stdout
    assert "Checked with the key: production" in summary.read_text()
    assert lying.cli("lock", "production", "--over-lies").returncode == 0
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
