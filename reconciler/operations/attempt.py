"""One try of a write: what came of it, and an error that can be told."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from reconciler.core.errors import ConflictError, ReconcilerError

T = TypeVar("T")


class Status(StrEnum):
    """What came of a write."""

    DONE = "done"
    FAILED = "failed"  # AWS refused it, or could not be reached
    CONFLICT = "conflict"  # somebody else wrote meanwhile; nothing of theirs was overwritten
    REFUSED = "refused"  # by the plan: nothing was tried
    SKIPPED = "skipped"  # what it depends on was not done
    NOT_STARTED = "not-started"  # the run was stopped before


def attempt(write: Callable[[], T]) -> tuple[Status, T | None, ReconcilerError | None]:
    """Call ``write``: DONE and what it returned, or CONFLICT or FAILED and its error. Raises only
    what ends the process."""
    try:
        return Status.DONE, write(), None
    except ConflictError as error:
        return Status.CONFLICT, None, error
    except ReconcilerError as error:
        return Status.FAILED, None, error
    except Exception as error:
        # A bug, and its message may quote what was written: only where it was is told.
        return Status.FAILED, None, unexpected(error)


def unexpected(error: Exception) -> ReconcilerError:
    """A bug as an error that can be told: its type and its place, never its message."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = "" if frame is None else f" at {frame.tb_frame.f_code.co_name}:{frame.tb_lineno}"
    return ReconcilerError(f"internal error: {type(error).__name__}{where}", code="internal")
