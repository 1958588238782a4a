"""How parameters are read, without reading one value, and shaped to compare."""

from __future__ import annotations

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
from reconciler.kinds import field, tags
from reconciler.kinds.kind import Record, Settings, listed
from reconciler.kinds.parameter import stamp
from reconciler.kinds.parameter.field import Seen
from reconciler.kinds.parameter.fields import ANEW, COSTS, FIELDS
from reconciler.kinds.parameter.terms import NAME, SERVICE
from reconciler.values.sensitive import public

READS = NAME
PAGE = 50
UNUSED = frozenset({"ARN"})
OWNED = "reconciler-owner"  # in a record: the owner tag is this environment's


def pages(aws: Aws, scope: Scope) -> Iterator[Sequence[Record]]:
    """All parameters under the prefix, 50 a call."""
    if not scope.prefix.startswith("/"):
        return  # "fully qualified": a name with slashes begins with one
    path = {"Key": "Path", "Option": "Recursive", "Values": [scope.prefix]}
    for page in _describe(aws, [path]):
        yield [listed(_name(entry), entry, without=UNUSED) for entry in page]


def find(
    aws: Aws, names: Iterable[str], scope: Scope, trust: Recogniser
) -> Mapping[str, Record | None]:
    """Parameters read afresh by name, 50 a call.

    A list returns no tags: whether the owner tag is this environment's is asked, in one more call
    for 50, of those without a valid stamp.
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
        SERVICE, "describe_parameters", "Parameters", MaxResults=PAGE, ParameterFilters=filters
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
    seen = _see(record, resource, trust, scope)
    mark = seen.mark
    ours = mark is not None or data.get(OWNED) is True
    if mark is not None and mark.version == version:
        value = LiveValue(str(version), Origin.GIT, public(mark.fingerprint), mark.kid)
    else:
        # The version is not the one that the stamp names: somebody wrote outside.
        value = LiveValue(str(version), Origin.OUTSIDE)
    fields = field.observed(FIELDS, seen)
    return Live(
        key=Key(NAME, record.name),
        fields=fields,
        ownership=Ownership.OURS if ours else Ownership.FOREIGN,
        value=value,
        fixed=field.fixed(FIELDS, resource, fields),
        anew=ANEW,
        costs=COSTS,
        changed=data.get("LastModifiedDate"),
        changed_by=data.get("LastModifiedUser"),
        as_written=_as_written(fields, ours=ours, stamped=mark is not None, value=value),
        marked=ours,
        lost_key=_lost_key(record, trust),
    )


def _lost_key(record: Record, trust: Recogniser) -> bool:
    if record.data.get(OWNED) is not True:
        return False
    mark = stamp.split(record.data.get("Description"))[1]
    return mark is not None and mark.kid not in trust.kids


def _as_written(
    fields: Mapping[str, JSON | Recorded], *, ours: bool, stamped: bool, value: LiveValue
) -> dict[str, bool]:
    """AWS writes a parameter only as a whole: the version proves every field, or none. Without a
    stamp nobody can tell whether we ever wrote the value."""
    git = value.origin is Origin.GIT
    found = {} if not stamped else {"value": git}
    if ours:
        found |= {name: git for name, one in fields.items() if not isinstance(one, Recorded)}
    return found


def imported(
    record: Record, trust: Recogniser, settings: Settings
) -> tuple[dict[str, JSON], list[str]]:
    """The fields of a declaration of what is live, and notes; see :func:`field.imported`."""
    return field.imported(FIELDS, _see(record, None, trust, settings.scope), settings)


def _see(record: Record, resource: Resource | None, trust: Recogniser, scope: Scope) -> Seen:
    description, mark = stamp.split(record.data.get("Description"))
    if mark is not None and not mark.is_ours(record.name, str(record.data.get("Type")), trust):
        mark = None
    return Seen(record.data, resource, description, mark, scope)
