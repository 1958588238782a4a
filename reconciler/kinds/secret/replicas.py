"""Copies of a secret in other Regions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import Field

from reconciler.aws import arn
from reconciler.aws.arn import REGION
from reconciler.aws.client import Aws
from reconciler.core.access import Opened, Opening
from reconciler.core.errors import AwsError
from reconciler.core.model import JSON, FieldChange, Recorded, Resource, Scope
from reconciler.core.reasons import Loss, Lost
from reconciler.kinds.field import UNSET, Given, KeyUse, Permission, Unset, Use, one_by_one
from reconciler.kinds.kind import Declared, Flaw, Job, Record, Settings
from reconciler.kinds.kms import KeyName
from reconciler.kinds.secret.describe import describe, unless
from reconciler.kinds.secret.field import Put, SecretField, Seen
from reconciler.kinds.secret.terms import KEY_CONTEXT, SERVICE

NAME = "replicas"


class Replica(Declared):
    """A copy of a secret in another Region."""

    region: str = Field(pattern=f"^{REGION}$")
    kms_key: KeyName | None = None


def _check(given: list[Replica], settings: Settings | None) -> Iterator[Flaw]:
    regions = [replica.region for replica in given]
    if settings is None and len(set(regions)) < len(regions):
        yield Flaw((NAME,), "replicas", "the same Region is named twice")
    if settings is not None and settings.scope.region in regions:
        yield Flaw((NAME,), "replicas", "a replica is in another Region")


def _content(given: Given) -> JSON | Unset:
    declared: list[Replica] | None = given.declared.given(NAME)
    if declared is None:
        return UNSET
    return [
        {"region": r.region, **({"kms_key": r.kms_key} if r.kms_key else {})}
        for r in sorted(declared, key=lambda r: r.region)
    ]


def _observe(seen: Seen) -> Recorded:
    """A list tells nothing of copies, and a confirming read does."""
    copies = _copies(seen.record, seen.resource) if seen.record.fresh else None
    return Recorded(seen.mark.digests.get(NAME), copies, known=copies is not None)


def _copies(record: Record, resource: Resource | None) -> list[JSON]:
    """The copies in other Regions, in the form in which the manifest declares them.

    AWS always names a copy's key; it is told only where the manifest names one for that Region.
    """
    declared: Any = resource.fields.get(NAME) if resource is not None else None
    keyed = {replica["region"] for replica in declared or () if "kms_key" in replica}
    return [
        {
            "region": entry["Region"],
            **({"kms_key": entry.get("KmsKeyId")} if entry["Region"] in keyed else {}),
        }
        for entry in sorted(record.data.get("ReplicationStatus") or (), key=lambda e: e["Region"])
    ]


def _deep(aws: Aws, resource: Resource) -> JSON:
    name = resource.key.name
    record = describe(aws, name)
    if record is None:
        raise AwsError(
            f"{name} was deleted while it was read",
            operation="DescribeSecret",
            aws_code="ResourceNotFoundException",
            hint="run again",
        )
    return _copies(record, resource)


def _request(replicas: Any) -> list[dict[str, str]]:
    return [
        {"Region": r["region"], **({"KmsKeyId": r["kms_key"]} if "kms_key" in r else {})}
        for r in replicas
    ]


def _created(replicas: Any) -> dict[str, Any]:
    return {"AddReplicaRegions": _request(replicas)} if replicas else {}


def _update(aws: Aws, job: Job, change: FieldChange) -> None:
    """Add, remove, or remove and add (another key) so that the declared Regions have copies."""
    name = job.change.key.name
    after: Any = change.after or []
    live = (
        {e["Region"]: e for e in (job.record.data.get("ReplicationStatus") or ())}
        if job.record
        else {}
    )
    wanted = {replica["region"]: replica for replica in after}
    gone = [
        region
        for region, entry in live.items()
        if region not in wanted
        or ("kms_key" in wanted[region] and entry.get("KmsKeyId") != wanted[region]["kms_key"])
    ]
    new = [replica for region, replica in wanted.items() if region not in live or region in gone]
    if gone:
        remove(aws, name, gone)
    if new:
        with unless(lambda: {replica["region"] for replica in new} <= _replicated(aws, name)):
            aws.call(
                SERVICE,
                "replicate_secret_to_regions",
                SecretId=name,
                AddReplicaRegions=_request(new),
            )


def remove(aws: Aws, name: str, regions: Sequence[str]) -> None:
    """Delete the copies in these Regions. Raises AwsError."""
    with unless(lambda: _replicated(aws, name).isdisjoint(regions)):
        aws.call(
            SERVICE,
            "remove_regions_from_replication",
            SecretId=name,
            RemoveReplicaRegions=sorted(regions),
        )


def _replicated(aws: Aws, name: str) -> set[str]:
    record = describe(aws, name)
    found = record.data.get("ReplicationStatus") if record is not None else None
    return {entry["Region"] for entry in found or ()}


def _needs(replicas: JSON) -> Iterator[Permission]:
    yield Permission("secretsmanager:RemoveRegionsFromReplication")
    if replicas:
        yield Permission("secretsmanager:ReplicateSecretToRegions")


def _key_uses(resource: Resource, use: Use) -> Iterator[KeyUse]:
    """A replica may have a key of its own, in its Region; a value is written there too."""
    declared: Any = resource.fields[NAME] if use.writes else ()
    for replica in declared:
        if "kms_key" in replica:
            actions = ("kms:Encrypt", "kms:GenerateDataKey")
            yield KeyUse(KEY_CONTEXT, replica["kms_key"], actions, replica["region"], SERVICE)


def _loses(change: FieldChange) -> Iterator[Lost]:
    """The copies in Regions that are declared no more; which they are, a list does not tell."""
    if not change.known:
        yield Lost(Loss.UNKNOWN_REPLICAS)
        return
    for region in sorted(_regions(change.before) - _regions(change.after)):
        yield Lost(Loss.REPLICA, region)


def _opens(change: FieldChange, resource: Resource, scope: Scope) -> Iterator[Opened]:
    """New copies, and keys that they did not have."""
    was: Any = change.before if change.known else ()
    keys = {replica.get("kms_key") for replica in was or ()}
    now: Any = change.after
    for replica in now or ():
        if replica["region"] not in _regions(was):
            yield Opened(Opening.REPLICA, str(replica["region"]))
        key = replica.get("kms_key")
        if key is not None and key not in keys:
            yield Opened(Opening.KEY, str(key), arn.foreign(str(key), scope.account))


def _regions(replicas: Any) -> set[str]:
    return {str(replica["region"]) for replica in replicas or ()}


REPLICAS = SecretField(
    name=NAME,
    type=list[Replica],
    says="`[]` removes all",
    check=_check,
    content=_content,
    observe=_observe,
    loses=_loses,
    opens=_opens,
    deep=one_by_one(_deep),  # DescribeSecret, which every role may
    beside=True,
    write=Put(_update, created=_created),
    needs=_needs,
    keys=_key_uses,
)
