"""Writes that are no plan's changes, each with an outcome: one failure stops no other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciler.aws.client import Aws
from reconciler.core.errors import ReconcilerError
from reconciler.core.model import Key
from reconciler.operations.attempt import Status, attempt

Step = Callable[[], str | None]


@dataclass(frozen=True)
class Result:
    """What came of one step; ``told`` is what a person should know of it."""

    key: Key
    status: Status
    told: str | None = None
    error: ReconcilerError | None = None


def run(steps: Mapping[Key, Step], aws: Aws, on_result: Callable[[Result], None]) -> list[Result]:
    """Take all steps, several at once; ``on_result`` is called from one thread at a time."""
    lock = threading.Lock()

    def one(key: Key) -> Result:
        result = Result(key, *attempt(steps[key]))
        with lock:
            on_result(result)
        return result

    return aws.each(one, sorted(steps))


def refused(key: Key, reason: str, hint: str | None = None) -> Result:
    """A step that is not even tried."""
    return Result(key, Status.REFUSED, error=ReconcilerError(reason, hint=hint))
