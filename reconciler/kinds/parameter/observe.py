"""How parameters are read, without reading one value, and shaped to compare."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.aws.client import Aws, require
from reconciler.aws.recogniser import Recogniser
from reconciler.core.model import (
    JSON,
    Key,
    Live,
    LiveValue,
    Origin,
    Ownership,
    Recorded,
    Resource,
    Scope,
)
from reconciler.kinds import kms, tags
from reconciler.kinds.kind import Record, listed
from reconciler.kinds.parameter import stamp
from reconciler.kinds.parameter.declare import (
    ADVANCED,
    DEFAULT_KEY,
    EVERYTHING,
    NAME,
    SECURE,
    STANDARD,
    TIERING,
    policies,
)
from reconciler.values.sensitive import public

READS = NAME
PAGE = 50
UNUSED = frozenset({"ARN"})
OWNED = "reconciler-owner"  # in a record: the owner tag is ours


def pages(aws: Aws, scope: Scope) -> Iterator[Sequence[Record]]:
    """All parameters under the prefix, 50 a call."""
    path = {"Key": "Path", "Option": "Recursive", "Values": [scope.prefix]}
    for page in _describe(aws, [path]):
        yield [listed(_name(entry), entry, without=UNUSED) for entry in page]


def find(
    aws: Aws, names: Iterable[str], scope: Scope, trust: Recogniser
) -> Mapping[str, Record | None]:
    """Parameters read afresh by name, 50 a call.

    A list returns no tags: whether the owner tag is ours is asked, in one more call for 50, of
    those without a valid stamp.
    """
    wanted = sorted(names)
    found: dict[str, Record | None] = dict.fromkeys(wanted)
    for start in range(0, len(wanted), PAGE):
        for entry in _by_name(aws, wanted[start : start + PAGE]):
            found[_name(entry)] = Record(_name(entry), entry, fresh=True)
    unproven = [
        name for name, record in found.items() if record is not None and not _proven(record, trust)
    ]
    owner = {"Key": f"tag:{tags.OWNER}", "Option": "Equals", "Values": [scope.owner_id]}
    for start in range(0, len(unproven), PAGE):
        for entry in _by_name(aws, unproven[start : start + PAGE], owner):
            record = found[_name(entry)]
            if record is not None:
                found[record.name] = replace(record, data={**record.data, OWNED: True})
    return found


def _by_name(aws: Aws, names: Sequence[str], *more: Mapping[str, Any]) -> Iterator[Any]:
    by_name = {"Key": "Name", "Option": "Equals", "Values": list(names)}
    for page in _describe(aws, [by_name, *more]):
        yield from page


def _describe(aws: Aws, filters: Sequence[Mapping[str, Any]]) -> Iterator[list[Any]]:
    return aws.pages(
        "ssm", "describe_parameters", "Parameters", MaxResults=PAGE, ParameterFilters=filters
    )


def _name(entry: Mapping[str, Any]) -> str:
    return str(require(entry, "Name", "describe_parameters"))


def _proven(record: Record, trust: Recogniser) -> bool:
    mark = stamp.split(record.data.get("Description"))[1]
    return mark is not None and mark.is_ours(record.name, str(record.data.get("Type")), trust)


def shape(
    record: Record, resource: Resource | None, trust: Recogniser, scope: Scope
) -> Live | None:
    """What a record says of the parameter; see :class:`~reconciler.core.model.Live`."""
    data = record.data
    version = int(require(data, "Version", "describe_parameters"))
    description, mark = stamp.split(data.get("Description"))
    if mark is not None and not mark.is_ours(record.name, str(data.get("Type")), trust):
        mark = None
    ours = mark is not None or data.get(OWNED) is True
    if mark is not None and mark.version == version:
        value = LiveValue(str(version), Origin.GIT, public(mark.fingerprint), mark.kid)
    else:
        # The version is not the one that the stamp names: somebody wrote outside.
        value = LiveValue(str(version), Origin.OUTSIDE)
    return Live(
        key=Key(NAME, record.name),
        fields=_fields(data, resource, description, mark, scope),
        ownership=Ownership.OURS if ours else Ownership.FOREIGN,
        value=value,
        fixed=_fixed(data, resource),
        changed=data.get("LastModifiedDate"),
        changed_by=data.get("LastModifiedUser"),
    )


def _fields(
    data: Mapping[str, Any],
    resource: Resource | None,
    description: str | None,
    mark: stamp.Stamp | None,
    scope: Scope,
) -> dict[str, JSON | Recorded]:
    secure = data.get("Type") == SECURE
    # Intelligent-Tiering is a way to choose: what it chose is not a difference.
    chosen = resource is not None and resource.fields.get("tier") == TIERING
    pattern = data.get("AllowedPattern") or None
    return {
        "type": data.get("Type"),
        "fingerprint_key": None if mark is None else mark.kid,
        "description": description,
        "tier": TIERING if chosen else data.get("Tier"),
        "kms_key": kms.normal(data.get("KeyId"), scope, DEFAULT_KEY) if secure else None,
        "allowed_pattern": None if pattern == EVERYTHING else pattern,
        "data_type": data.get("DataType") or "text",
        "parameter_policies": policies(
            [json.loads(policy["PolicyText"]) for policy in data.get("Policies") or ()]
        ),
        "tags": Recorded(None if mark is None else mark.spec),
    }


def _fixed(data: Mapping[str, Any], resource: Resource | None) -> dict[str, str]:
    """Fields that differ and that AWS does not change in place."""
    if resource is None:
        return {}
    fixed = {}
    if data.get("Type") != resource.fields.get("type"):
        fixed["type"] = "AWS does not change a parameter's type in place"
    if data.get("Tier") == ADVANCED and resource.fields.get("tier") == STANDARD:
        fixed["tier"] = "AWS does not turn an advanced parameter into a standard one"
    return fixed
