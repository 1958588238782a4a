"""What AWS answers where a schedule is set or removed: done already, lost, or refused and why."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.core.errors import AwsError
from reconciler.sandbox.server import Answer, Drop
from tests.world import PREFIX, SCHEDULE, World


@pytest.fixture
def removing(world: World) -> World:
    """A secret whose schedule git wants off."""
    world.deploy()
    world.declare({"db": {"value": "seed", "rotation": SCHEDULE}})
    world.converge()
    world.declare({"db": {"value": "seed", "rotation": "none"}})
    return world


def answer(world: World, operation: str, *error: str, first: Callable[[], object] = str) -> None:
    """Let AWS refuse an operation, after something else has happened ``first``."""

    def hook(called: str, _: object) -> tuple[int, str, str] | None:
        if called != operation:
            return None
        world.aws.hooks.clear()
        first()
        return (400, error[0], error[1])

    world.aws.hooks.append(hook)


def cancel(world: World) -> Callable[[], object]:
    client = world.client("secretsmanager")
    return lambda: client.cancel_rotate_secret(SecretId=f"{PREFIX}/db")


def test_what_somebody_turned_off_meanwhile_is_off(removing: World) -> None:
    not_on = ("InvalidRequestException", "rotation is not enabled")
    answer(removing, "CancelRotateSecret", *not_on, first=cancel(removing))
    assert removing.apply()["rotation:db"].status == "done"
    assert removing.changes() == {}


def test_a_lost_answer_is_looked_after(removing: World) -> None:
    def lose(operation: str, _: object, answered: Answer) -> Answer:
        if operation == "CancelRotateSecret":
            raise Drop
        return answered

    removing.aws.after.append(lose)
    assert removing.apply()["rotation:db"].status == "done"
    removing.aws.after.clear()
    assert removing.changes() == {}


def test_what_is_still_on_has_failed(removing: World) -> None:
    answer(removing, "CancelRotateSecret", "InvalidRequestException", "a rotation is under way")
    assert removing.apply()["rotation:db"].status == "failed"
    assert removing.secret("db")["RotationEnabled"]


def test_what_is_denied_has_failed_whoever_turned_it_off(removing: World) -> None:
    answer(removing, "CancelRotateSecret", "AccessDeniedException", "no", first=cancel(removing))
    assert removing.apply()["rotation:db"].status == "failed"


def test_a_secret_that_is_gone_has_no_schedule_that_was_removed(removing: World) -> None:
    client = removing.client("secretsmanager")

    def delete() -> None:
        client.delete_secret(SecretId=f"{PREFIX}/db", ForceDeleteWithoutRecovery=True)

    answer(removing, "CancelRotateSecret", "InvalidRequestException", "it is gone", first=delete)
    outcome = removing.apply()["rotation:db"]
    assert outcome.status == "failed"
    assert isinstance(outcome.error, AwsError)
    assert outcome.error.aws_code == "InvalidRequestException"


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        (
            "AccessDeniedException",
            "Secrets Manager cannot invoke the specified Lambda function",
            "the rotation function does not exist, or may not be invoked",
        ),
        ("AccessDeniedException", "not authorized to perform: secretsmanager:RotateSecret", None),
        ("InvalidRequestException", "No rotation function ARN", "without a function name"),
    ],
)
def test_a_schedule_that_is_refused_says_what_to_look_at(
    world: World, code: str, message: str, hint: str | None
) -> None:
    world.deploy()
    world.declare({"db": {"value": "seed", "rotation": SCHEDULE}})
    answer(world, "RotateSecret", code, message)
    failed = world.apply()["rotation:db"]
    assert failed.status == "failed"
    assert failed.error is not None
    said = str(failed.error.hint)
    assert said.startswith(hint) if hint else "rotation function" not in said
