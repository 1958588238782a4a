"""How secrets are read, without reading one value, and shaped to compare with what is declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from reconciler.aws.client import Aws, require
from reconciler.aws.recogniser import Recogniser
from reconciler.aws.settling import is_new
from reconciler.core.model import (
    JSON,
    Key,
    Live,
    Origin,
    Ownership,
    Recorded,
    Resource,
    Rotation,
    Scope,
)
from reconciler.core.reasons import Reason, Why
from reconciler.kinds import field, tags
from reconciler.kinds.kind import Record, Settings, listed
from reconciler.kinds.secret import mark
from reconciler.kinds.secret.describe import describe as describe
from reconciler.kinds.secret.describe import primary_elsewhere
from reconciler.kinds.secret.field import Seen
from reconciler.kinds.secret.fields import COSTS, FIELDS
from reconciler.kinds.secret.labels import CURRENT, PENDING, PREVIOUS, version_at
from reconciler.kinds.secret.origin import live_value
from reconciler.kinds.secret.terms import DEFAULT_KEY, NAME, RESTORE, SERVICE

READS = NAME
PAGE = 100


def pages(aws: Aws, scope: Scope) -> Iterator[Sequence[Record]]:
    """All secrets under the prefix, pending deletions included, 100 a call."""
    for page in aws.pages(
        SERVICE,
        "list_secrets",
        "SecretList",
        MaxResults=PAGE,
        IncludePlannedDeletion=True,
        Filters=[{"Key": "name", "Values": [scope.under]}],
    ):
        found: list[Record] = []
        now = aws.now
        for entry in page:
            name = str(require(entry, "Name", "list_secrets"))
            # "Matches the beginning of secret names", in AWS's own idea of case.
            if name.startswith(scope.under):
                record = listed(name, entry)
                if _is_new(record, now):
                    aws.made(SERVICE, name)
                found.append(record)
        yield found


def _is_new(record: Record, now: datetime) -> bool:
    """Whether somebody has just created or restored it: then it is listed before DescribeSecret
    finds it. LastChangedDate is "the last date and time that this secret was modified in any way".
    """
    changed = record.data.get("LastChangedDate") or record.data.get("CreatedDate")
    return is_new(changed, now)


def find(
    aws: Aws, names: Iterable[str], scope: Scope, trust: Recogniser
) -> Mapping[str, Record | None]:
    """Each secret read afresh, one DescribeSecret each."""
    wanted = list(names)
    return dict(zip(wanted, aws.each(lambda name: describe(aws, name), wanted), strict=True))


def shape(
    record: Record, resource: Resource | None, trust: Recogniser, scope: Scope
) -> Live | None:
    """What a record says of the secret itself; see :class:`~reconciler.core.model.Live`."""
    data = record.data
    seen = _see(record, resource, trust, scope)
    ownership, owner = owner_of(record, seen.tags, trust, scope)
    fields = field.observed(FIELDS, seen)
    return Live(
        key=Key(NAME, record.name),
        fields=fields,
        refuses=_refuses(resource, str(fields["kms_key"])),
        ownership=ownership,
        owner=owner,
        value=seen.value,
        rotation=seen.rotation,
        deleted=data.get("DeletedDate") is not None,
        restore=f"{RESTORE} {record.name}",
        costs=COSTS,
        changed=data.get("LastChangedDate"),
        created=_utc(data.get("CreatedDate")),
        read=_utc(data.get("LastAccessedDate")),
        versioned="AWSCURRENT",
        apart=True,
        as_written=_as_written(seen),
        remembered=field.by_name(FIELDS, seen.mark.memory),
        unremembered=_unremembered(seen, fields),
        marked=ownership is Ownership.OURS or _marked(seen),
        beside=_beside(seen),
        forged=seen.mark.forged,
        recalls=seen.mark.whole,
        begun=seen.value is not None and seen.mark.began_at(seen.value.version),
        lost_key=ownership is Ownership.FOREIGN and tags.lost_key(seen.tags, trust, scope),
    )


def _utc(moment: datetime | None) -> datetime | None:
    """A day that AWS tells is one of UTC."""
    return None if moment is None else moment.astimezone(UTC)


def _as_written(seen: Seen) -> dict[str, bool]:
    """Which fields are as we last wrote them; of the value it is told that it is not, where the
    mark says that we have written one."""
    found = field.as_written(FIELDS, seen, seen.mark.memory)
    value, last = seen.value, seen.mark
    if value is not None and value.origin is Origin.OUTSIDE and last.version is not None:
        found["value"] = False
    return found


def _unremembered(seen: Seen, fields: Mapping[str, JSON | Recorded]) -> tuple[str, ...]:
    """What is as declared, and the mark says otherwise, the version of a value included."""
    resource, value, last = seen.resource, seen.value, seen.mark
    if resource is None:
        return ()
    if last.forged:
        return (tags.SPEC,)
    declared = resource.value.fingerprints if resource.value is not None else ()
    elsewhere = (
        value is not None
        and value.fingerprint in declared
        and last.vouches(value.version, version_at(seen.record, PREVIOUS)) is False
    )
    found = field.unremembered(FIELDS, resource, fields, last.memory, whole=last.whole)
    return (*found, "value") if elsewhere else found


def _beside(seen: Seen) -> dict[str, JSON]:
    """Tags that nobody declared: of somebody else, and neither AWS's nor the reconciler's marks."""
    found = tags.foreign(seen.tags, seen.resource)
    return {"tags": found} if found else {}


def _marked(seen: Seen) -> bool:
    """Whether a mark under a known key is on what is not owned, whatever its owner tags say."""
    name, trust = seen.record.name, seen.trust
    last = seen.mark
    return (
        trust.is_proof(name, seen.tags.get(tags.PROOF, ""))
        or last.recorded
        or (seen.value is not None and seen.value.origin in (Origin.GIT, Origin.GENERATED))
    )


def _refuses(resource: Resource | None, live_key: str) -> Mapping[str, Why]:
    """A change away from a key that git does not name."""
    if resource is None or live_key in (DEFAULT_KEY, *resource.former_keys):
        return {}
    return {"kms_key": Why(Reason.PREVIOUS_KEY, live_key)}


def imported(
    record: Record, trust: Recogniser, settings: Settings
) -> tuple[dict[str, JSON], list[str]]:
    """The fields of a declaration of what is live, and notes; see :func:`field.imported`."""
    return field.imported(FIELDS, _see(record, None, trust, settings.scope), settings)


def _see(record: Record, resource: Resource | None, trust: Recogniser, scope: Scope) -> Seen:
    live_tags = tags.from_list(record.data.get("Tags"))
    rotation = rotation_of(record)
    value = live_value(record, resource, rotation, live_tags, trust)
    last = mark.read(record, trust)
    return Seen(record, resource, live_tags, last, value, rotation, trust, scope)


def owner_of(
    record: Record, live_tags: Mapping[str, str], trust: Recogniser, scope: Scope
) -> tuple[Ownership, str | None]:
    """Whose a secret is. The owner tag alone proves nothing: anyone may copy it."""
    data = record.data
    if data.get("OwningService"):
        return Ownership.SERVICE, str(data["OwningService"])
    if data.get("Type"):
        # "The exact string that identifies the partner that holds the external secret."
        return Ownership.PARTNER, str(data["Type"])
    across = primary_elsewhere(record)
    if across is not None:
        return Ownership.ELSEWHERE, across
    primary = data.get("PrimaryRegion")
    if primary and primary != scope.region:
        return Ownership.REPLICA, str(primary)
    owner = live_tags.get(tags.OWNER)
    if owner == scope.owner_id:
        proven = trust.is_proof(record.name, live_tags.get(tags.PROOF, ""))
        return (Ownership.OURS, None) if proven else (Ownership.FOREIGN, None)
    if owner is not None:
        return Ownership.OTHER_OWNER, owner
    stack = live_tags.get("aws:cloudformation:stack-name")
    return Ownership.FOREIGN, None if stack is None else f"CloudFormation stack {stack}"


def rotation_of(record: Record) -> Rotation:
    """The state of a secret's rotation."""
    data = record.data
    pending = version_at(record, PENDING)
    return Rotation(
        enabled=bool(data.get("RotationEnabled")),
        last=_date(data.get("LastRotatedDate")),
        next=_date(data.get("NextRotationDate")),
        pending=pending is not None and pending != version_at(record, CURRENT),
        configured=bool(data.get("RotationRules") or data.get("RotationLambdaARN")),
    )


def _date(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else None
