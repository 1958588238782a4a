"""How secrets are read, without reading one value, and shaped to compare with what is declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
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
    Resource,
    Rotation,
    Scope,
)
from reconciler.kinds import field, tags
from reconciler.kinds.kind import Record, Settings, listed
from reconciler.kinds.secret.describe import describe as describe
from reconciler.kinds.secret.field import Seen
from reconciler.kinds.secret.fields import COSTS, FIELDS
from reconciler.kinds.secret.terms import NAME
from reconciler.values.sensitive import parse_token, public

READS = NAME
CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
STAGED = "RECONCILER_STAGED"  # on a version that is written and does not serve yet
PAGE = 100
UNUSED = frozenset({"ARN", "CreatedDate", "LastAccessedDate"})


def pages(aws: Aws, scope: Scope) -> Iterator[Sequence[Record]]:
    """All secrets under the prefix, pending deletions included, 100 a call."""
    for page in aws.pages(
        "secretsmanager",
        "list_secrets",
        "SecretList",
        MaxResults=PAGE,
        IncludePlannedDeletion=True,
        Filters=[{"Key": "name", "Values": [scope.under]}],
    ):
        yield [
            listed(name, entry, without=UNUSED)
            for entry in page
            # "Matches the beginning of secret names", in AWS's own idea of case.
            if (name := str(require(entry, "Name", "list_secrets"))).startswith(scope.under)
        ]


def find(
    aws: Aws, names: Iterable[str], scope: Scope, trust: Recogniser
) -> Mapping[str, Record | None]:
    """Each secret read afresh, one DescribeSecret each."""
    wanted = list(names)
    return dict(zip(wanted, aws.each(lambda name: describe(aws, name), wanted), strict=True))


def stages(record: Record) -> Mapping[str, Sequence[str]]:
    """The labels by version id; ListSecrets and DescribeSecret name them differently."""
    data = record.data
    found: Mapping[str, Sequence[str]] = (
        data.get("SecretVersionsToStages") or data.get("VersionIdsToStages") or {}
    )
    return found


def version_at(record: Record, label: str) -> str | None:
    """The version id that holds a label."""
    return next((v for v, labels in stages(record).items() if label in labels), None)


def shape(
    record: Record, resource: Resource | None, trust: Recogniser, scope: Scope
) -> Live | None:
    """What a record says of the secret itself; see :class:`~reconciler.core.model.Live`."""
    data = record.data
    seen = _see(record, resource, trust, scope)
    ownership, owner = owner_of(record, seen.tags, trust, scope)
    return Live(
        key=Key(NAME, record.name),
        fields=field.observed(FIELDS, seen),
        ownership=ownership,
        owner=owner,
        value=seen.value,
        rotation=rotation_of(record),
        deleted=data.get("DeletedDate") is not None,
        costs=COSTS,
        changed=data.get("LastChangedDate"),
    )


def imported(
    record: Record, trust: Recogniser, settings: Settings
) -> tuple[dict[str, JSON], list[str]]:
    """The fields of a declaration of what is live, and notes; see :func:`field.imported`."""
    return field.imported(FIELDS, _see(record, None, trust, settings.scope), settings)


def _see(record: Record, resource: Resource | None, trust: Recogniser, scope: Scope) -> Seen:
    live_tags = tags.from_list(record.data.get("Tags"))
    spec = tags.decode_spec(live_tags.get(tags.SPEC, ""))
    value = _value(record, resource, live_tags, trust)
    return Seen(record, resource, live_tags, spec, value, trust, scope)


def owner_of(
    record: Record, live_tags: Mapping[str, str], trust: Recogniser, scope: Scope
) -> tuple[Ownership, str | None]:
    """Whose a secret is. The owner tag alone proves nothing: anyone may copy it."""
    data = record.data
    if data.get("OwningService"):
        return Ownership.SERVICE, str(data["OwningService"])
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
    )


def _date(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _value(
    record: Record,
    resource: Resource | None,
    live_tags: Mapping[str, str],
    trust: Recogniser,
) -> LiveValue | None:
    version = version_at(record, CURRENT)
    if version is None:
        return None
    earlier = frozenset(
        public(other)
        for other, labels in stages(record).items()
        # A version that is only staged, or only begun, has never served: nothing returns to it.
        if other != version and parse_token(other) and not {*labels} <= {STAGED, PENDING}
    )
    declared = () if resource is None or resource.value is None else resource.value.fingerprints
    known = LiveValue(version, Origin.OUTSIDE, earlier=earlier)
    token = parse_token(version)
    if trust.is_generated(record.name, version):
        known = LiveValue(version, Origin.GENERATED, kid=version[2:8], earlier=earlier)
    elif token is not None and not token.generated and token.kid in trust.kids:
        known = LiveValue(version, Origin.GIT, public(version), token.kid, earlier)
    binding = trust.binding(record.name, version, live_tags.get(tags.BOUND, ""))
    if binding is not None:
        short, kid = binding
        bound = next((f for f in declared if f.startswith(short)), None)
        if bound is not None:
            known = LiveValue(version, Origin.GIT, bound, kid, earlier)
        elif token is not None and not token.generated:
            # A key that has retired wrote it, and the manifest has another value, or none.
            known = LiveValue(version, Origin.GIT, kid=kid, earlier=earlier)
        elif short == public(version)[:32]:
            known = LiveValue(version, Origin.GENERATED, kid=kid, earlier=earlier)
    return known
