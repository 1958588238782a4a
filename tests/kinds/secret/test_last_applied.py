"""The tag that says which version git put at AWSCURRENT, in honest hands: also after a run that
stopped, and on an account that version 0.1 wrote."""

from __future__ import annotations

from collections import Counter

import pytest

from reconciler.core.drift import DriftClass
from reconciler.core.model import Origin
from reconciler.core.reasons import Reason, Why
from tests.attacks import forge
from tests.command import command
from tests.world import PREFIX, SCHEDULE, World

NEW, OLD = "6a" * 32, "5f" * 32
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        }
    ],
}


def is_pending(world: World, name: str = "db") -> bool:
    """Whether git is ahead, and nobody else's write is in it."""
    change = world.changes()[f"secret:{name}"]
    assert change.why is None
    return [entry.kind_of for entry in world.drift().values()] == [DriftClass.PENDING]


@pytest.fixture
def written(world: World) -> World:
    """An account with the first value of a secret, then the second."""
    for value in ("one", "two"):
        world.declare({"db": {"value": value}})
        world.converge()
    return world


def test_an_edit_in_git_is_pending(written: World) -> None:
    written.declare({"db": {"value": "three"}})
    assert is_pending(written)
    written.declare({"db": {"value": "one"}})
    assert is_pending(written)
    written.converge()
    written.declare({"db": {"value": "two"}})
    assert is_pending(written)


def stop_at(world: World, operation: str) -> None:
    """Apply, and be refused at this call."""
    refused = 400, "AccessDeniedException", "no"
    world.aws.hooks.append(lambda called, _: refused if called == operation else None)
    assert world.apply()["secret:db"].status == "failed"
    world.aws.hooks.pop()


@pytest.mark.parametrize("operation", ["TagResource", "UpdateSecretVersionStage"])
def test_an_edit_after_a_run_that_stopped_is_pending(written: World, operation: str) -> None:
    """The value is staged, and the tag is set or not; AWSCURRENT has not moved."""
    written.declare({"db": {"value": "three"}})
    stop_at(written, operation)
    assert written.secret_value("db") == "two"
    for value in ("three", "four"):
        written.declare({"db": {"value": value}})
        assert is_pending(written)
    written.declare({"db": {"value": "two"}})
    assert written.changes() == {}
    assert written.drift() == {}


def test_an_edit_after_the_move_and_before_the_rest_is_pending(written: World) -> None:
    written.declare({"db": {"value": "three", "description": "new"}})
    stop_at(written, "UpdateSecret")
    assert written.secret_value("db") == "three"
    written.declare({"db": {"value": "four"}})
    assert is_pending(written)


def test_a_rollback_is_ours(written: World) -> None:
    command(written, "rollback", "production", "db", "--auto-approve")
    assert written.secret_value("db") == "one"
    assert is_pending(written)
    command(written, "rollback", "production", "db", "--auto-approve")
    assert written.changes() == {}
    written.declare({"db": {"value": "three"}})
    assert is_pending(written)


def test_an_edit_of_what_was_adopted_is_pending(world: World) -> None:
    """Its version is not ours, and git held the same value when it took it over."""
    world.client("secretsmanager").create_secret(Name=f"{PREFIX}/db", SecretString="one")
    world.declare({"db": {"value": "one"}})
    command(world, "adopt", "production", "--auto-approve")
    assert world.changes() == {}
    world.declare({"db": {"value": "two"}})
    assert is_pending(world)


def test_what_was_adopted_after_a_rotation_stays_rotations(world: World) -> None:
    client = world.client("secretsmanager")
    client.create_secret(Name=f"{PREFIX}/db", SecretString="one")
    world.deploy()
    client.rotate_secret(
        SecretId=f"{PREFIX}/db",
        RotationLambdaARN=SCHEDULE["lambda"],
        RotationRules={"AutomaticallyAfterDays": 30},
    )
    assert world.aws.wait_for_rotations()
    client.cancel_rotate_secret(SecretId=f"{PREFIX}/db")
    world.declare({"db": {"value": "rotated"}})
    command(world, "adopt", "production", "--auto-approve")
    world.declare({"db": {"value": "two"}})
    assert world.changes()["secret:db"].code == "rotated-before"


def test_a_new_fingerprint_key_takes_it_over(written: World) -> None:
    written.settings(fingerprint_keys=[NEW, OLD])
    written.converge()
    written.settings(fingerprint_keys=[NEW])
    assert written.changes() == {}
    written.declare({"db": {"value": "three"}})
    assert is_pending(written)


def test_a_new_generated_value_leaves_what_git_changes_meanwhile(world: World) -> None:
    """It marked the policy as applied, and no plan showed it any more."""
    world.declare({"db": {"generate": {}}})
    world.converge()
    world.declare({"db": {"generate": {}, "resource_policy": POLICY, "recovery_window": "7 days"}})
    command(world, "rotate", "production", "db", "--auto-approve")
    (change,) = world.plan().plan.changes
    assert [field.name for field in change.fields] == ["recovery_window", "resource_policy"]
    world.converge()
    assert [entry.kind_of for entry in world.drift().values()] == []


def test_it_costs_one_call_of_a_secret_that_is_written(written: World) -> None:
    written.declare({"db": {"value": "two", "description": "new"}})
    written.apply()
    assert written.calls == Counter(
        {
            "GetCallerIdentity": 1,
            "ListSecrets": 1,
            "DescribeParameters": 1,
            "DescribeSecret": 2,  # AWS does not compare-and-swap a description
            "UpdateSecret": 1,
            "TagResource": 1,
        }
    )
    written.declare({"db": {"value": "three"}})
    written.apply()
    assert written.calls["TagResource"] == 1


def test_it_fits_into_a_tag(written: World) -> None:
    fields = {
        "resource_policy": POLICY,
        "replicas": [{"region": "eu-west-1"}],
        "description": "d" * 2000,
        "kms_key": "alias/aws/secretsmanager",
        "tags": {"a": "b"},
        "recovery_window": "7 days",
    }
    rotation = {**SCHEDULE, "window": "3h"}
    written.deploy()
    for more in ({}, {"rotation": rotation, "git_keys": ["u"]}):
        value = {"u": "one"} if more else "three"
        written.declare({"db": {"value": value, **fields, **more}})
        written.converge()
    assert len(forge.mark(written, "db")) == 248  # of 256


# --- an account of 0.1 ----------------------------------------------------------------------------


def test_of_0_1_the_first_plan_and_drift_are_empty(world: World) -> None:
    world.deploy()
    secrets = {
        "db": {"value": "one", "resource_policy": POLICY},
        "made": {"generate": {}},
        "seed": {"value": "one", "rotation": SCHEDULE},
        "rotated": {"value": "one", "rotation": SCHEDULE},
    }
    world.declare(secrets)
    world.converge()
    for name in secrets:
        forge.as_0_1(world, name)
    assert not any(part in forge.mark(world, "db") for part in forge.LAST_APPLIED)
    world.rotate("rotated")
    assert world.changes() == {}
    assert list(world.drift()) == ["secret:rotated rotated"]


def test_of_0_1_an_edit_is_an_update_and_the_next_is_marked(written: World) -> None:
    forge.as_0_1(written, "db")
    written.declare({"db": {"value": "three"}})
    change = written.changes()["secret:db"]
    assert (change.action, change.code) == ("update", None)
    assert change.why == Why(Reason.UNMARKED)
    (pending,) = written.drift().values()
    assert pending.kind_of is DriftClass.PENDING
    assert not pending.kind_of.acts
    written.converge()
    written.declare({"db": {"value": "four"}})
    assert is_pending(written)


def test_of_0_1_a_field_that_is_written_marks_the_declared_value(written: World) -> None:
    forge.as_0_1(written, "db")
    written.declare({"db": {"value": "two", "description": "new"}})
    written.converge()
    written.declare({"db": {"value": "three", "description": "new"}})
    assert is_pending(written)


def test_of_0_1_a_seed_is_refused_as_ever(world: World) -> None:
    world.deploy()
    world.declare({"db": {"value": "one", "rotation": SCHEDULE}})
    world.converge()
    forge.as_0_1(world, "db")
    world.declare({"db": {"value": "two", "rotation": SCHEDULE}})
    assert world.changes()["secret:db"].code == "seed-changed"
    assert world.plan().live[next(iter(world.plan().live))].value.origin is Origin.UNKNOWN
    world.declare({"db": {"value": "two", "rotation": "none"}})
    assert world.apply()["secret:db"].status == "refused"
    assert world.changes()["secret:db"].code == "rotated-before"
    world.declare({"db": {"value": "two", "rotation": "none", "take": "git"}})
    world.converge()


def test_of_0_1_what_git_took_over_is_asked_for_once_more(world: World) -> None:
    """No mark says that git and not rotation wrote it: one line, and `take: git` once more."""
    world.deploy()
    world.declare({"db": {"value": "one", "rotation": SCHEDULE}})
    world.converge()
    world.rotate("db")
    taken = {"value": "one", "rotation": "none", "take": "git"}
    world.declare({"db": taken})
    world.apply()
    world.converge()
    forge.as_0_1(world, "db")
    assert world.changes() == {}
    world.declare({"db": {"value": "two", "rotation": "none"}})
    assert world.changes()["secret:db"].code == "rotated-before"
    world.declare({"db": taken | {"value": "two"}})
    world.converge()
    world.declare({"db": {"value": "three", "rotation": "none"}})
    assert is_pending(world)
