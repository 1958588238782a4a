"""What is applied is what was reviewed, against the embedded AWS."""

from __future__ import annotations

import pytest

from reconciler.core.errors import StalePlanError
from tests.world import PREFIX, SCHEDULE, World


def test_a_moved_value_makes_the_whole_plan_stale(world: World) -> None:
    world.declare({"db": {"value": "one"}, "other": {"value": "one"}})
    world.converge()
    world.declare({"db": {"value": "two"}, "other": {"value": "two"}})
    reviewed = world.plan()
    world.put_secret("db", "theirs")
    version = world.labels("db")["AWSCURRENT"]
    with pytest.raises(StalePlanError) as stale:
        world.apply(reviewed)
    assert "AWSCURRENT moved from r1" in stale.value.message
    assert version in stale.value.message
    assert "not written by the reconciler" in stale.value.message
    assert world.secret_value("other") == "one"


def test_a_changed_value_in_git_makes_it_stale(world: World) -> None:
    world.declare({"db": {"value": "one"}})
    world.converge()
    world.declare({"db": {"value": "two"}})
    reviewed = world.plan()
    world.declare({"db": {"value": "three"}})
    with pytest.raises(StalePlanError):
        world.apply(reviewed)
    assert world.secret_value("db") == "one"


def test_what_is_unrelated_makes_nothing_stale(world: World) -> None:
    world.deploy()
    world.declare({"db": {"value": "one"}, "rot": {"value": "s", "rotation": SCHEDULE}})
    world.converge()
    assert world.aws.wait_for_rotations()
    more = {"other": {"value": "new"}, "rot": {"value": "s", "rotation": SCHEDULE}}
    world.declare({"db": {"value": "two"}, "rot": {**more["rot"], "description": "d"}})
    reviewed = world.plan()
    world.rotate("rot")
    world.client("secretsmanager").create_secret(Name=f"{PREFIX}/foreign", SecretString="x")
    world.declare({"db": {"value": "two"}, **more, "rot": {**more["rot"], "description": "d"}})
    outcomes = world.apply(reviewed)
    assert {name: o.status.value for name, o in outcomes.items()} == {
        "secret:db": "done",
        "secret:rot": "done",
    }
    assert world.secret_value("rot") == "rotated"
    # What nobody reviewed was not written.
    assert "secret:other" in world.changes()


def test_a_second_run_of_the_same_plan_has_nothing_to_do(world: World) -> None:
    world.declare({"db": {"value": "one"}}, {"host": {"plaintext": "a"}})
    reviewed = world.plan()
    assert len(world.apply(reviewed)) == 2
    assert world.apply(reviewed) == {}


def test_one_refusal_blocks_nothing_else(world: World) -> None:
    world.client("secretsmanager").create_secret(Name=f"{PREFIX}/theirs", SecretString="x")
    world.declare({"db": {"value": "one"}, "theirs": {"value": "y"}})
    outcomes = world.apply(world.plan())
    assert outcomes["secret:db"].status == "done"
    assert outcomes["secret:theirs"].status == "refused"
