"""Which KMS keys there are (moto's, and the aliases that AWS makes), and what they decrypt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from moto.kms.models import Key, KmsBackend, kms_backends

from .account import ACCOUNT
from .refusal import Refusal, denied, invalid_parameter
from .secret import DEFAULT_VERSION_KEY, Version

if TYPE_CHECKING:
    from .call import Call


class KeysBackend(KmsBackend):
    """moto's backend, for which a key's ARN is its id wherever AWS takes either."""

    def schedule_key_deletion(self, key_id: str, pending_window_in_days: int) -> float:
        return super().schedule_key_deletion(self.get_key_id(key_id), pending_window_in_days)


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
        identifier = backend.get_key_id_from_alias(identifier) or ""
    return backend.keys.get(identifier)


def is_usable(key: Key) -> bool:
    return bool(key.enabled) and key.key_state == "Enabled"


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
        raise invalid_parameter("The operation failed because of an invalid KMS key: Invalid keyId")
    if not is_usable(key):
        raise Refusal(
            "EncryptionFailure",
            "Secrets Manager can't encrypt the protected secret text using the provided KMS key. "
            "Check that the KMS key is available, enabled, and not in an invalid state.",
        )


def encrypt(call: Call, identifier: str | None) -> str:
    """What ListSecretVersionIds will say of a version that is made under a secret's key.

    Raises EncryptionFailure for a key that is disabled or goes, and AccessDeniedException for one
    that the caller may not use.
    """
    if identifier is None:
        return DEFAULT_VERSION_KEY
    check_key(ACCOUNT, call.region, identifier)
    key = _arn(call, identifier)
    if ("Encrypt", key) in call.sandbox.denied_keys:
        raise denied("Access to KMS is not allowed")
    return key


def decrypt(call: Call, version: Version) -> None:
    """Refuse to read a version that no key of its own decrypts any more."""
    if any(_decrypts(call, key) for key in version["keys"]):
        return
    if any(("Decrypt", key) in call.sandbox.denied_keys for key in version["keys"]):
        raise denied("Access to KMS is not allowed")
    raise Refusal(
        "DecryptionFailure",
        "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
    )


def encrypt_again(call: Call, identifier: str | None, versions: list[Version]) -> None:
    """Encrypt versions under a secret's new key too, those that the caller may decrypt, and none
    where he may not encrypt: without a word. "Secrets Manager keeps all existing versions encrypted
    with the previous key", so that either key decrypts them.
    """
    key = DEFAULT_VERSION_KEY if identifier is None else _arn(call, identifier)
    if ("Encrypt", key) in call.sandbox.denied_keys:
        return
    for version in versions:
        if key not in version["keys"] and any(_decrypts(call, old) for old in version["keys"]):
            version["keys"].insert(0, key)


def decrypts(call: Call, identifier: str) -> bool:
    """Whether the caller may decrypt with a key of this account, and the key can."""
    found = find_key(ACCOUNT, call.region, identifier)
    if found is None or not is_usable(found):
        return False
    return ("Decrypt", found.arn) not in call.sandbox.denied_keys


def _decrypts(call: Call, key: str) -> bool:
    return key == DEFAULT_VERSION_KEY or decrypts(call, key)


def _arn(call: Call, identifier: str) -> str:
    found = find_key(ACCOUNT, call.region, identifier)
    return found.arn if found is not None else identifier
