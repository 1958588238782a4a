"""A KMS key of another account."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.rules import accounts
from reconciler.rules.rule import Finding, Subject

CODE = "foreign-key"
REASON = "the owner of a KMS key can disable it, delete it, or let others decrypt with it"

_HINT = "use a key of the environment's account, or say in `ignore` whose this one is"


def find(subject: Subject) -> Iterator[Finding]:
    """The environment's key, those of resources and those of replicas."""
    settings = subject.declared.settings
    account = accounts.foreign(settings.kms_key, settings.scope)
    if account:
        message = f"the environment's KMS key is of account {account}"
        yield Finding(message, _HINT, field=("kms_key",))
    for entry in subject.declared.entries:
        account = accounts.foreign(entry.fields.get("kms_key"), settings.scope)
        if account:
            message = f"the KMS key of {entry.key} is of account {account}"
            yield Finding(message, _HINT, entry, ("kms_key",))
        for index, replica in enumerate(entry.fields.get("replicas") or ()):
            account = accounts.foreign(replica.get("kms_key"), settings.scope)
            if account:
                region = replica["region"]
                message = f"the KMS key of {entry.key} in {region} is of account {account}"
                yield Finding(message, _HINT, entry, ("replicas", index, "kms_key"))


def conclusive(subject: Subject) -> bool:
    """Manifests say all of it."""
    return True
