"""One name for one KMS key, so that an alias and its ARN are not taken for two."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from reconciler.aws import arn
from reconciler.aws.arn import ALIAS, KEY_ARN, KEY_ID
from reconciler.core.access import Opened, Opening
from reconciler.core.model import JSON, FieldChange, Resource, Scope
from reconciler.core.reasons import Loss, Lost
from reconciler.kinds.field import UNSET, Given, Unset
from reconciler.kinds.kind import Settings

_ANY = f"({ALIAS}|{KEY_ID}|{KEY_ARN})"
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
