"""What becomes of a write: its result or its error, and never an exception."""

from __future__ import annotations

import pytest

from reconciler.core.errors import ConflictError, ReconcilerError
from reconciler.operations.attempt import Status, attempt


def test_what_a_write_returns_is_kept() -> None:
    assert attempt(lambda: "version") == (Status.DONE, "version", None)
    assert attempt(lambda: None) == (Status.DONE, None, None)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConflictError("somebody else wrote"), Status.CONFLICT),
        (ReconcilerError("no"), Status.FAILED),
    ],
)
def test_an_error_is_handed_on_as_it_is(error: ReconcilerError, status: Status) -> None:
    def write() -> None:
        raise error

    assert attempt(write) == (status, None, error)


def test_of_a_bug_only_its_type_and_place_are_told() -> None:
    def write() -> None:
        raise ValueError("canary")

    status, result, error = attempt(write)
    line = write.__code__.co_firstlineno + 1
    assert (status, result) == (Status.FAILED, None)
    assert error is not None
    assert (str(error), error.code) == (f"internal error: ValueError at write:{line}", "internal")
    assert error.__cause__ is None


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_process_is_not_held_up(stop: type[BaseException]) -> None:
    def write() -> None:
        raise stop

    with pytest.raises(stop):
        attempt(write)
