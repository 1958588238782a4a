"""Rotation schedules, and that a rotated value is never reverted, with a real function."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.world import FUNCTION, PREFIX, SCHEDULE, World

SEED = {"value": "seed", "rotation": SCHEDULE}


@pytest.fixture
def rotating(world: World) -> World:
    """A world with a secret that has a schedule and has not rotated yet."""
    world.deploy()
    world.declare({"db": SEED})
    world.converge()
    assert world.aws.wait_for_rotations()
    return world


@pytest.fixture
def rotated(rotating: World) -> World:
    """The same after a rotation."""
    rotating.rotate("db")
    assert rotating.secret_value("db") == "rotated"
    return rotating


def test_setting_a_schedule_rotates_nothing(rotating: World) -> None:
    assert rotating.secret_value("db") == "seed"
    described = rotating.secret("db")
    assert described["RotationEnabled"]
    assert described["RotationLambdaARN"] == FUNCTION
    assert described["RotationRules"]["ScheduleExpression"] == "rate(30 days)"


def test_changing_a_schedule_rotates_nothing(rotating: World) -> None:
    rotating.declare(
        {"db": {"value": "seed", "rotation": {**SCHEDULE, "schedule": "cron(0 4 1 * ? *)"}}}
    )
    change = rotating.changes()["rotation:db"]
    assert [field.name for field in change.fields] == ["schedule"]
    assert change.settings == {"rotate_immediately": False}
    rotating.converge()
    assert rotating.aws.wait_for_rotations()
    assert rotating.secret_value("db") == "seed"


def test_rotate_on_enable_is_asked_for(world: World) -> None:
    world.deploy()
    world.declare({"db": {**SEED, "rotate_on_enable": True}})
    assert world.changes()["rotation:db"].settings == {"rotate_immediately": True}
    world.apply()
    assert world.aws.wait_for_rotations()
    assert world.secret_value("db") == "rotated"


def test_a_rotated_value_is_no_change_and_no_drift(rotated: World) -> None:
    assert rotated.changes() == {}
    notes = rotated.plan().plan.notes
    assert [note.code for note in notes] == ["rotated"]
    assert notes[0].on == datetime.now(UTC).date()
    assert list(rotated.drift()) == ["secret:db rotated"]
    assert not any(entry.kind_of.acts for entry in rotated.drift().values())


def test_an_edited_seed_never_reverts_a_rotation(rotated: World) -> None:
    rotated.declare({"db": {**SEED, "value": "edited"}})
    assert rotated.changes() == {}
    rotated.apply()
    assert rotated.secret_value("db") == "rotated"


def test_an_edited_seed_before_the_first_rotation_is_refused(rotating: World) -> None:
    rotating.declare({"db": {**SEED, "value": "edited"}})
    assert rotating.changes()["secret:db"].code == "seed-changed"
    assert rotating.apply()["secret:db"].status == "refused"
    assert rotating.secret_value("db") == "seed"


def test_dropping_the_rotation_never_reverts(rotated: World) -> None:
    rotated.declare({"db": {"value": "seed"}})
    assert rotated.changes()["secret:db"].code == "rotation-dropped"
    rotated.declare({"db": {"value": "seed", "take": "git"}})
    assert rotated.changes()["secret:db"].code == "rotation-on"
    rotated.apply()
    assert rotated.secret_value("db") == "rotated"


def test_git_takes_over_in_two_steps(rotated: World) -> None:
    rotated.declare({"db": {"value": "seed", "rotation": "none", "take": "git"}})
    changes = rotated.changes()
    assert changes["rotation:db"].action == "update"
    assert changes["secret:db"].code == "rotation-on"
    outcomes = rotated.apply()
    assert outcomes["rotation:db"].status == "done"
    assert outcomes["secret:db"].status == "refused"
    assert not rotated.secret("db").get("RotationEnabled")
    assert rotated.secret_value("db") == "rotated"
    rotated.converge()
    assert rotated.secret_value("db") == "seed"
    # The function left AWSPENDING on the version that served: it may not stay behind.
    assert "AWSPENDING" not in rotated.labels("db")
    rotated.declare({"db": {"value": "mine", "rotation": "none"}})
    rotated.converge()
    assert rotated.secret_value("db") == "mine"
    rotated.declare({"db": {"value": "mine", "rotation": SCHEDULE}})
    rotated.converge()
    rotated.rotate("db")
    assert rotated.secret_value("db") == "rotated"


def test_a_rotation_that_ended_long_ago_still_owns_the_value(rotated: World) -> None:
    rotated.client("secretsmanager").cancel_rotate_secret(SecretId=f"{PREFIX}/db")
    rotated.declare({"db": {"value": "seed"}})
    assert rotated.changes()["secret:db"].code == "rotated-before"
    rotated.apply()
    assert rotated.secret_value("db") == "rotated"


def test_switched_off_outside_is_switched_on_again_without_the_seed(rotated: World) -> None:
    rotated.client("secretsmanager").cancel_rotate_secret(SecretId=f"{PREFIX}/db")
    assert set(rotated.changes()) == {"rotation:db"}
    rotated.converge()
    assert rotated.secret("db")["RotationEnabled"]
    assert rotated.secret_value("db") == "rotated"


def test_an_outside_write_under_rotation_is_rotations_business(rotating: World) -> None:
    rotating.put_secret("db", "theirs")
    assert rotating.changes() == {}
    assert rotating.secret_value("db") == "theirs"


def test_no_value_is_written_while_a_rotation_runs(world: World) -> None:
    world.deploy(fails="testSecret")
    world.declare({"db": {"value": "one"}})
    world.converge()
    client = world.client("secretsmanager")
    client.rotate_secret(
        SecretId=f"{PREFIX}/db",
        RotationLambdaARN=FUNCTION,
        RotationRules={"AutomaticallyAfterDays": 30},
    )
    assert world.aws.wait_for_rotations()
    client.cancel_rotate_secret(SecretId=f"{PREFIX}/db")
    pending = world.labels("db")["AWSPENDING"]
    assert pending != world.labels("db")["AWSCURRENT"]
    world.declare({"db": {"value": "two"}})
    assert world.changes()["secret:db"].code == "rotation-pending"
    world.apply()
    assert world.labels("db")["AWSPENDING"] == pending
    assert world.secret_value("db") == "one"


def test_a_rotation_that_does_not_end_is_stuck(world: World) -> None:
    world.deploy(fails="testSecret")
    world.declare({"db": SEED})
    world.apply()
    assert world.aws.wait_for_rotations()
    world.client("secretsmanager").rotate_secret(SecretId=f"{PREFIX}/db", RotateImmediately=True)
    assert world.aws.wait_for_rotations()
    assert "secret:db stuck" not in world.drift()
    later = datetime.now(UTC) + timedelta(hours=2)
    assert "secret:db stuck" in world.drift(later)


def test_a_label_that_stays_after_a_rotation_is_none_that_does_not_end(rotating: World) -> None:
    """AWS removes AWSPENDING from what is live, and reports exist where it stays."""
    rotating.aws.keeps_pending = True
    rotating.client("secretsmanager").rotate_secret(SecretId=f"{PREFIX}/db")
    assert rotating.aws.wait_for_rotations()
    labels = rotating.secret("db")["VersionIdsToStages"].values()
    assert sorted(["AWSCURRENT", "AWSPENDING"]) in [sorted(held) for held in labels]
    assert rotating.changes() == {}
    assert "secret:db stuck" not in rotating.drift(datetime.now(UTC) + timedelta(hours=2))


def test_a_rotation_that_does_not_begin_is_overdue(rotating: World) -> None:
    later = datetime.now(UTC) + timedelta(days=40)
    assert "secret:db overdue" in rotating.drift(later)


def test_past_its_max_age_is_overdue(world: World) -> None:
    world.declare({"smtp": {"value": "v", "max_age": "90 days"}})
    world.converge()
    assert world.drift() == {}
    assert "secret:smtp overdue" in world.drift(datetime.now(UTC) + timedelta(days=91))


def test_a_missing_function_is_one_failure_and_no_pending_version(world: World) -> None:
    world.declare({"db": SEED, "other": {"value": "v"}})
    outcomes = world.apply()
    assert {name: o.status.value for name, o in outcomes.items()} == {
        "secret:db": "done",
        "secret:other": "done",
        "rotation:db": "failed",
    }
    error = outcomes["rotation:db"].error
    assert error is not None
    assert error.hint is not None
    assert "AWSPENDING" not in world.labels("db")
    world.deploy()
    world.converge()


def test_a_function_that_may_not_be_invoked_is_named(world: World) -> None:
    world.deploy(permit=False)
    world.declare({"db": SEED})
    error = world.apply()["rotation:db"].error
    assert error is not None
    assert "reconciler doctor" in (error.hint or "")  # which prints what allows it


def test_a_generated_secret_rotates(world: World) -> None:
    world.deploy()
    world.declare({"db": {"generate": {}, "rotation": SCHEDULE}})
    world.converge()
    assert world.aws.wait_for_rotations()
    world.rotate("db")
    assert world.changes() == {}
    assert world.secret_value("db") == "rotated"


def test_managed_rotation_needs_no_function(world: World) -> None:
    world.declare({"db": {"external": True, "rotation": {"schedule": "rate(30 days)"}}})
    changes = world.changes()
    assert changes["secret:db"].code == "external"
    assert changes["rotation:db"].code == "requires"


def test_a_secret_without_a_value_is_managed_and_not_created(world: World) -> None:
    world.deploy()
    world.declare({"db": {"rotation": SCHEDULE}})
    assert world.changes()["secret:db"].code == "not-creatable"
    world.declare({"db": SEED})
    world.converge()
    world.aws.wait_for_rotations()
    world.declare({"db": {"rotation": SCHEDULE}})
    assert world.changes() == {}


def test_a_schedule_waits_for_its_secret(world: World) -> None:
    world.deploy()
    world.declare({"db": SEED})
    world.aws.hooks.append(
        lambda operation, _: (
            (400, "AccessDeniedException", "no") if operation == "CreateSecret" else None
        )
    )
    outcomes = world.apply()
    assert outcomes["secret:db"].status == "failed"
    assert outcomes["rotation:db"].status == "skipped"


def refuse(world: World, operation: str) -> None:
    """Let AWS deny every call of an operation."""
    world.aws.hooks.append(
        lambda called, _: (400, "AccessDeniedException", "no") if called == operation else None
    )


def test_a_schedule_waits_until_its_secret_is_restored(rotating: World) -> None:
    rotating.client("secretsmanager").delete_secret(SecretId=f"{PREFIX}/db")
    rotating.declare({"db": {**SEED, "rotation": {**SCHEDULE, "schedule": "rate(9 days)"}}})
    refuse(rotating, "RestoreSecret")
    outcomes = rotating.apply()
    assert outcomes["secret:db"].status == "failed"
    assert outcomes["rotation:db"].status == "skipped"
    assert str(outcomes["rotation:db"].error) == "its secret was not created or restored"
    rotating.aws.hooks.clear()
    rotating.converge()


def test_a_schedule_waits_until_the_seed_is_written(world: World) -> None:
    """Set before it, it would make the old value rotation's, and git could never write the seed."""
    world.deploy()
    world.declare({"db": {"value": "old"}})
    world.converge()
    world.declare({"db": SEED})
    refuse(world, "PutSecretValue")
    outcomes = world.apply()
    assert outcomes["secret:db"].status == "failed"
    assert outcomes["rotation:db"].status == "skipped"
    assert "has to come first" in str(outcomes["rotation:db"].error)
    world.aws.hooks.clear()
    world.converge()


def test_a_schedule_does_not_wait_for_a_field(rotating: World) -> None:
    changed = {**SEED, "description": "x", "rotation": {**SCHEDULE, "schedule": "rate(9 days)"}}
    rotating.declare({"db": changed})
    refuse(rotating, "UpdateSecret")
    outcomes = rotating.apply()
    assert outcomes["secret:db"].status == "failed"
    assert outcomes["rotation:db"].status == "done"


def test_from_days_to_an_expression_sends_exactly_one(world: World) -> None:
    world.deploy()
    world.declare({"db": SEED})
    world.converge()
    assert world.aws.wait_for_rotations()
    world.client("secretsmanager").rotate_secret(
        SecretId=f"{PREFIX}/db",
        RotationRules={"AutomaticallyAfterDays": 7, "Duration": "3h"},
        RotateImmediately=False,
    )
    assert world.aws.wait_for_rotations()
    world.converge()
    rules = world.secret("db")["RotationRules"]
    assert rules["ScheduleExpression"] == "rate(30 days)"
    assert rules["Duration"] == "3h"  # not declared: kept
