"""How programs that read a value are told where it is, without the value."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from reconciler.core.model import Scope
from reconciler.kinds.kind import Record


class Reference(Protocol):
    """A module with these names says it for one kind."""

    ENDING: str  # of a variable that holds a name: "SECRET_PATH"
    PLAIN: Collection[str]  # last parts of a name that say no more than ENDING does
    STORE: str | None  # of External Secrets that it is in, by our name; None: it knows none

    def container(self, record: Record, scope: Scope, key: str | None) -> str | None:
        """`valueFrom` in a task definition of ECS, of one field of the value or, without ``key``,
        of all of it; None where ECS reads none."""
