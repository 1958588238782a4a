"""The policy of a function, enforced: on an emulator that judges each call by it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.access.functions.test_template import SECRETS, of, template, tree
from tests.access.iam.emulator import running, without
from tests.kinds.rotation.functions.steps import rotating
from tests.trees import Tree
from tests.world import PREFIX, World

__all__ = ["tree"]


def test_it_calls_what_its_policy_allows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """And gives a rotation up, which moves a label too."""
    made = rotating(world, monkeypatch, "random", '{"key": "k"}', key="key")
    made.rotate()
    assert {f"secretsmanager:{one}" for one in made.calls} == {
        "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage",
    }  # fmt: skip


def test_each_permission_is_needed_and_others_secrets_are_denied(
    tree: Tree, tmp_path: Path
) -> None:
    policies = of(template(tree), "AWS::IAM::ManagedPolicy")
    (policy,) = [p["PolicyDocument"] for n, p in policies.items() if "Api" in n]
    (tmp_path / "emulator").mkdir()
    with running(tmp_path / "emulator") as emulator:
        root = emulator.root("secretsmanager")
        for name in SECRETS:
            root.create_secret(Name=f"{PREFIX}/{name}", SecretString=json.dumps({"key": "k"}))
        role = emulator.role("rotates")
        client = role.client("secretsmanager")

        def calls(name: str) -> dict[str, Callable[[], Any]]:
            secret = f"{PREFIX}/{name}"
            version = root.describe_secret(SecretId=secret)["VersionIdsToStages"]
            return {
                "DescribeSecret": lambda: client.describe_secret(SecretId=secret),
                "GetSecretValue": lambda: client.get_secret_value(SecretId=secret),
                "PutSecretValue": lambda: client.put_secret_value(
                    SecretId=secret, SecretString="v", VersionStages=["AWSPENDING"]
                ),
                "UpdateSecretVersionStage": lambda: client.update_secret_version_stage(
                    SecretId=secret, VersionStage="L", MoveToVersionId=next(iter(version))
                ),
            }

        for action, call in calls("mail").items():
            role.may(policy)
            call()
            role.may(without(policy, f"secretsmanager:{action}"))
            with pytest.raises(ClientError, match="AccessDenied"):
                call()
        role.may(policy)
        for other in ("signing", "other", "still"):
            for call in calls(other).values():
                with pytest.raises(ClientError, match="AccessDenied"):
                    call()
        assert not role.would_be_denied("kms:GenerateDataKey", json_key(policy))
        role.may(without(policy, "kms:GenerateDataKey"))
        assert role.would_be_denied("kms:GenerateDataKey", json_key(policy))


def json_key(policy: dict[str, Any]) -> str:
    """The key of KMS that a policy names."""
    (found,) = [one["Resource"] for one in policy["Statement"] if one["Sid"] == "Key1"]
    return str(found)
