"""One call as the operations see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import get_account_id_from

from .account import ACCOUNT, secrets_of
from .context import Context
from .secret import SecretsBackend

Answer = dict[str, Any]
"""What an operation answers, as JSON has it."""


@dataclass(frozen=True)
class Call:
    """Operation, Region (from the request's signature), parsed body and access key of one
    request.
    """

    sandbox: Context
    operation: str
    region: str
    body: dict[str, Any]
    access_key: str = ""

    @property
    def is_function(self) -> bool:
        """Whether a function calls that the sandbox itself runs."""
        return self.access_key == self.sandbox.function_key.id

    @property
    def is_foreign(self) -> bool:
        """Whether a role of another account calls."""
        # moto takes a key that it does not know for one of its constant.
        return get_account_id_from(self.access_key) not in (ACCOUNT, DEFAULT_ACCOUNT_ID)

    @property
    def secrets(self) -> SecretsBackend:
        return secrets_of(self.region)


class Passed(Exception):
    """Raised by an operation that leaves this very request to moto."""
