"""A plan that was applied does not write its value again after somebody has rolled it back.

AWSCURRENT is then on the very version that the plan was made against (promise P4).
"""

from __future__ import annotations

import json

import pytest

from tests.manifest.lock.test_commands import NO_KEY, locked
from tests.world import World


@pytest.fixture
def good(world: World) -> World:
    world.declare({"db": {"value": "good"}})
    world.converge()
    return world


def plan(world: World, *more: str, **options: dict[str, str]) -> str:
    """Save the plan; its digest."""
    done = world.cli("plan", "production", "--out", "p.json", "-o", "json", *more, **options)
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["digest"])


def apply(world: World, *way: str, code: int = 0) -> str:
    done = world.cli("apply", "production", *way)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stderr


def back(world: World) -> None:
    done = world.cli("rollback", "production", "db", "--auto-approve")
    assert done.returncode == 0, done.stderr
    assert world.secret_value("db") == "good"


def test_the_plan_that_brought_the_bad_value_is_stale(good: World) -> None:
    good.declare({"db": {"value": "bad"}})
    digest = plan(good)
    apply(good, "--plan", "p.json")
    back(good)
    said = apply(good, "--plan", "p.json", code=3)
    assert "it changed in AWS after the plan, and the value would return to an earlier one" in said
    apply(good, "--digest", digest, code=3)
    assert good.secret_value("db") == "good"


def test_and_so_is_one_that_returned_to_it(good: World) -> None:
    """Both values have been live before, so that nothing but time tells the two states apart: every
    label and our marks are then as the plan saw them."""
    good.declare({"db": {"value": "bad"}})
    good.converge()
    back(good)
    digest = plan(good)
    seen = good.labels("db"), good.secret_tags("db")
    apply(good, "--plan", "p.json")
    assert good.secret_value("db") == "bad"
    back(good)
    assert (good.labels("db"), good.secret_tags("db")) == seen
    apply(good, "--plan", "p.json", code=3)
    apply(good, "--digest", digest, code=3)
    assert good.secret_value("db") == "good"


def test_and_one_that_was_made_without_the_key(good: World) -> None:
    locked(good)
    good.declare({"db": {"value": "bad"}})  # the lock does not know it
    plan(good, "--keyless", environment=NO_KEY)
    apply(good, "--plan", "p.json", "--allow-unknown-values")
    back(good)
    apply(good, "--plan", "p.json", "--allow-unknown-values", code=3)
    assert good.secret_value("db") == "good"


@pytest.mark.parametrize("key", [(), ("--keyless",)])
def test_a_return_that_somebody_has_reviewed_is_written(good: World, key: tuple[str, ...]) -> None:
    good.declare({"db": {"value": "bad"}})
    good.converge()
    back(good)
    locked(good)
    good.declare({"db": {"value": "bad"}})  # encrypted anew: without the key it is unknown
    plan(good, *key)
    apply(good, "--plan", "p.json", "--allow-unknown-values")
    assert good.secret_value("db") == "bad"


def test_a_change_beside_it_makes_only_a_return_stale(good: World) -> None:
    good.declare({"db": {"value": "new"}})
    plan(good)
    good.client("secretsmanager").update_secret(SecretId=good.secret("db")["ARN"], Description="x")
    apply(good, "--plan", "p.json")
    assert good.secret_value("db") == "new"
