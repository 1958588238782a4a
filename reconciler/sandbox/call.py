"""One call as the operations see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.secretsmanager.models import secretsmanager_backends
from moto.ssm.models import ssm_backends

if TYPE_CHECKING:
    from .parameters import ParametersBackend
    from .secret import SecretsBackend
    from .server import Sandbox

ACCOUNT: str = DEFAULT_ACCOUNT_ID
"""The one account of the sandbox: 123456789012."""


@dataclass(frozen=True)
class Call:
    """Operation, Region (from the request's signature) and parsed body of one request."""

    sandbox: Sandbox
    operation: str
    region: str
    body: dict[str, Any]

    @property
    def secrets(self) -> SecretsBackend:
        return secrets_of(self.region)

    @property
    def parameters(self) -> ParametersBackend:
        return cast("ParametersBackend", ssm_backends[ACCOUNT][self.region])


def secrets_of(region: str) -> SecretsBackend:
    """The secrets of a Region."""
    return cast("SecretsBackend", secretsmanager_backends[ACCOUNT][region])
