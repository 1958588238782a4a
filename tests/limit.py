"""For what has to end: a limit that no busy machine reaches, and where it was when it did.

No test asserts a time: how fast something is, the benchmark tells.
"""

from __future__ import annotations

import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

MINUTES = 5


class NeverEndsError(BaseException):
    """Something did not end; no ``except Exception`` of what is tested takes it."""


@contextmanager
def has_to_end(minutes: float = MINUTES) -> Iterator[None]:
    """Raises NeverEndsError, with the stacks of all threads, where what is within does not end."""

    def stop(*_: object) -> None:
        raise NeverEndsError(f"not at its end after {minutes} minutes\n{stacks()}")

    former = signal.signal(signal.SIGALRM, stop)
    outer = signal.setitimer(signal.ITIMER_REAL, minutes * 60)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, former)
        signal.setitimer(signal.ITIMER_REAL, *outer)


def stacks() -> str:
    """What every thread does just now."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return "\n".join(
        f"--- {names.get(number, number)}\n{''.join(traceback.format_stack(frame))}"
        for number, frame in sys._current_frames().items()
    )
