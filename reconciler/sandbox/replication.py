"""Replicas of a secret in other Regions: copies that follow their primary and refuse writes."""

from __future__ import annotations

from typing import Any

from . import kms
from .account import ACCOUNT, secrets_of
from .refusal import invalid_parameter, invalid_request
from .secret import DEFAULT_KEY, Secret

_FOLLOWED = (
    "description",
    "tags",
    "rules",
    "lambda_arn",
    "enabled",
    "last_rotated",
    "next_rotation",
    "computed_days",
    "owner",
    "last_changed_date",
    "versions",
    "default_version_id",
    "policy",
)


def check_regions(secret: Secret, regions: list[dict[str, Any]]) -> None:
    """Refuse the primary's own Region, and a replica key that does not exist there."""
    for wanted in regions:
        if wanted.get("Region") == secret.region:
            raise invalid_parameter("Invalid replica region.")
        key = wanted.get("KmsKeyId")
        if key:
            kms.check_key(ACCOUNT, wanted["Region"], key)


def add(secret: Secret, regions: list[dict[str, Any]], overwrite: bool) -> None:
    """Add replicas. Where the name is taken, the replica's status is Failed, not the call."""
    for wanted in regions:
        region = wanted["Region"]
        known = [status["Region"] for status in secret.replica_status]
        if region in known:
            raise invalid_parameter(f"The secret is already replicated to {region}.")
        backend = secrets_of(region)
        taken = backend.secrets.find(secret.name)
        status = {"Region": region, "KmsKeyId": wanted.get("KmsKeyId") or DEFAULT_KEY}
        if taken is not None and not overwrite:
            status["Status"] = "Failed"
            status["StatusMessage"] = (
                f"Replication failed: Secret name {secret.name} already exists in region {region}."
            )
        else:
            if taken is not None:
                backend.remove(taken)
            replica = Secret(ACCOUNT, region, secret.name)
            replica.arn = secret.arn.replace(f":{secret.region}:", f":{region}:")
            replica.primary_region = secret.region
            replica.kms_key_id = wanted.get("KmsKeyId") or None
            _follow(replica, secret)
            backend.add(replica)
            status["Status"] = "InSync"
            status["StatusMessage"] = "Replication succeeded"
        secret.replica_status.append(status)
    secret.primary_region = secret.region


def in_progress(secret: Secret) -> list[dict[str, str]]:
    """The replicas' status as it is first."""
    return [
        {"Region": status["Region"], "KmsKeyId": status["KmsKeyId"], "Status": "InProgress"}
        for status in secret.replica_status
    ]


def remove(secret: Secret, regions: list[str]) -> None:
    """Delete the replicas in the given Regions."""
    for status in list(secret.replica_status):
        if status["Region"] in regions:
            replica = _replica(secret, status["Region"])
            if replica is not None:
                secrets_of(status["Region"]).remove(replica)
            secret.replica_status.remove(status)
    if not secret.replica_status:
        secret.primary_region = None


def promote(replica: Secret) -> None:
    """Make a replica stand alone: "promotes the replica to a standalone primary secret"."""
    if not replica.is_replica or replica.primary_region is None:
        raise invalid_request("The secret is not a replica.")
    primary = secrets_of(replica.primary_region).secrets.find(replica.name)
    if primary is not None:
        primary.replica_status = [
            status for status in primary.replica_status if status["Region"] != replica.region
        ]
        if not primary.replica_status:
            primary.primary_region = None
        secrets_of(primary.region).touch(primary)
    replica.primary_region = None
    replica.versions = {
        version_id: version | {"version_stages": list(version["version_stages"])}
        for version_id, version in replica.versions.items()
    }


def sync(secret: Secret) -> None:
    """Bring the replicas up to date with their primary."""
    for status in secret.replica_status:
        replica = _replica(secret, status["Region"])
        if replica is not None:
            _follow(replica, secret)
            secrets_of(status["Region"]).touch(replica)


def _replica(secret: Secret, region: str) -> Secret | None:
    found = secrets_of(region).secrets.find(secret.name)
    return found if found is not None and found.is_replica else None


def _follow(replica: Secret, primary: Secret) -> None:
    for name in _FOLLOWED:
        setattr(replica, name, getattr(primary, name))
