"""What somebody who may write in AWS can forge for a check without the key, not for one with it.

Marks are digests under a fingerprint key, which nothing but the key can verify: plan and drift
without it take what is well formed at its word. Where that is not enough, secrets-drift runs with
the key in a GitHub Environment of its own (`SECRETS_DRIFT_WITH_KEY`).
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from reconciler.kinds import tags
from tests.manifest.lock.test_commands import FILE, NO_KEY, locked, one
from tests.workflows.test_install import ACTION
from tests.world import PREFIX, World

WORKFLOW = ACTION.parents[1] / "workflows" / "secrets-drift.yml"


@pytest.fixture
def forged(world: World) -> World:
    """Two values written outside, each with a mark of the right form."""
    one(world)
    world.converge()
    locked(world)
    stamped = world.parameter("pool")
    raised = re.sub(r"\[r1:1:", "[r1:2:", stamped["Description"])
    assert raised != stamped["Description"]
    world.put_parameter("pool", "666", Type="SecureString", Description=raised)
    world.put_secret("db", "theirs")
    (known,) = re.findall(r"secret \S+\nct:\S+ ([0-9a-f]{6}):([0-9a-f]{64})",
                          world.tree.path(FILE).read_text())  # fmt: skip
    kid, fingerprint = known
    bound = f"{world.labels('db')['AWSCURRENT']}:{fingerprint[:32]}:{kid}{'0' * 32}"
    world.client("secretsmanager").tag_resource(
        SecretId=f"{PREFIX}/db", Tags=[{"Key": tags.BOUND, "Value": bound}]
    )
    return world


def drift(world: World, *more: str, **options: Any) -> tuple[int, set[str]]:
    """The exit code, and what was changed outside."""
    done = world.cli("drift", "production", "-o", "json", *more, **options)
    found = json.loads(done.stdout)["drift"]
    return done.returncode, {entry["key"]["name"] for entry in found if entry["class"] == "outside"}


def test_without_the_key_marks_are_taken_at_their_word(forged: World) -> None:
    assert drift(forged, "--keyless", environment=NO_KEY) == (0, set())


def test_with_the_key_both_are_seen(forged: World) -> None:
    assert drift(forged) == (2, {f"{PREFIX}/db", f"{PREFIX}/pool"})


def test_nothing_is_written_over_unseen(forged: World) -> None:
    """Apply plans with the key: what a keyless plan did not show is not reviewed, and stays."""
    forged.cli("plan", "production", "--keyless", "--out", "p.json", environment=NO_KEY)
    done = forged.cli("apply", "production", "--plan", "p.json")
    assert done.returncode == 0
    assert done.stderr.count("not reviewed and not written") == 2
    assert forged.secret_value("db") == "theirs"


def test_the_nightly_check_can_have_the_key_behind_an_environment_of_its_own() -> None:
    """And has none unless somebody says so: a scheduled job does not decrypt by default."""
    jobs = YAML(typ="safe").load(WORKFLOW.read_text())["jobs"]
    assert jobs["verified"]["environment"]["name"] == "secrets-drift"
    assert "vars.SECRETS_DRIFT_WITH_KEY == 'true'" in jobs["verified"]["if"]
    assert "vars.SECRETS_DRIFT_WITH_KEY != 'true'" in jobs["drift"]["if"]
    for job in ("environments", "drift"):
        assert "secrets." not in str(jobs[job])
        assert "environment" not in jobs[job]
