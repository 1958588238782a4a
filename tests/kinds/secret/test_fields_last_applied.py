"""What the mark remembers of fields: who changed one is told from the tag, after any run."""

from __future__ import annotations

from collections import Counter

import pytest

from reconciler import kinds
from reconciler.core.model import Key, Live
from reconciler.core.reasons import Reason, Why
from tests.attacks import forge
from tests.kinds.secret.test_last_applied import stop_at
from tests.world import PREFIX, SCHEDULE, World

FIELDS = {"description": "one", "tags": {"a": "b"}, "recovery_window": "7 days"}


def live(world: World, kind: str = "secret") -> Live:
    return world.plan().live[Key(kind, f"{PREFIX}/db")]


@pytest.fixture
def written(world: World) -> World:
    world.declare({"db": {"value": "one", **FIELDS}})
    world.converge()
    return world


def test_each_field_that_a_list_returns_has_a_letter_of_its_own() -> None:
    rows = [row for kind in ("secret", "rotation") for row in kinds.of(kind).FIELDS]
    letters = [row.letter for row in rows if row.deep is None and row.name != "fingerprint_key"]
    assert None not in letters
    assert len({*letters, "g"}) == len(letters) + 1


def test_what_is_written_is_remembered(written: World) -> None:
    assert live(written).as_written == dict.fromkeys(FIELDS, True)
    assert live(written).unremembered == ()


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("description", {"description": "two"}),
        ("tags", {"tags": {"a": "c"}}),
        ("tags", {"tags": {}}),
        ("recovery_window", {"recovery_window": "9 days"}),
    ],
)
def test_an_edit_in_git_leaves_it_as_written(written: World, field: str, more: dict) -> None:
    written.declare({"db": {"value": "one", **FIELDS, **more}})
    assert live(written).as_written[field] is True
    written.converge()
    assert live(written).as_written[field] is True


def test_what_somebody_else_changed_is_not_as_written(written: World) -> None:
    client, name = written.client("secretsmanager"), f"{PREFIX}/db"
    client.update_secret(SecretId=name, Description="theirs")
    client.tag_resource(
        SecretId=name,
        Tags=[{"Key": "a", "Value": "theirs"}, {"Key": "reconciler:recovery", "Value": "30"}],
    )
    for more in ({}, {"description": "three", "tags": {"a": "d"}, "recovery_window": "8 days"}):
        written.declare({"db": {"value": "one", **FIELDS, **more}})
        assert live(written).as_written == dict.fromkeys(FIELDS, False)


def test_a_tag_of_somebody_else_is_no_change(written: World) -> None:
    written.client("secretsmanager").tag_resource(
        SecretId=f"{PREFIX}/db", Tags=[{"Key": "theirs", "Value": "x"}]
    )
    written.declare({"db": {"value": "one", **FIELDS, "tags": {"a": "b", "theirs": "y"}}})
    assert live(written).as_written["tags"] is True


@pytest.mark.parametrize("operation", ["UpdateSecret", "TagResource"])
def test_a_run_that_stopped_is_told_by_the_next_plan(written: World, operation: str) -> None:
    """Its last call is the one that remembers: without it the next run makes up for it."""
    written.declare({"db": {"value": "one", **FIELDS, "description": "two"}})
    stop_at(written, operation)
    if operation == "TagResource":
        change = written.changes()["secret:db"]
        assert (change.action, change.fields) == ("update", ())
        assert change.why == Why(Reason.MARK, names=("description",))
        assert "update db" in written.cli("plan", "production").stdout
    written.converge()
    assert live(written).as_written == dict.fromkeys(FIELDS, True)


def test_what_git_accepts_of_somebody_else_is_remembered(written: World) -> None:
    written.client("secretsmanager").update_secret(SecretId=f"{PREFIX}/db", Description="theirs")
    written.declare({"db": {"value": "one", **FIELDS, "description": "theirs"}})
    assert written.changes()["secret:db"].why == Why(Reason.MARK, names=("description",))
    written.apply()
    assert written.calls["TagResource"] == 1
    assert written.calls["UpdateSecret"] == 0
    assert written.changes() == {}
    written.declare({"db": {"value": "one", **FIELDS, "description": "two"}})
    assert live(written).as_written["description"] is True


def test_a_mark_that_somebody_changed_is_written_again(written: World) -> None:
    forge.set_mark(written, "db", forge.mark(written, "db").replace("all=", "all=x"))
    assert live(written).forged
    assert live(written).as_written == {}
    assert written.changes()["secret:db"].why == Why(Reason.MARK, names=(forge.MARK,))
    written.converge()
    assert not live(written).forged


def test_a_schedule_is_remembered_on_its_secret(world: World) -> None:
    world.deploy()
    world.declare({"db": {"value": "one", **FIELDS, "rotation": {**SCHEDULE, "window": "3h"}}})
    world.apply()
    assert world.aws.wait_for_rotations()
    assert world.changes() == {}
    every = dict.fromkeys(("enabled", "lambda", "schedule", "window"), True)
    assert live(world, "rotation").as_written == every
    world.declare({"db": {"value": "one", **FIELDS, "rotation": {**SCHEDULE, "window": "4h"}}})
    assert live(world, "rotation").as_written == every
    before = Counter(world.aws.calls)
    world.apply()
    assert (world.aws.calls - before)["TagResource"] == 1
    assert world.changes() == {}
    world.client("secretsmanager").cancel_rotate_secret(SecretId=f"{PREFIX}/db")
    assert live(world, "rotation").as_written == dict.fromkeys(every, False)
    assert live(world).as_written == dict.fromkeys(FIELDS, True)


def test_a_schedule_that_git_accepts_is_remembered_and_not_set_again(world: World) -> None:
    function = world.deploy()
    world.declare({"db": {"value": "one", "rotation": SCHEDULE}})
    world.converge()
    assert world.aws.wait_for_rotations()
    world.client("secretsmanager").rotate_secret(
        SecretId=f"{PREFIX}/db",
        RotationLambdaARN=function,
        RotationRules={"ScheduleExpression": "rate(7 days)"},
        RotateImmediately=False,
    )
    assert world.aws.wait_for_rotations()
    world.declare({"db": {"value": "one", "rotation": {**SCHEDULE, "schedule": "rate(7 days)"}}})
    assert world.changes()["rotation:db"].why == Why(Reason.MARK, names=("schedule",))
    world.apply()
    assert (world.calls["RotateSecret"], world.calls["TagResource"]) == (0, 1)
    assert world.changes() == {}


def test_a_secret_that_never_had_a_schedule_is_written_once(world: World) -> None:
    world.declare({"db": {"value": "one", "rotation": "none"}})
    world.converge()  # the plan after it is empty
    world.client("secretsmanager").rotate_secret(
        SecretId=f"{PREFIX}/db",
        RotationLambdaARN=world.deploy(),
        RotationRules={"ScheduleExpression": "rate(7 days)"},
        RotateImmediately=False,
    )
    (found,) = world.drift().values()
    assert (found.kind_of, found.key.kind) == ("outside", "rotation")
    # Whatever git says of it by now.
    world.declare({"db": {"value": "one", "rotation": SCHEDULE}})
    (found,) = world.drift().values()
    assert (found.kind_of, [field.name for field in found.fields]) == ("outside", ["schedule"])


def test_a_schedule_of_which_git_said_nothing_is_nobodys_change(world: World) -> None:
    world.declare({"db": {"value": "one"}})
    world.converge()
    world.client("secretsmanager").rotate_secret(
        SecretId=f"{PREFIX}/db",
        RotationLambdaARN=world.deploy(),
        RotationRules={"ScheduleExpression": "rate(7 days)"},
        RotateImmediately=False,
    )
    assert world.drift() == {}
    world.declare({"db": {"value": "one", "rotation": "none"}})
    (found,) = world.drift().values()
    assert (found.kind_of, found.names) == ("pending", ("enabled",))


def test_an_adopted_schedule_is_remembered_as_far_as_it_is_as_declared(world: World) -> None:
    client, rules = world.client("secretsmanager"), {"ScheduleExpression": SCHEDULE["schedule"]}
    function = world.deploy()
    for name in ("db", "jwt"):
        client.create_secret(Name=f"{PREFIX}/{name}", SecretString="one")
        client.rotate_secret(
            SecretId=f"{PREFIX}/{name}",
            RotationLambdaARN=function,
            RotationRules=rules,
            RotateImmediately=False,
        )
    assert world.aws.wait_for_rotations()
    other = {**SCHEDULE, "schedule": "rate(7 days)"}
    world.declare({"db": {"rotation": SCHEDULE}, "jwt": {"rotation": other}})
    before = Counter(world.aws.calls)
    world.cli("adopt", "production", "--auto-approve")
    assert (world.aws.calls - before)["TagResource"] == 2
    assert list(world.changes()) == ["rotation:jwt"]
    pending = {key: found.names for key, found in world.drift().items() if "pending" in key}
    assert pending == {"rotation:jwt pending": ("schedule",)}
    world.converge()
    client.cancel_rotate_secret(SecretId=f"{PREFIX}/db")
    (found,) = [one for one in world.drift().values() if one.acts]
    assert (found.kind_of, found.what) == ("outside", "switched")
