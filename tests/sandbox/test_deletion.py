"""Deletion, its recovery window, and what refuses writes."""

from __future__ import annotations

import time
from typing import Any

import pytest

from .conftest import refused, token

WRITES: list[tuple[str, dict[str, Any]]] = [
    ("put_secret_value", {"SecretString": "y"}),
    ("update_secret", {"Description": "d"}),
    ("tag_resource", {"Tags": [{"Key": "k", "Value": "v"}]}),
    ("untag_resource", {"TagKeys": ["k"]}),
    ("rotate_secret", {"RotationRules": {"AutomaticallyAfterDays": 7}}),
    (
        "update_secret_version_stage",
        {"VersionStage": "MINE", "MoveToVersionId": token()},
    ),
    ("put_resource_policy", {"ResourcePolicy": "{}"}),
    ("delete_resource_policy", {}),
    ("replicate_secret_to_regions", {"AddReplicaRegions": [{"Region": "us-east-1"}]}),
]
_moto_lets = {"update_secret_version_stage"}
_moto_refuses = {"update_secret", "rotate_secret"}


@pytest.fixture
def secret(secrets: Any) -> str:
    secrets.create_secret(Name="s", SecretString="x", ClientRequestToken=token())
    return "s"


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        pytest.param(*write, marks=[pytest.mark.moto_too] if write[0] in _moto_refuses else [])
        for write in WRITES
    ],
)
def test_a_pending_deletion_refuses_writes(
    secrets: Any, secret: str, operation: str, given: dict[str, Any]
) -> None:
    """ "InvalidRequestException: ... The secret is scheduled for deletion." """
    secrets.delete_secret(SecretId=secret)
    with refused("InvalidRequestException", "delet"):
        getattr(secrets, operation)(SecretId=secret, **given)


def test_a_create_over_a_pending_deletion_is_refused(secrets: Any, secret: str) -> None:
    """ "You can't create this secret because a secret with this name is already scheduled for
    deletion." The same token and data do not help.
    """
    secrets.delete_secret(SecretId=secret)
    for given in (token(), token("b")):
        with refused("InvalidRequestException", "already scheduled for deletion."):
            secrets.create_secret(Name=secret, SecretString="x", ClientRequestToken=given)


@pytest.mark.moto_too
@pytest.mark.parametrize("days", [6, 31])
def test_the_window_is_7_to_30_days(secrets: Any, secret: str, days: int) -> None:
    """RecoveryWindowInDays: "The number of days from 7 to 30"."""
    with refused("InvalidParameterException", "7 and 30"):
        secrets.delete_secret(SecretId=secret, RecoveryWindowInDays=days)


@pytest.mark.moto_too
def test_a_window_of_no_days_is_refused(secrets: Any, secret: str) -> None:
    """ "You can't use both this parameter and ForceDeleteWithoutRecovery in the same call", not
    even with 0 days.
    """
    with refused("InvalidParameterException", "in conjunction with"):
        secrets.delete_secret(
            SecretId=secret, RecoveryWindowInDays=7, ForceDeleteWithoutRecovery=True
        )
    with refused("InvalidParameterException"):
        secrets.delete_secret(
            SecretId=secret, RecoveryWindowInDays=0, ForceDeleteWithoutRecovery=True
        )
    secrets.describe_secret(SecretId=secret)


def test_deleted_date_and_deletion_date(secrets: Any, secret: str) -> None:
    """DeletionDate: "The date and time after which this secret Secrets Manager can permanently
    delete this secret"; DeletedDate: "The date and time the deletion of the secret occurred."
    """
    answer = secrets.delete_secret(SecretId=secret, RecoveryWindowInDays=7)
    assert answer["DeletionDate"].timestamp() == pytest.approx(time.time() + 7 * 86_400, abs=60)
    shown = secrets.describe_secret(SecretId=secret)
    assert shown["DeletedDate"].timestamp() == pytest.approx(time.time(), abs=60)


@pytest.mark.moto_too
def test_a_forced_deletion_of_a_pending_one(secrets: Any, secret: str) -> None:
    """ "If you forcibly delete an already deleted or nonexistent secret, the operation does not
    return ResourceNotFoundException", and the name, not the label of a former ARN, is free.
    """
    arn = secrets.describe_secret(SecretId=secret)["ARN"]
    secrets.delete_secret(SecretId=secret)
    secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    made = secrets.create_secret(Name=secret, SecretString="x")
    assert made["ARN"] != arn
    # The old ARN names the old secret, not whoever has its name now.
    with refused("ResourceNotFoundException"):
        secrets.describe_secret(SecretId=arn)


def test_a_pending_secret_goes_when_its_window_ends(aws: Any, secrets: Any, secret: str) -> None:
    """ "At the end of the recovery window, Secrets Manager deletes the secret permanently." """
    secrets.delete_secret(SecretId=secret, RecoveryWindowInDays=7)
    aws.secret(secret).purge_at = time.time() - 1
    assert secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"] == []
    with refused("ResourceNotFoundException"):
        secrets.restore_secret(SecretId=secret)
    secrets.create_secret(Name=secret, SecretString="x")


@pytest.mark.moto_too
def test_restore(secrets: Any, secret: str) -> None:
    """ "Cancels the scheduled deletion of a secret by removing the DeletedDate time stamp. You can
    access a secret again after it has been restored." It is readable only then.
    """
    secrets.delete_secret(SecretId=secret)
    with refused("InvalidRequestException"):
        secrets.get_secret_value(SecretId=secret)
    secrets.restore_secret(SecretId=secret)
    assert secrets.get_secret_value(SecretId=secret)["SecretString"] == "x"
    assert "DeletedDate" not in secrets.describe_secret(SecretId=secret)


@pytest.mark.moto_too
def test_lists_hide_pending_deletions(secrets: Any, secret: str) -> None:
    """ "By default, secrets scheduled for deletion aren't included." """
    secrets.delete_secret(SecretId=secret)
    assert secrets.list_secrets()["SecretList"] == []
    shown = secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]
    assert [entry["Name"] for entry in shown] == [secret]


def test_replicas_go_first(secrets: Any, secret: str) -> None:
    """ "You can't delete a primary secret that is replicated to other Regions." """
    secrets.replicate_secret_to_regions(
        SecretId=secret, AddReplicaRegions=[{"Region": "us-east-1"}]
    )
    arn = secrets.describe_secret(SecretId=secret)["ARN"]
    with refused("InvalidParameterException", "us-east-1", arn):
        secrets.delete_secret(SecretId=secret)
    secrets.remove_regions_from_replication(SecretId=secret, RemoveReplicaRegions=["us-east-1"])
    secrets.delete_secret(SecretId=secret)


@pytest.mark.parametrize(
    ("operation", "given"),
    [write for write in WRITES if write[0] != "rotate_secret"]
    + [("delete_secret", {}), ("delete_secret", {"ForceDeleteWithoutRecovery": True})],
)
def test_owned_secrets_refuse_writes(
    aws: Any, secrets: Any, secret: str, operation: str, given: dict[str, Any]
) -> None:
    """ "The secret is managed by another service, and you must use that service to update it." """
    aws.set_owning_service(secret, "rds")
    assert secrets.list_secrets()["SecretList"][0]["OwningService"] == "rds"
    with refused("InvalidRequestException", "managed by another service", "rds"):
        getattr(secrets, operation)(SecretId=secret, **given)


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        pytest.param(*write, marks=[] if write[0] in _moto_lets else [pytest.mark.moto_too])
        for write in [*WRITES, ("delete_secret", {})]
    ],
)
def test_replicas_refuse_writes(
    secrets: Any, client: Any, secret: str, operation: str, given: dict[str, Any]
) -> None:
    """ "Operation not permitted on a replica secret. Call must be made in primary secret's
    region."
    """
    secrets.replicate_secret_to_regions(
        SecretId=secret, AddReplicaRegions=[{"Region": "us-east-1"}]
    )
    there = client("secretsmanager", "us-east-1")
    assert there.list_secrets()["SecretList"][0]["PrimaryRegion"] == "us-west-2"
    with refused("InvalidParameterException", "replica"):
        getattr(there, operation)(SecretId=secret, **given)


def test_a_replica_follows_its_primary(secrets: Any, client: Any, secret: str) -> None:
    """ "Replicates the secret to a new Regions": value, labels, tags and description, the resource
    policy (recorded on AWS), and PrimaryRegion on both sides.
    """
    secrets.replicate_secret_to_regions(
        SecretId=secret, AddReplicaRegions=[{"Region": "us-east-1"}]
    )
    secrets.put_secret_value(SecretId=secret, SecretString="y", ClientRequestToken=token("b"))
    secrets.tag_resource(SecretId=secret, Tags=[{"Key": "k", "Value": "v"}])
    policy = '{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}'
    secrets.put_resource_policy(SecretId=secret, ResourcePolicy=policy)
    there = client("secretsmanager", "us-east-1")
    assert there.get_secret_value(SecretId=secret)["SecretString"] == "y"
    assert there.get_resource_policy(SecretId=secret)["ResourcePolicy"] == policy
    shown = there.list_secrets()["SecretList"][0]
    assert shown["Tags"] == [{"Key": "k", "Value": "v"}]
    assert shown["SecretVersionsToStages"] == {
        token(): ["AWSPREVIOUS"],
        token("b"): ["AWSCURRENT"],
    }
    assert secrets.describe_secret(SecretId=secret)["PrimaryRegion"] == "us-west-2"


def test_a_promoted_replica_stands_alone(secrets: Any, client: Any, secret: str) -> None:
    """StopReplicationToReplica "promotes the replica to a standalone primary secret"."""
    secrets.replicate_secret_to_regions(
        SecretId=secret, AddReplicaRegions=[{"Region": "us-east-1"}]
    )
    there = client("secretsmanager", "us-east-1")
    there.stop_replication_to_replica(SecretId=secret)
    there.put_secret_value(SecretId=secret, SecretString="mine")
    assert secrets.get_secret_value(SecretId=secret)["SecretString"] == "x"
    assert "ReplicationStatus" not in secrets.describe_secret(SecretId=secret)


def test_a_replica_over_a_name_in_use_fails(secrets: Any, client: Any, secret: str) -> None:
    """StatusMessage: "Secret with this name already exists in this region": the status fails, not
    the call; and lists show no replication.
    """
    client("secretsmanager", "us-east-1").create_secret(Name=secret, SecretString="other")
    answer = secrets.replicate_secret_to_regions(
        SecretId=secret, AddReplicaRegions=[{"Region": "us-east-1"}]
    )
    assert answer["ReplicationStatus"][0]["Status"] == "InProgress"
    (status,) = secrets.describe_secret(SecretId=secret)["ReplicationStatus"]
    assert status["Status"] == "Failed"
    assert "already exists" in status["StatusMessage"]
    assert "ReplicationStatus" not in secrets.list_secrets()["SecretList"][0]
    there = client("secretsmanager", "us-east-1").get_secret_value(SecretId=secret)
    assert there["SecretString"] == "other"


def test_made_replicas(aws: Any, secrets: Any, secret: str) -> None:
    """`make_replica` makes one where the public API would need a second Region."""
    aws.make_replica(secret, "eu-west-1")
    assert secrets.list_secrets()["SecretList"][0]["PrimaryRegion"] == "eu-west-1"
    with refused("InvalidParameterException", "replica"):
        secrets.put_secret_value(SecretId=secret, SecretString="y")


def test_a_replica_across_accounts(aws: Any, secrets: Any, secret: str) -> None:
    """ "This field is omitted if the secret is not a cross-account replica." """
    arn = "arn:aws:secretsmanager:us-west-2:210987654321:secret:s-AbCdEf"
    assert "CrossAccountPrimary" not in secrets.describe_secret(SecretId=secret)
    aws.make_cross_account_replica(secret, arn)
    shown = secrets.describe_secret(SecretId=secret)["CrossAccountPrimary"]
    assert shown == {"PrimarySecretARN": arn, "ReplicationStatus": "InSync"}
    with refused("InvalidParameterException", "replica"):
        secrets.put_secret_value(SecretId=secret, SecretString="y")
