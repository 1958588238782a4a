"""How programs are told where an object is."""

from __future__ import annotations

from collections.abc import Collection

from reconciler.core.model import Scope
from reconciler.kinds.kind import Record

ENDING = "OBJECT_PATH"
PLAIN: Collection[str] = ()
STORE: str | None = None


def container(record: Record, scope: Scope, key: str | None) -> str | None:
    """ECS reads none."""
    return None
