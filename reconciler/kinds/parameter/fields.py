"""The fields of a parameter, each declared once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import pydantic

from reconciler.core.access import Opened, Opening
from reconciler.core.model import JSON, FieldChange, Recorded, Resource, Scope
from reconciler.core.reasons import Costs, Loss, Lost
from reconciler.kinds import kms, tags
from reconciler.kinds.field import NONE, UNSET, Given, KeyUse, Table, Unset, Use, losing
from reconciler.kinds.kind import Flaw, Settings
from reconciler.kinds.parameter import stamp, tagged
from reconciler.kinds.parameter.field import (
    Fields,
    ParameterField,
    Record,
    Seen,
    Sent,
    Stamped,
    Tagged,
    Write,
    resent,
)
from reconciler.kinds.parameter.terms import (
    ADVANCED,
    CHECKED_LATER,
    DEFAULT_KEY,
    EVERYTHING,
    SECURE,
    SERVICE,
    STANDARD,
    TIERING,
    DataType,
)


def _check_description(given: str, settings: Settings | None) -> Iterator[Flaw]:
    room = stamp.LIMIT - stamp.LENGTH
    if settings is None and len(given) > room:
        yield Flaw(
            ("description",),
            "too-long",
            f"a parameter's description has at most {room} characters",
            f"AWS allows {stamp.LIMIT}, and the reconciler's stamp takes {stamp.LENGTH}",
        )


def _observe_tier(seen: Seen) -> JSON:
    """Intelligent-Tiering is a way to choose: what it chose is not a difference."""
    chosen = seen.resource is not None and seen.resource.fields.get("tier") == TIERING
    tier: JSON = TIERING if chosen else seen.data.get("Tier")
    return tier


def _fixed_tier(live: JSON, declared: JSON) -> bool:
    return (live, declared) == (ADVANCED, STANDARD)


def _changed_type(change: FieldChange) -> Iterator[Lost]:
    """AWS changes a type in place, and keeps the earlier versions as they are."""
    if change.after == SECURE:
        yield Lost(Loss.CLEARTEXT_STAYS)
    elif change.before == SECURE:
        yield Lost(Loss.DECRYPTED)


def _fixed_data_type(live: JSON, declared: JSON) -> bool:
    return live != declared and not {live, declared}.isdisjoint(CHECKED_LATER)


def _kms_key(given: Given) -> JSON | Unset:
    return kms.content(DEFAULT_KEY)(given) if given.declared.chosen_type == SECURE else UNSET


def _observe_kms_key(seen: Seen) -> JSON:
    if seen.data.get("Type") != SECURE:
        return None
    return kms.normal(seen.data.get("KeyId"), seen.scope, DEFAULT_KEY)


def _import_kms_key(live: Any, seen: Seen, settings: Settings) -> JSON | Unset:
    return UNSET if live is None else kms.importing(DEFAULT_KEY)(live, seen, settings)


def _send_kms_key(fields: Fields, live: Record) -> Mapping[str, Any]:
    return _KEY.request(fields, live) if fields["type"] == SECURE else {}


_KEY = resent("kms_key", "KeyId")

# A standard parameter is encrypted by the key itself, an advanced one by a data key. A tier that is
# not declared may turn out either.
_ENCRYPTS = {STANDARD: {"kms:Encrypt"}, ADVANCED: {"kms:GenerateDataKey"}}


def _key_use(resource: Resource, use: Use) -> Iterator[KeyUse]:
    """Only what is encrypted has a key."""
    actions = {"kms:Decrypt"} if use.reads else set()
    if use.writes:
        tier = str(resource.fields.get("tier"))
        actions |= _ENCRYPTS.get(tier, {"kms:Encrypt", "kms:GenerateDataKey"})
    key = str(resource.fields["kms_key"])
    yield KeyUse("PARAMETER_ARN", key, tuple(sorted(actions)), use.region, SERVICE)


def _pattern(given: Given) -> JSON | Unset:
    pattern = given.declared.given("allowed_pattern")
    if pattern is None:
        return UNSET
    return None if pattern in (NONE, EVERYTHING) else str(pattern)


def _observe_pattern(seen: Seen) -> JSON:
    pattern: str | None = seen.data.get("AllowedPattern") or None
    return None if pattern == EVERYTHING else pattern


def _send_pattern(fields: Fields, live: Record) -> Mapping[str, Any]:
    pattern = fields.get("allowed_pattern", live.get("AllowedPattern"))
    if pattern is None and live.get("AllowedPattern"):
        pattern = ""  # takes it away
    return {} if pattern is None else {"AllowedPattern": pattern}


def _policies(given: Given) -> JSON | Unset:
    declared = given.declared.given("parameter_policies")
    return UNSET if declared is None else _sorted(declared)


def _observe_policies(seen: Seen) -> JSON:
    return _sorted([json.loads(policy["PolicyText"]) for policy in seen.data.get("Policies") or ()])


def _sorted(policies: list[dict[str, Any]]) -> list[JSON]:
    """Policies in one order, since AWS does not keep any."""
    return sorted(policies, key=lambda policy: json.dumps(policy, sort_keys=True))


def _send_policies(fields: Fields, live: Record) -> Mapping[str, Any]:
    if "parameter_policies" not in fields:
        return {}
    return {"Policies": json.dumps(fields["parameter_policies"])}


def _opens(change: FieldChange, resource: Resource, scope: Scope) -> Iterator[Opened]:
    """What git encrypts and AWS does not."""
    hidden = resource.value is not None and resource.value.plaintext is None
    if hidden and change.after != SECURE:
        yield Opened(Opening.IN_CLEAR, str(change.after))


FIELDS: Table[Seen, Write] = (
    ParameterField(
        name="type",
        type=Literal["String", "StringList", "SecureString"],
        says="SecureString for a `value`, else String",
        content=lambda given: str(given.declared.chosen_type),
        observe=lambda seen: seen.data.get("Type"),
        opens=_opens,
        anew=True,
        loses=_changed_type,
        # It follows from whether the value is to be encrypted.
        imports=lambda *_: UNSET,
        write=resent("type", "Type"),
    ),
    ParameterField(
        name="fingerprint_key",
        content=lambda given: UNSET if given.trust is None else given.trust.kid,
        observe=lambda seen: None if seen.mark is None else seen.mark.kid,
        write=Stamped(),
    ),
    ParameterField(
        name="description",
        type=Annotated[str, pydantic.Field(min_length=1)],
        says="`none` removes it",
        check=_check_description,
        observe=lambda seen: seen.description,
        write=Stamped(),
    ),
    ParameterField(
        name="tier",
        type=Literal["Standard", "Advanced", "Intelligent-Tiering"],
        observe=_observe_tier,
        fixed=_fixed_tier,
        imports=lambda live, *_: UNSET if live in (None, STANDARD) else live,
        write=resent("tier", "Tier"),
    ),
    ParameterField(
        name="kms_key",
        type=kms.KeyName,
        content=_kms_key,
        observe=_observe_kms_key,
        alike=kms.alike("KeyId", DEFAULT_KEY),
        loses=kms.loses,
        opens=kms.opens,
        imports=_import_kms_key,
        write=Sent(_send_kms_key),
        keys=_key_use,
    ),
    ParameterField(
        name="allowed_pattern",
        type=Annotated[str, pydantic.Field(min_length=1, max_length=1024)],
        says="`none` removes it",
        content=_pattern,
        observe=_observe_pattern,
        write=Sent(_send_pattern),
    ),
    ParameterField(
        name="data_type",
        type=DataType,
        observe=lambda seen: seen.data.get("DataType") or "text",
        fixed=_fixed_data_type,
        anew=True,
        imports=lambda live, *_: UNSET if live == "text" else live,
        write=resent("data_type", "DataType"),
    ),
    ParameterField(
        name="parameter_policies",
        type=list[dict[str, Any]],
        says="`[]` removes all",
        content=_policies,
        observe=_observe_policies,
        write=Sent(_send_policies),
    ),
    ParameterField(
        name="tags",
        type=dict[str, str],
        check=tags.check,
        content=tags.content,
        observe=lambda seen: Recorded(None if seen.mark is None else seen.mark.spec),
        deep=tagged.managed,
        around=tagged.around,
        deep_needs=("ssm:ListTagsForResource",),
        write=Tagged(),
    ),
)

# The stamp has room for the digest of one field that no list returns.
(RECORDED,) = (row.name for row in FIELDS if row.deep is not None)

ANEW = frozenset(row.name for row in FIELDS if row.anew)

COSTS = Costs(
    deleted=(Loss.DELETED_WITH_HISTORY,),
    replaced=(Loss.REPLACED_HISTORY,),
    overwritten=(Loss.OVERWRITTEN_HISTORY,),
    fields=losing(FIELDS),
)
