"""How programs are told where a secret is."""

from __future__ import annotations

from collections.abc import Collection

from reconciler.core.model import Scope
from reconciler.kinds.kind import Record

ENDING = "SECRET_PATH"
PLAIN: Collection[str] = frozenset({"credentials", "secret"})
STORE: str | None = "aws-secrets-manager"


def container(record: Record, scope: Scope, key: str | None) -> str | None:
    """The full ARN, with the six characters that AWS adds: ECS reads a secret by nothing
    less. A field of the top level stands after it."""
    arn = str(record.data["ARN"])
    if key is None:
        return arn
    # A colon would end the name of the field.
    return None if ":" in key else f"{arn}:{key}::"
