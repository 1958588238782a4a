"""One name for one KMS key, so that an alias and its ARN are not taken for two."""

from __future__ import annotations

from reconciler.core.model import Scope


def normal(key: str | None, scope: Scope, default: str) -> str:
    """The short form of a key: ``alias/…`` or a key id where it is of this account and Region,
    else its ARN; ``default`` (AWS's own key for the service) where AWS names none."""
    if not key:
        return default
    here = f":kms:{scope.region}:{scope.account}:"
    if key.startswith("arn:") and here in key:
        name = key.partition(here)[2]
        return name.removeprefix("key/")
    return key
