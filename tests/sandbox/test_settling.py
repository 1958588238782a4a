"""What AWS does not know at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import labels, refused, token

ROLE = "arn:aws:iam::123456789012:role/new"
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "*", "Resource": "*"}
        ],
    }
)
RULES = {"AutomaticallyAfterDays": 7}


@pytest.fixture(autouse=True)
def _two_calls(aws: Any) -> None:
    aws.settling.calls = 2


@pytest.mark.parametrize("how", ["created", "restored"])
def test_a_new_secret_is_not_found_at_once(aws: Any, secrets: Any, deploy: Any, how: str) -> None:
    """Recorded on AWS: DescribeSecret, PutResourcePolicy, RotateSecret and TagResource may not find
    it for a while after CreateSecret and RestoreSecret; each on its own. Others do.
    """
    function = deploy()
    aws.settling.calls = 2 if how == "created" else 0
    secrets.create_secret(Name="s", SecretString="x", ClientRequestToken=token())
    if how == "restored":
        secrets.delete_secret(SecretId="s")
        aws.settling.calls = 2
        secrets.restore_secret(SecretId="s")
    policy = '{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}'
    for operation, given in (
        ("describe_secret", {}),
        ("put_resource_policy", {"ResourcePolicy": policy}),
        ("tag_resource", {"Tags": [{"Key": "k", "Value": "v"}]}),
        ("rotate_secret", {"RotationLambdaARN": function, "RotationRules": RULES}),
    ):
        for _ in range(2):
            with refused("ResourceNotFoundException", "can't find the specified secret."):
                getattr(secrets, operation)(SecretId="s", **given)
        assert secrets.get_secret_value(SecretId="s")["SecretString"] == "x"
        getattr(secrets, operation)(SecretId="s", **given)
    assert aws.wait_for_rotations()


def test_a_new_principal_is_not_known_at_once(aws: Any, secrets: Any) -> None:
    """Recorded on AWS: MalformedPolicyDocumentException for a role that was just made; not again
    once it is known.
    """
    aws.settling.calls = 0
    secrets.create_secret(Name="s")
    aws.settling.calls = 2
    for _ in range(2):
        with refused("MalformedPolicyDocumentException", "unsupported principal"):
            secrets.put_resource_policy(SecretId="s", ResourcePolicy=POLICY)
    for _ in range(2):
        secrets.put_resource_policy(SecretId="s", ResourcePolicy=POLICY)


def test_a_forced_deletion_lingers(secrets: Any) -> None:
    """Recorded on AWS: for seconds it is "scheduled for deletion", then gone; it cannot be
    restored.
    """
    secrets.create_secret(Name="s", SecretString="x")
    secrets.delete_secret(SecretId="s", ForceDeleteWithoutRecovery=True)
    assert secrets.list_secrets()["SecretList"] == []
    with refused("InvalidRequestException", "already scheduled for deletion."):
        secrets.create_secret(Name="s", SecretString="y")
    with refused("ResourceNotFoundException"):
        secrets.restore_secret(SecretId="s")
    secrets.create_secret(Name="s", SecretString="y")
    assert secrets.get_secret_value(SecretId="s")["SecretString"] == "y"


def test_replication_is_in_progress_first(secrets: Any) -> None:
    """Recorded on AWS: InProgress, and only later InSync or Failed."""
    answer = secrets.create_secret(
        Name="s", SecretString="x", AddReplicaRegions=[{"Region": "us-east-1"}]
    )
    seen = [answer["ReplicationStatus"]]
    for _ in range(2):
        with refused("ResourceNotFoundException"):
            secrets.describe_secret(SecretId="s")
    seen += [secrets.describe_secret(SecretId="s")["ReplicationStatus"] for _ in range(3)]
    states = [status["Status"] for (status,) in seen]
    assert states == ["InProgress", "InProgress", "InProgress", "InSync"]


def test_a_rotation_is_not_seen_at_once(aws: Any, secrets: Any, deploy: Any) -> None:
    """Recorded on AWS: DescribeSecret may not show the version that RotateSecret made; its function
    does.
    """
    aws.settling.calls = 0
    secrets.create_secret(Name="s", SecretString="x", ClientRequestToken=token())
    function = deploy(fails="createSecret")
    aws.settling.calls = 2
    secrets.rotate_secret(
        SecretId="s",
        RotationLambdaARN=function,
        RotationRules=RULES,
        ClientRequestToken=token("b"),
    )
    for _ in range(2):
        assert labels(secrets, "s") == {"AWSCURRENT": token()}
    assert labels(secrets, "s") == {"AWSCURRENT": token(), "AWSPENDING": token("b")}
    assert aws.wait_for_rotations()
