"""Which KMS keys there are: moto's, and the aliases that AWS makes by itself."""

from __future__ import annotations

import re

from moto.kms.models import Key, kms_backends

from .refusal import Refusal


def find_key(account: str, region: str, identifier: str) -> Key | None:
    """The key behind a key id, key ARN, alias or alias ARN of this account, or None."""
    arn = re.fullmatch(r"arn:[^:]+:kms:([^:]+):(\d{12}):((?:key|alias)/.+)", identifier)
    if arn:
        if arn[2] != account:
            return None
        region, identifier = arn[1], arn[3].removeprefix("key/")
    if identifier.startswith("alias/aws/"):
        # The key that AWS manages for one service, which no other may use.
        return None
    backend = kms_backends[account][region]
    if identifier.startswith("alias/"):
        found = backend.get_key_id_from_alias(identifier)
        if found is None:
            return None
        identifier = found.rpartition("/")[2]
    return backend.keys.get(identifier)


def is_default(identifier: str, service: str) -> bool:
    """Whether an identifier means the key that AWS manages for the service ("ssm")."""
    return identifier.rpartition(":")[2] == f"alias/aws/{service}"


def check_key(account: str, region: str, identifier: str) -> None:
    """Refuse a key that Secrets Manager could not encrypt with.

    "EncryptionFailure: Secrets Manager can't encrypt the protected secret text using the provided
    KMS key. Check that the KMS key is available, enabled, and not in an invalid state."
    """
    if is_default(identifier, "secretsmanager"):
        return
    key = find_key(account, region, identifier)
    if key is None:
        raise Refusal(
            "InvalidParameterException",
            "The operation failed because of an invalid KMS key: Invalid keyId",
        )
    if not key.enabled or key.key_state != "Enabled":
        raise Refusal(
            "EncryptionFailure",
            "Secrets Manager can't encrypt the protected secret text using the provided KMS key. "
            "Check that the KMS key is available, enabled, and not in an invalid state.",
        )
