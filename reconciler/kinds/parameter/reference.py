"""How programs are told where a parameter is."""

from __future__ import annotations

from collections.abc import Collection

from reconciler.core.model import Scope
from reconciler.kinds.kind import Record
from reconciler.kinds.parameter import permissions

ENDING = "PARAMETER_PATH"
PLAIN: Collection[str] = ()
STORE: str | None = "aws-parameter-store"


def container(record: Record, scope: Scope, key: str | None) -> str | None:
    """The ARN; ECS takes a parameter as a whole."""
    return permissions.arn(scope, record.name) if key is None else None
