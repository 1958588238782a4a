"""A run that dies at one of its writes: it makes no further call, and hears no answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from reconciler.sandbox.server import Drop
from tests.embedded import Embedded

_WRITES = ("Create", "Put", "Update", "Delete", "Restore", "Rotate", "Cancel", "Tag", "Untag",
           "Add", "Remove")  # fmt: skip
_GONE = 400, "AccessDeniedException", "the process is gone"


@dataclass
class Death:
    """The writes that the run came to, the last of which it died at if it is ``dead``."""

    writes: list[str] = field(default_factory=list)
    dead: bool = False


@contextmanager
def dying(aws: Embedded, point: int, *, effect: bool) -> Iterator[Death]:
    """Let the run within die at this write, counted from 0, which has its ``effect`` or not."""
    death = Death()

    def before(operation: str, body: Any) -> tuple[int, str, str] | None:
        if str((body or {}).get("SecretId", "")).startswith("arn:"):
            return None  # the rotation function's own
        if operation.startswith(_WRITES) and not death.dead:
            death.writes.append(operation)
            if len(death.writes) > point:
                death.dead = True
                return None if effect else _GONE
        return _GONE if death.dead else None

    def after(operation: str, _body: Any, _answer: Any) -> None:
        if death.dead and effect and operation == death.writes[-1]:
            raise Drop

    aws.hooks.append(before)
    aws.after.append(after)
    try:
        yield death
    finally:
        aws.hooks.remove(before)
        aws.after.remove(after)
