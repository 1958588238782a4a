"""An assumption about AWS: which promise rests on it, who says so, and what it is without it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

Test = Callable[..., None]
Off = Callable[[Any], AbstractContextManager[None]]


@dataclass(frozen=True)
class Assumption:
    """``promise``: P1 to P5. ``says``: AWS's sentence, or that it was recorded. ``off``: takes the
    one behaviour away from a sandbox.
    """

    test: Test
    promise: str
    says: str
    off: Off


ALL: list[Assumption] = []


def assumes(promise: str, says: str, *, off: Off) -> Callable[[Test], Test]:
    """Mark a test of the contract."""

    def mark(test: Test) -> Test:
        ALL.append(Assumption(test, promise, says, off))
        return test

    return mark
