"""The fields of a secret, each declared once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import pydantic

from reconciler.core.model import JSON, Origin, Resource
from reconciler.core.reasons import Costs, Loss
from reconciler.kinds import kms, tags
from reconciler.kinds.duration import RecoveryWindow, days
from reconciler.kinds.field import (
    UNSET,
    Given,
    KeyUse,
    Permission,
    Table,
    Unset,
    Use,
    losing,
)
from reconciler.kinds.kind import Flaw, Settings
from reconciler.kinds.secret import versions
from reconciler.kinds.secret.field import SecretField, Seen, Sent, Tagged, Write
from reconciler.kinds.secret.policy import RESOURCE_POLICY
from reconciler.kinds.secret.replicas import REPLICAS
from reconciler.kinds.secret.terms import (
    DEFAULT_KEY,
    DESCRIPTION_LIMIT,
    KEY_CONTEXT,
    SERVICE,
)


def _key_in_use(seen: Seen) -> str:
    """The fingerprint key that has to stay in the manifest for the marks of this secret to hold.

    A value that is going to be written again, or that is not owned, depends on none.
    """
    resource, value, trust = seen.resource, seen.value, seen.trust
    proof_kid = seen.tags.get(tags.PROOF, "")[:6]
    if proof_kid != trust.kid or value is None or value.kid is None:
        return proof_kid
    declared = resource.value.fingerprints if resource and resource.value else ()
    stays = value.origin is Origin.GENERATED or value.fingerprint in declared
    return value.kid if stays else proof_kid


def _check_description(given: str, settings: Settings | None) -> Iterator[Flaw]:
    if settings is None and len(given) > DESCRIPTION_LIMIT:
        text = f"a description has at most {DESCRIPTION_LIMIT} characters"
        yield Flaw(("description",), "too-long", text)


# "You must also have kms:GenerateDataKey, kms:Encrypt, and kms:Decrypt permissions on the key."
# Without kms:Encrypt a change of key silently leaves the versions that exist as they are.
_KEY_WRITES = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")

# What Secrets Manager puts in place of the ARN where it tries whether a caller may use a key.
_VALIDATES = "RequestToValidateKeyAccess"


def _key_use(resource: Resource, use: Use) -> Iterator[KeyUse]:
    """A key of before only decrypts what is encrypted again; which values that yields to nobody,
    the denials of all reads say."""
    key = str(resource.fields["kms_key"])
    actions = _KEY_WRITES if use.writes else ("kms:Decrypt",)
    also = (_VALIDATES,) if use.writes else ()
    yield KeyUse(KEY_CONTEXT, key, actions, use.region, SERVICE, also)
    for former in resource.former_keys if use.writes else ():
        if former != key:
            yield KeyUse(KEY_CONTEXT, former, ("kms:Decrypt",), use.region, SERVICE, also)


def _recovery_window(given: Given) -> JSON | Unset:
    window = given.declared.given("recovery_window")
    return UNSET if window is None else days(window)


def _recorded_window(seen: Seen) -> int | None:
    recovery = seen.tags.get(tags.RECOVERY, "")
    return int(recovery) if recovery.isdigit() else None


FIELDS: Table[Seen, Write] = (
    SecretField(
        name="fingerprint_key",
        content=lambda given: UNSET if given.trust is None else given.trust.kid,
        observe=_key_in_use,
        write=Tagged(),
    ),
    SecretField(
        name="description",
        type=Annotated[str, pydantic.Field(min_length=1)],
        says="`none` removes it",
        check=_check_description,
        observe=lambda seen: seen.record.data.get("Description") or None,
        letter="d",
        write=Sent(lambda text: {"Description": text or ""}),
    ),
    SecretField(
        name="kms_key",
        type=kms.KeyName,
        content=kms.content(DEFAULT_KEY),
        observe=lambda seen: kms.normal(seen.record.data.get("KmsKeyId"), seen.scope, DEFAULT_KEY),
        alike=kms.alike("KmsKeyId", DEFAULT_KEY),
        loses=kms.loses,
        opens=kms.opens,
        letter="k",
        imports=kms.importing(DEFAULT_KEY),
        write=Sent(lambda key: {"KmsKeyId": key}),
        keys=_key_use,
        looks=versions.looks,
        deep_needs=versions.NEEDS,
        needs=lambda _: [Permission(action) for action in versions.NEEDS],
    ),
    SecretField(
        name="tags",
        type=dict[str, str],
        check=tags.check,
        content=tags.content,
        observe=lambda seen: tags.observed(seen.tags, seen.resource),
        letter="t",
        remembers=lambda seen: tags.remembered(seen.tags, seen.resource),
        imports=lambda _, seen, settings: tags.importing(seen.tags, settings),
        write=Tagged(lambda declared: {tags.KEYS: tags.encode_keys(declared)} if declared else {}),
    ),
    REPLICAS,
    RESOURCE_POLICY,
    SecretField(
        name="recovery_window",
        type=RecoveryWindow,
        content=_recovery_window,
        observe=_recorded_window,
        letter="r",
        # It is a mark: what is not owned has none.
        imports=lambda *_: UNSET,
        write=Tagged(lambda days: {tags.RECOVERY: str(days)}),
    ),
)

COSTS = Costs(
    deleted=(Loss.RECOVERABLE, Loss.REPLICAS),
    replaced=(Loss.REPLACED_VERSIONS,),
    overwritten=(Loss.OVERWRITTEN_PREVIOUS,),
    fields=losing(FIELDS),
)
