"""What the runs that are killed have to do: every kind and action."""

from __future__ import annotations

from typing import Any

from tests.faults.account import Account
from tests.faults.direct import KEY, SCOPE, desired
from tests.faults.function import SCHEDULE, clients

NEW_KEY = "a7" * 32
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        }
    ],
}
EUROPE = [{"region": "eu-west-1"}]
BEFORE: dict[str, dict[str, Any]] = {
    "secrets": {
        "changed": {"value": "one", "description": "a", "tags": {"a": "b", "c": "d"}},
        "returns": {"value": "two"},
        "deleted": {"value": "one"},
        "pruned": {"value": "one", "replicas": EUROPE},
        "policed": {"value": "one", "resource_policy": POLICY, "replicas": []},
        "rotates": {"value": "one"},
        "rotates-no-more": {"value": "one", "rotation": SCHEDULE},
        "rescheduled": {"value": "one", "rotation": SCHEDULE},
    },
    "parameters": {
        "changed": {"plaintext": "one", "tags": {"a": "b", "c": "d"}},
        "replaced": {"plaintext": "one"},
        "pruned": {"plaintext": "one"},
    },
}
AFTER: dict[str, dict[str, Any]] = {
    "secrets": {
        "changed": {"value": "two", "description": "b", "tags": {"a": "e"}},
        "returns": {"value": "one"},
        "deleted": {"value": "two", "description": "back"},
        "policed": {"value": "one", "resource_policy": "none", "replicas": EUROPE},
        "rotates": {"value": "one", "rotation": SCHEDULE},
        "rotates-no-more": {"value": "one", "rotation": "none"},
        "rescheduled": {"value": "one", "rotation": {**SCHEDULE, "schedule": "rate(7 days)"}},
        "new": {
            "value": {"user": "u"},
            "resource_policy": POLICY,
            "replicas": EUROPE,
            "rotation": SCHEDULE,
            "tags": {"a": "b"},
        },
        "made": {"generate": {}},
    },
    "parameters": {
        "changed": {"plaintext": "two", "tags": {"a": "c"}},
        "replaced": {"value": "one", "replace": True},
        "new": {"value": "one", "tags": {"a": "b"}},
    },
}
KEPT: dict[str, dict[str, Any]] = {
    "secrets": {"written": {"value": "one"}, "made": {"generate": {}}},
    "parameters": {"host": {"plaintext": "one"}},
}


class Everything:
    """Every kind and action; one of the secrets has rotated."""

    name = "everything"
    git = desired(AFTER)
    calls = frozenset(
        {
            "GetCallerIdentity", "ListSecrets", "DescribeSecret", "DescribeParameters",
            "CreateSecret", "PutSecretValue", "UpdateSecretVersionStage", "UpdateSecret",
            "TagResource", "UntagResource", "PutResourcePolicy", "DeleteResourcePolicy",
            "ReplicateSecretToRegions", "RemoveRegionsFromReplication", "RestoreSecret",
            "DeleteSecret", "RotateSecret", "CancelRotateSecret", "PutParameter",
            "DeleteParameter", "ListTagsForResource", "AddTagsToResource",
            "RemoveTagsFromResource",
        }
    )  # fmt: skip

    @staticmethod
    def arrange(account: Account) -> None:
        account.declare({**BEFORE, "secrets": {**BEFORE["secrets"], "returns": {"value": "one"}}})
        account.apply()
        account.declare(BEFORE)
        account.apply()
        assert account.aws.wait_for_rotations()
        assert account.changes() == {}
        client = clients["secretsmanager"]
        client.rotate_secret(SecretId=f"{SCOPE.under}rescheduled")
        assert account.aws.wait_for_rotations()
        client.delete_secret(SecretId=f"{SCOPE.under}deleted")


class Binding:
    """A new fingerprint key comes first: what is there is bound to it, without a new version of a
    secret."""

    name = "binding"
    git = desired(KEPT, keys=[NEW_KEY, KEY])
    calls = frozenset({"TagResource", "PutParameter"})

    @staticmethod
    def arrange(account: Account) -> None:
        account.declare(KEPT)
        account.apply()


SCENES = {scene.name: scene for scene in (Everything, Binding)}
