"""Under which KMS keys the versions of a secret are: AWS says it of each, and reads no value.

"If you don't have kms:Encrypt permission to the new key, Secrets Manager does not re-encrypt
existing secret versions with the new key": the change of a key succeeds all the same, and so it
does without kms:Decrypt on the old one. Whoever deletes that one later deletes the values.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from reconciler.aws.client import Aws, require
from reconciler.core.errors import AwsError, ReconcilerError
from reconciler.core.model import Resource, Scope
from reconciler.kinds import kms
from reconciler.kinds.secret.labels import CURRENT
from reconciler.kinds.secret.terms import DEFAULT_KEY, SERVICE

NEEDS = ("secretsmanager:ListSecretVersionIds",)

_OWN = "DefaultEncryptionKey"  # what AWS calls its own key here
_UNSEEN = (
    "the role lacks secretsmanager:ListSecretVersionIds, so that nobody sees whether AWS encrypted"
    " values again under a new KMS key"
)


class KeyLeftError(ReconcilerError):
    """The key was changed, and the live value is under the old one alone."""

    code = "key-left"


@dataclass(frozen=True)
class UnderKeys:
    """The keys of one version, and its labels."""

    keys: frozenset[str]
    labels: frozenset[str]


def under_keys(aws: Aws, name: str) -> Mapping[str, UnderKeys] | None:
    """Every version that AWS still has; None where the role may not see them. Raises AwsError."""
    found: dict[str, UnderKeys] = {}
    try:
        for page in aws.pages(
            SERVICE,
            "list_secret_version_ids",
            "Versions",
            SecretId=name,
            IncludeDeprecated=True,
            MaxResults=100,
        ):
            for entry in page:
                keys = frozenset(map(str, entry.get("KmsKeyIds") or ()))
                labels = frozenset(map(str, entry.get("VersionStages") or ()))
                version = str(require(entry, "VersionId", "list_secret_version_ids"))
                found[version] = UnderKeys(keys, labels)
    except AwsError as error:
        if not error.denied:
            raise
        aws.warn(_UNSEEN)
        return None
    return found


def check_moved(aws: Aws, name: str, before: Mapping[str, UnderKeys], wanted: str) -> None:
    """Look whether AWS has encrypted everything under the secret's new key.

    Versions without a label of AWS's never are, and are named. Raises KeyLeftError where the live
    one is not: the key is changed, and the old one has to stay.
    """
    after = under_keys(aws, name)
    wanted = kms.resolved(aws, wanted) or wanted
    left = {
        version: now
        for version, now in (after or {}).items()
        if now.keys
        and not _is_under(now.keys, wanted)
        and now.keys <= before.get(version, now).keys
    }
    if not left:
        return
    named = ", ".join(_named(version, found) for version, found in sorted(left.items()))
    old = " and ".join(sorted({key for found in left.values() for key in found.keys}))
    if any(CURRENT in found.labels for found in left.values()):
        raise KeyLeftError(
            f"{name}: the KMS key is changed, and AWS did not encrypt {named} under it",
            hint=f"nobody may disable or delete {old} before that is done: let the role use"
            " kms:Decrypt with it and kms:Encrypt with the new one, declare the old key and apply,"
            " then the new one; or write a new value",
        )
    aws.warn(f"{name}: {named} stays under {old}: without that key it cannot be read")


def _named(version: str, found: UnderKeys) -> str:
    return f"version {version}" + (f" ({', '.join(sorted(found.labels))})" if found.labels else "")


def _is_under(keys: Collection[str], wanted: str) -> bool:
    """Whether one of these is the key. Of an alias that nobody resolved: False."""
    if wanted == DEFAULT_KEY:
        return _OWN in keys
    return any(key.rpartition("/")[2] == wanted.rpartition("/")[2] for key in keys)


def looks(aws: Aws, resources: Sequence[Resource], scope: Scope) -> Sequence[str | None]:
    """Of each secret whether the live version is under another key than the declared one alone."""
    declared = {str(resource.fields["kms_key"]) for resource in resources}
    keys = {key: kms.resolved(aws, key) for key in sorted(declared)}
    return aws.each(lambda one: _look(aws, one, keys[str(one.fields["kms_key"])]), resources)


def _look(aws: Aws, resource: Resource, wanted: str | None) -> str | None:
    for version, found in (under_keys(aws, resource.key.name) or {}).items():
        if CURRENT not in found.labels or not found.keys:
            continue
        if wanted is None and found.keys != {_OWN}:
            continue  # it may be the key that has this alias
        if wanted is not None and _is_under(found.keys, wanted):
            continue
        keys = " and ".join(sorted(found.keys))
        return (
            f"the live {_named(version, found)} is encrypted under {keys} alone, and not under the"
            " KMS key that the secret has now: who deletes that key deletes the value"
        )
    return None
