"""What AWS answers to the calls that write a secret: done already, lost, or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.core.errors import AwsError
from reconciler.sandbox.server import Answer, Drop
from tests.world import PREFIX, SCHEDULE, World

NAME = f"{PREFIX}/db"


def refuse(
    world: World, operation: str, code: str, first: Callable[[], object] = str, **with_: str
) -> None:
    """Let AWS refuse one call of an operation, after something else has happened ``first``."""

    def hook(called: str, body: Any) -> tuple[int, str, str] | None:
        if called != operation or any(body[name] != said for name, said in with_.items()):
            return None
        world.aws.hooks.clear()
        first()
        return (400, code, "no")

    world.aws.hooks.append(hook)


def lose(world: World, operation: str) -> None:
    """Let the answers to an operation be lost."""

    def hook(called: str, _: object, answer: Answer) -> Answer:
        if called == operation:
            raise Drop
        return answer

    world.aws.after.append(hook)


@pytest.fixture
def pruned(world: World) -> World:
    other = {"other": {"value": "v"}}
    world.declare({"db": {"value": "one"}, **other})
    world.converge()
    world.settings(prune=True, guards={"max_prunes": 9, "max_change_ratio": 1.0})
    world.declare(other)
    return world


def gone(world: World) -> Callable[[], object]:
    client = world.client("secretsmanager")
    return lambda: client.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)


def test_a_deletion_whose_answer_was_lost_is_done(pruned: World) -> None:
    lose(pruned, "DeleteSecret")
    assert pruned.apply()["secret:db"].status == "done"
    assert "DeletedDate" in pruned.secret("db")


def test_a_deletion_that_aws_refuses_is_done_only_where_nothing_is_left(pruned: World) -> None:
    refuse(pruned, "DeleteSecret", "InvalidRequestException")
    assert pruned.apply()["secret:db"].status == "failed"
    refuse(pruned, "DeleteSecret", "InvalidRequestException", first=gone(pruned))
    assert pruned.apply()["secret:db"].status == "done"


def test_a_deletion_that_is_denied_has_failed(pruned: World) -> None:
    refuse(pruned, "DeleteSecret", "AccessDeniedException", first=gone(pruned))
    assert pruned.apply()["secret:db"].status == "failed"


@pytest.fixture
def returning(world: World) -> World:
    """Git wants the value of before, which AWS still has: only labels move."""
    for value in ("one", "two"):
        world.declare({"db": {"value": value}})
        world.converge()
    world.declare({"db": {"value": "one"}})
    return world


STAGED, CURRENT = "RECONCILER_STAGED", "AWSCURRENT"
MOVE = "UpdateSecretVersionStage"


def moved(world: World, label: str) -> Callable[[], object]:
    """The move of a label to the version of before, from where it is."""
    client, labels = world.client("secretsmanager"), world.labels("db")
    return lambda: client.update_secret_version_stage(
        SecretId=NAME,
        VersionStage=label,
        MoveToVersionId=labels["AWSPREVIOUS"],
        RemoveFromVersionId=labels[label],
    )


@pytest.mark.parametrize("label", [STAGED, CURRENT])
@pytest.mark.parametrize("done", [False, True])
def test_a_label_that_aws_refuses_to_move_is_looked_at(
    returning: World, label: str, done: bool
) -> None:
    to = returning.labels("db")["AWSPREVIOUS"]
    first = moved(returning, label) if done else str
    refuse(returning, MOVE, "InvalidParameterException", first=first, VersionStage=label)
    assert returning.apply()["secret:db"].status == ("done" if done else "failed")
    assert (returning.labels("db")[CURRENT] == to) is done


@pytest.mark.parametrize("label", [STAGED, CURRENT])
def test_a_label_that_may_not_be_moved_has_not_moved_for_us(returning: World, label: str) -> None:
    first = moved(returning, label)
    refuse(returning, MOVE, "AccessDeniedException", first=first, VersionStage=label)
    assert returning.apply()["secret:db"].status == "failed"


def test_moves_whose_answers_are_lost_are_done(returning: World) -> None:
    lose(returning, MOVE)
    assert returning.apply()["secret:db"].status == "done"
    assert returning.secret_value("db") == "one"


def test_our_label_is_put_on_where_it_is_on_no_version(returning: World) -> None:
    holder = returning.labels("db")[STAGED]
    returning.client("secretsmanager").update_secret_version_stage(
        SecretId=NAME, VersionStage=STAGED, RemoveFromVersionId=holder
    )
    returning.converge()
    assert returning.secret_value("db") == "one"


@pytest.mark.parametrize("operation", ["CreateSecret", "PutSecretValue", MOVE])
def test_a_secret_that_is_gone_is_not_written(returning: World, operation: str) -> None:
    """Deleted just before a call: each way it is a failure, and no secret comes into being."""
    client = returning.client("secretsmanager")
    if operation == "CreateSecret":
        gone(returning)()
        refuse(returning, operation, "ResourceExistsException")
    else:
        refuse(returning, operation, "InvalidRequestException", first=gone(returning))
    assert returning.apply()["secret:db"].status in ("failed", "conflict")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_secret(SecretId=NAME)


def test_a_creation_whose_answer_was_lost_is_done(world: World) -> None:
    world.declare({"db": {"value": "one"}})
    lose(world, "CreateSecret")
    assert world.apply()["secret:db"].status == "done"
    assert world.changes() == {}
    assert len(world.labels("db")) == 1


@pytest.mark.parametrize("code", ["ResourceExistsException", "AccessDeniedException"])
def test_a_creation_that_is_refused_where_nothing_is_there_has_failed(
    world: World, code: str
) -> None:
    world.declare({"db": {"value": "one"}})
    refuse(world, "CreateSecret", code)
    outcome = world.apply()["secret:db"]
    assert outcome.status == "failed"
    assert isinstance(outcome.error, AwsError)
    assert outcome.error.aws_code == code


@pytest.mark.parametrize(("own", "days"), [(6, 14), (7, 7), (30, 30), (31, 14)])
def test_the_window_of_a_deletion_is_one_that_aws_allows(
    pruned: World, own: int, days: int
) -> None:
    guards = {"max_prunes": 9, "max_change_ratio": 1.0}
    pruned.settings(prune=True, guards=guards, recovery_window="14 days")
    pruned.client("secretsmanager").tag_resource(
        SecretId=NAME, Tags=[{"Key": "reconciler:recovery", "Value": str(own)}]
    )
    assert pruned.apply()["secret:db"].status == "done"
    sent = [body for name, body in pruned.aws.log if name == "DeleteSecret"]
    assert [body["RecoveryWindowInDays"] for body in sent if body] == [days]


@pytest.fixture
def taking(world: World) -> World:
    """Git takes a value from a rotation that has ended and left AWSPENDING behind."""
    world.deploy()
    world.declare({"db": {"value": "seed", "rotation": SCHEDULE}})
    world.converge()
    world.aws.keeps_pending = True
    world.rotate("db")
    world.declare({"db": {"value": "seed", "rotation": "none"}})
    world.apply()
    world.declare({"db": {"value": "ours", "rotation": "none", "take": "git"}})
    labels = world.labels("db")
    assert labels[PENDING] == labels[CURRENT]
    return world


PENDING = "AWSPENDING"


def test_what_a_rotation_left_behind_is_taken_away_first(taking: World) -> None:
    taking.converge()
    assert taking.secret_value("db") == "ours"
    assert PENDING not in taking.labels("db")


def begun(world: World) -> Callable[[], object]:
    """A rotation that begins: its value is at AWSPENDING."""
    client, holder = world.client("secretsmanager"), world.labels("db")[PENDING]

    def begin() -> None:
        client.update_secret_version_stage(
            SecretId=NAME, VersionStage=PENDING, RemoveFromVersionId=holder
        )
        client.put_secret_value(SecretId=NAME, SecretString="next", VersionStages=[PENDING])

    return begin


def ended(world: World) -> Callable[[], object]:
    client, holder = world.client("secretsmanager"), world.labels("db")[PENDING]
    return lambda: client.update_secret_version_stage(
        SecretId=NAME, VersionStage=PENDING, RemoveFromVersionId=holder
    )


@pytest.mark.parametrize(
    ("first", "code", "status"),
    [
        (begun, "InvalidParameterException", "conflict"),
        (ended, "InvalidParameterException", "done"),
        (lambda _: str, "InvalidParameterException", "failed"),
        (ended, "AccessDeniedException", "failed"),
    ],
)
def test_a_rotation_that_begins_meanwhile_is_a_conflict(
    taking: World, first: Callable[[World], Callable[[], object]], code: str, status: str
) -> None:
    before = taking.secret_value("db")
    refuse(taking, MOVE, code, first=first(taking), VersionStage=PENDING)
    outcome = taking.apply()["secret:db"]
    assert outcome.status == status
    assert taking.secret_value("db") == ("ours" if status == "done" else before)
    if status == "conflict":
        assert outcome.error is not None
        assert outcome.error.message == f"{NAME}: a rotation has begun meanwhile"
