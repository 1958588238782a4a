"""One call as the operations see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .account import secrets_of
from .context import Context
from .secret import SecretsBackend


@dataclass(frozen=True)
class Call:
    """Operation, Region (from the request's signature) and parsed body of one request."""

    sandbox: Context
    operation: str
    region: str
    body: dict[str, Any]

    @property
    def secrets(self) -> SecretsBackend:
        return secrets_of(self.region)
