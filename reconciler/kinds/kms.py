"""One name for one KMS key, so that an alias, its ARN and the key itself are not taken for two."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from reconciler.aws import arn
from reconciler.aws.arn import ALIAS, KEY_ARN, KEY_ID
from reconciler.aws.client import Aws, require
from reconciler.core.access import Opened, Opening
from reconciler.core.errors import AwsError
from reconciler.core.model import JSON, FieldChange, Resource, Scope
from reconciler.core.reasons import Loss, Lost
from reconciler.kinds.field import UNSET, Given, Unset
from reconciler.kinds.kind import Record, Settings

_ANY = f"({ALIAS}|{KEY_ID}|{KEY_ARN})"
NEEDS = "kms:DescribeKey"
WHY: Mapping[str, str] = {  # what a role is given each action for
    "kms:DescribeKey": "see which key an alias stands for, to compare the two",
    "kms:Decrypt": "read values, and manifests that are encrypted with this key",
    "kms:Encrypt": "write with this key",
    "kms:GenerateDataKey": "write with this key",
    "kms:CreateGrant": "let AWS encrypt replicas",
    "kms:ReEncryptFrom": "change the KMS key of a secret",
    "kms:ReEncryptTo": "change the KMS key of a secret",
}
_UNSEEN = (
    f"the role lacks {NEEDS}, so that nobody sees which KMS key an alias stands for, and keys are"
    " compared by name"
)
_FORM = re.compile(rf"{_ANY}\Z")


def _named(key: str) -> str:
    if not _FORM.match(key):
        raise PydanticCustomError(
            "kms_key",
            "a KMS key is named by `alias/NAME`, by its id, or by the ARN of one of these",
        )
    return key


# Written to AWS as it is, and a policy's resource: it names one key.
KeyName = Annotated[
    str, AfterValidator(_named), WithJsonSchema({"type": "string", "pattern": f"^{_ANY}$"})
]


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


def content(default: str) -> Callable[[Given], JSON | Unset]:
    """The key that a declaration asks for: its own, or the environment's."""

    def chosen(given: Given) -> JSON | Unset:
        key = given.declared.given("kms_key") or given.settings.kms_key
        return UNSET if key is None else normal(key, given.settings.scope, default)

    return chosen


def resolved(aws: Aws, key: str) -> str | None:
    """The key itself that an alias stands for today, as an ARN; any other name as it is. None where
    AWS does not tell, of which it is warned."""
    if "alias/" not in key or _of_aws(key):
        return key
    return aws.once(("alias", key), lambda: _asked(aws, key))


def _asked(aws: Aws, alias: str) -> str | None:
    try:
        answer = aws.call("kms", "describe_key", needs="KeyMetadata", KeyId=alias)
    except AwsError as error:
        told = f"cannot tell which KMS key {alias} stands for: {error.message}"
        aws.warn(_UNSEEN if error.denied else told)
        return None
    return str(require(answer["KeyMetadata"], "Arn", "describe_key"))


def alike(said: str, default: str) -> Callable[[Aws, Record, Resource, Scope], Record]:
    """A record whose key has the name by which git calls it, now or before; ``said`` is where it
    stands. AWS is asked only where no two names are equal, and one of them is an alias."""

    def told(aws: Aws, record: Record, resource: Resource, scope: Scope) -> Record:
        live, declared = record.data.get(said), resource.fields.get("kms_key")
        names = [name for name in (declared, *resource.former_keys) if isinstance(name, str)]
        known = normal(live, scope, default)
        if live is None or known in names[:1] or _of_aws(known):
            return record
        for name in names:
            if name == known:
                break
            if "alias/" in known + name and not _of_aws(name) and _same(aws, known, name, scope):
                return replace(record, data={**record.data, said: name})
        return record

    return told


def _of_aws(name: str) -> bool:
    return "alias/aws/" in name


def _same(aws: Aws, one: str, other: str, scope: Scope) -> bool:
    first, second = resolved(aws, one), resolved(aws, other)
    if first is None or second is None:
        return False
    return normal(first, scope, "") == normal(second, scope, "")


def loses(change: FieldChange) -> Iterator[Lost]:
    """Nothing is lost, but whoever reads it needs another key."""
    if change.before is not None and change.before != change.after:
        yield Lost(Loss.KEY_READERS)


def opens(change: FieldChange, resource: Resource, scope: Scope) -> Iterator[Opened]:
    """Another key than before, and from the beginning one of another account."""
    key = change.after
    if not isinstance(key, str) or key == change.before:
        return
    account = arn.foreign(key, scope.account)
    if change.before is not None or account is not None:
        yield Opened(Opening.KEY, key, account)


def importing(default: str) -> Callable[[Any, Any, Settings], JSON | Unset]:
    """The live key, where it differs from the one that an unset field stands for."""

    def said(live: Any, seen: Any, settings: Settings) -> JSON | Unset:
        usual = normal(settings.kms_key, settings.scope, default)
        return UNSET if live == usual else str(live)

    return said
