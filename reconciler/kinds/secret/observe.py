"""How secrets are read, without reading one value, and shaped to compare with what is declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from reconciler.aws.client import Aws, require
from reconciler.aws.recogniser import Recogniser
from reconciler.core.errors import AwsError
from reconciler.core.model import (
    JSON,
    Key,
    Live,
    LiveValue,
    Origin,
    Ownership,
    Recorded,
    Resource,
    Rotation,
    Scope,
)
from reconciler.kinds import kms, tags
from reconciler.kinds.kind import Record, listed
from reconciler.kinds.secret.declare import DEFAULT_KEY, NAME
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


def describe(aws: Aws, name: str) -> Record | None:
    """One secret read afresh; None only where AWS says that there is no such secret."""
    try:
        data = aws.call("secretsmanager", "describe_secret", needs="Name", SecretId=name)
    except AwsError as error:
        if error.aws_code == "ResourceNotFoundException":
            return None
        raise
    if require(data, "Name", "describe_secret") != name:
        # AWS takes a name without its ARN's six characters for the secret's own.
        return None
    return Record(name, data, fresh=True)


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
    live_tags = tags.from_list(data.get("Tags"))
    ownership, owner = owner_of(record, live_tags, trust, scope)
    value = _value(record, resource, live_tags, trust)
    return Live(
        key=Key(NAME, record.name),
        fields=_fields(record, resource, live_tags, value, trust, scope),
        ownership=ownership,
        owner=owner,
        value=value,
        rotation=rotation_of(record),
        deleted=data.get("DeletedDate") is not None,
        changed=data.get("LastChangedDate"),
    )


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


def _fields(
    record: Record,
    resource: Resource | None,
    live_tags: Mapping[str, str],
    value: LiveValue | None,
    trust: Recogniser,
    scope: Scope,
) -> dict[str, JSON | Recorded]:
    data = record.data
    declared = resource.fields.get("tags") if resource is not None else None
    keys = declared if isinstance(declared, Mapping) else {}
    spec = tags.decode_spec(live_tags.get(tags.SPEC, ""))
    recovery = live_tags.get(tags.RECOVERY, "")
    copies = replicas(record, resource) if record.fresh else None
    return {
        "fingerprint_key": _key_in_use(resource, live_tags, value, trust),
        "description": data.get("Description") or None,
        "kms_key": kms.normal(data.get("KmsKeyId"), scope, DEFAULT_KEY),
        "tags": {**tags.managed(live_tags, keys), **tags.forgotten(live_tags, keys)},
        "replicas": Recorded(spec.get("replicas"), copies, known=copies is not None),
        "resource_policy": Recorded(spec.get("resource_policy")),
        "recovery_window": int(recovery) if recovery.isdigit() else None,
    }


def _key_in_use(
    resource: Resource | None,
    live_tags: Mapping[str, str],
    value: LiveValue | None,
    trust: Recogniser,
) -> str:
    """The fingerprint key that has to stay in the manifest for the marks of this secret to hold.

    A value that is going to be written anew, or that is not ours, depends on none.
    """
    proof_kid = live_tags.get(tags.PROOF, "")[:6]
    if proof_kid != trust.kid or value is None or value.kid is None:
        return proof_kid
    declared = resource.value.fingerprints if resource and resource.value else ()
    stays = value.origin is Origin.GENERATED or value.fingerprint in declared
    return value.kid if stays else proof_kid


def replicas(record: Record, resource: Resource | None) -> list[JSON]:
    """The copies in other Regions, in the form in which the manifest declares them.

    AWS always names a copy's key; it is told only where the manifest names one for that Region.
    """
    declared: Any = resource.fields.get("replicas") if resource is not None else None
    keyed = {replica["region"] for replica in declared or () if "kms_key" in replica}
    return [
        {
            "region": entry["Region"],
            **({"kms_key": entry.get("KmsKeyId")} if entry["Region"] in keyed else {}),
        }
        for entry in sorted(record.data.get("ReplicationStatus") or (), key=lambda e: e["Region"])
    ]
