"""The one account of the sandbox, and its secrets."""

from __future__ import annotations

import os
from typing import cast

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.secretsmanager.models import secretsmanager_backends
from moto.utilities.utils import get_partition

from .secret import SecretsBackend

# moto reads the variable for whoever calls, and has a constant for the rest.
ACCOUNT: str = os.environ.get("MOTO_ACCOUNT_ID", DEFAULT_ACCOUNT_ID)
"""123456789012, unless another is asked for before this is imported."""


def arn(service: str, region: str, resource: str) -> str:
    """An ARN of the account, in the partition in which moto has the Region."""
    return f"arn:{get_partition(region)}:{service}:{region}:{ACCOUNT}:{resource}"


def secrets_of(region: str) -> SecretsBackend:
    """The secrets of a Region."""
    return cast("SecretsBackend", secretsmanager_backends[ACCOUNT][region])
