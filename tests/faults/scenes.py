"""What the runs that are killed have to do: every kind and action."""

from __future__ import annotations

from typing import Any

from reconciler.aws.client import Aws
from reconciler.operations import adopt, planning
from reconciler.operations.planning import Planned
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
SHARED: dict[str, Any] = {"rotation": SCHEDULE, "git_keys": ["host"]}
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
        "shared": {**SHARED, "value": {"password": "one", "host": "one"}},
        "taken": {"external": True, "rotation": "none"},
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
        "shared": {**SHARED, "value": {"password": "one", "host": "two"}},
        "taken": {"value": "two", "rotation": "none", "take": "git"},
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
    """Every kind and action but adopting; some of the secrets have rotated."""

    name = "everything"
    git = desired(AFTER)
    calls = frozenset(
        {
            "GetCallerIdentity", "ListSecrets", "DescribeSecret", "DescribeParameters",
            "GetSecretValue", "CreateSecret", "PutSecretValue", "UpdateSecretVersionStage",
            "UpdateSecret", "TagResource", "UntagResource", "PutResourcePolicy",
            "DeleteResourcePolicy",
            "ReplicateSecretToRegions", "RemoveRegionsFromReplication", "RestoreSecret",
            "DeleteSecret", "RotateSecret", "CancelRotateSecret", "PutParameter",
            "DeleteParameter", "ListTagsForResource", "AddTagsToResource",
            "RemoveTagsFromResource",
        }
    )  # fmt: skip

    @staticmethod
    def make(aws: Aws) -> Planned:
        return planning.make(SCOPE, lambda: Everything.git, aws)

    @staticmethod
    def arrange(account: Account) -> None:
        client = clients["secretsmanager"]
        earlier = {"returns": {"value": "one"}, "taken": {"value": "one", "rotation": SCHEDULE}}
        account.declare({**BEFORE, "secrets": {**BEFORE["secrets"], **earlier}})
        account.apply()
        assert account.aws.wait_for_rotations()  # the test of its function, too
        client.rotate_secret(SecretId=f"{SCOPE.under}taken")
        assert account.aws.wait_for_rotations()
        account.declare(BEFORE)
        account.apply()
        assert account.aws.wait_for_rotations()
        assert account.changes() == {}
        for name in ("rescheduled", "shared"):
            client.rotate_secret(SecretId=f"{SCOPE.under}{name}")
        assert account.aws.wait_for_rotations()
        client.delete_secret(SecretId=f"{SCOPE.under}deleted")


class Binding:
    """A new fingerprint key comes first: what is there is bound to it, without a new version of a
    secret."""

    name = "binding"
    git = desired(KEPT, keys=[NEW_KEY, KEY])
    calls = frozenset({"TagResource", "PutParameter"})

    @staticmethod
    def make(aws: Aws) -> Planned:
        return planning.make(SCOPE, lambda: Binding.git, aws)

    @staticmethod
    def arrange(account: Account) -> None:
        account.declare(KEPT)
        account.apply()


class Adopting:
    """What somebody else made is taken over: equal, other than declared, and generated; and a value
    that git does not have, under another name."""

    name = "adopting"
    git = desired(
        {
            "secrets": {
                "equal": {"value": {"user": "u"}, "tags": {"a": "b"}, "description": "mine"},
                "other": {"value": "one", "resource_policy": POLICY},
                "made": {"generate": {}},
                "external": {"external": True, "description": "theirs"},
                "source": {"external": True},
                "copied": {
                    "external": True,
                    "moved_from": f"{SCOPE.under}source",
                    "resource_policy": POLICY,
                    "tags": {"a": "b"},
                },
            },
            "parameters": {
                "equal": {"plaintext": "one", "tags": {"a": "b"}},
                "other": {"plaintext": "two"},
            },
        }
    )
    calls = frozenset(
        {
            "BatchGetSecretValue", "GetParameters", "TagResource", "PutSecretValue",
            "UpdateSecretVersionStage", "UpdateSecret", "PutResourcePolicy", "PutParameter",
            "AddTagsToResource", "GetSecretValue", "CreateSecret",
        }
    )  # fmt: skip

    @staticmethod
    def make(aws: Aws) -> Planned:
        return adopt.make(SCOPE, lambda: Adopting.git, aws, None, adopt.Take.GIT)

    @staticmethod
    def arrange(account: Account) -> None:
        account.declare({"secrets": {"source": {"value": "one"}}})
        account.apply()
        for name, value in (("equal", '{"user": "u"}'), ("other", "x"), ("made", "x")):
            clients["secretsmanager"].create_secret(Name=SCOPE.under + name, SecretString=value)
        clients["secretsmanager"].create_secret(Name=f"{SCOPE.under}external", SecretString="x")
        for name in ("equal", "other"):
            clients["ssm"].put_parameter(Name=SCOPE.under + name, Value="one", Type="String")


SCENES = {scene.name: scene for scene in (Everything, Binding, Adopting)}
