"""What the real commands ask of AWS: run on the embedded AWS, each call written down.

So that no table of permissions can drift from the code: `Run.policy` is what `reconciler iam` makes
of the manifests with which the command ran.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from reconciler import manifest
from reconciler.access import iam
from reconciler.access.iam import Role
from reconciler.aws import client as aws
from reconciler.aws import sending
from tests.access.iam.declare import KEY, PARAMETER, POLICY, SECRET, words
from tests.command import command
from tests.operations.test_adopt import script
from tests.trees import REGION
from tests.world import PREFIX, SCHEDULE, World

KEY_ID = KEY.rpartition("/")[2]  # as the reconciler sends it
PREFIXES = {"resourcegroupstaggingapi": "tag"}  # of actions, where the client is called otherwise
IDENTITY = "sts:GetCallerIdentity"  # "No permissions are required to perform this operation."


@dataclass(frozen=True)
class Call:
    """One call, with the values that it carried."""

    service: str
    operation: str  # the client's method
    name: str  # as AWS calls it
    parameters: Mapping[str, Any]
    region: str = REGION

    @property
    def action(self) -> str:
        """The permission that is called like it."""
        return f"{PREFIXES.get(self.service, self.service)}:{self.name}"


@dataclass
class Run:
    """One command, under the role that it is meant for."""

    role: Role
    command: tuple[str, ...]
    policy: dict[str, Any]
    calls: list[Call] = field(default_factory=list)


def allowed(policy: Mapping[str, Any]) -> set[str]:
    """Every action that a policy allows."""
    return {
        action
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow"
        for action in words(statement["Action"])
    }


def implied(call: Call) -> Iterator[tuple[str, str]]:
    """What AWS asks for besides the permission of the call's own name, each with its resource.

    By the pages of the operations: "If you include tags in the secret, you also need
    secretsmanager:TagResource. To add replica Regions, you must also have
    secretsmanager:ReplicateSecretToRegions. To encrypt the secret with a KMS key other than
    aws/secretsmanager, you need kms:GenerateDataKey and kms:Decrypt permission to the key."
    "You also need lambda:InvokeFunction permissions on the rotation function." BatchGetSecretValue:
    "you must have secretsmanager:GetSecretValue for each secret".
    """
    given = call.parameters
    if call.service == "secretsmanager":
        yield from _implied_by_secrets(call, given)
    if call.name == "PutParameter":
        if given.get("Tags"):
            yield "ssm:AddTagsToResource", PARAMETER + given["Name"]
        if given.get("KeyId") == KEY_ID:
            advanced = given.get("Tier") == "Advanced"
            yield "kms:GenerateDataKey" if advanced else "kms:Encrypt", KEY
    if given.get("WithDecryption"):
        yield "kms:Decrypt", KEY


def _implied_by_secrets(call: Call, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    secret = f"{SECRET}{given.get('SecretId') or given.get('Name')}-AbCdEf"
    if call.name == "CreateSecret" and given.get("Tags"):
        yield "secretsmanager:TagResource", secret
    if call.name == "CreateSecret" and given.get("AddReplicaRegions"):
        yield "secretsmanager:ReplicateSecretToRegions", secret
    if given.get("KmsKeyId") == KEY_ID:
        yield "kms:GenerateDataKey", KEY
        yield "kms:Decrypt", KEY
        if call.name == "UpdateSecret":
            # "You must also have kms:GenerateDataKey, kms:Encrypt, and kms:Decrypt permissions on
            # the key."
            yield "kms:Encrypt", KEY
    if given.get("RotationLambdaARN"):
        yield "lambda:InvokeFunction", given["RotationLambdaARN"]
    for name in given.get("SecretIdList", ()):
        yield "secretsmanager:GetSecretValue", f"{SECRET}{name}-AbCdEf"


class Record:
    """All runs, in their order."""

    def __init__(self, world: World, patch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.runs: list[Run] = []
        self._into: list[Call] | None = None
        send = aws.send

        def noting(client: Any, operation: str, name: str, parameters: Mapping[str, Any]) -> Any:
            if self._into is not None:
                service = client.meta.service_model.service_name
                revealed = dict(sending.revealed(parameters))
                self._into.append(Call(service, operation, name, revealed))
            return send(client, operation, name, parameters)

        patch.setattr(aws, "send", noting)

    def run(self, role: str, *arguments: str, deep: bool = False, **how: Any) -> None:
        """Run a command as its role would, and write its calls down."""
        declared = manifest.read(self.world.tree.manifests, "production")
        statements = iam.statements(declared, Role(role), deep=deep)
        policy = json.loads(json.dumps(iam.document(statements)))
        made = Run(Role(role), arguments, policy)
        with self._noting(made.calls):
            command(self.world, *arguments, "--pace", "1000", **how)
        self.runs.append(made)

    def application(self, *calls: Call) -> None:
        """What an application itself asks for."""
        declared = manifest.read(self.world.tree.manifests, "production")
        policy = json.loads(json.dumps(iam.document(iam.statements(declared, Role.READER))))
        self.runs.append(Run(Role.READER, ("application",), policy, list(calls)))

    @contextmanager
    def _noting(self, into: list[Call]) -> Iterator[None]:
        self._into = into
        try:
            yield
        finally:
            self._into = None


# --- what is run ----------------------------------------------------------------------------------

YES = "--auto-approve"
THERE = [{"region": "eu-west-1"}, {"region": "eu-central-1"}]
OTHER = {**POLICY, "Statement": [{**POLICY["Statement"][0], "Sid": "other"}]}
SECRETS: dict[str, Any] = {
    "db": {"value": {"user": "u", "password": "p"}, "rotation": SCHEDULE, "tags": {"a": "b"}},
    "text": {"value": "v", "description": "d", "kms_key": KEY, "replicas": THERE,
             "resource_policy": POLICY, "tags": {"a": "b"}},
    "made": {"generate": {"length": 20}},
    "old": {"value": "v", "name": "prod-db"},
}  # fmt: skip
PARAMETERS: dict[str, Any] = {
    "secure": {"value": "v", "kms_key": KEY, "tier": "Standard", "tags": {"a": "b"}},
    "large": {"value": "v", "kms_key": KEY, "tier": "Advanced"},
    "plain": {"plaintext": "x", "tags": {"a": "b"}},
    "away": {"plaintext": "x", "name": "/elsewhere/away"},
}


def record(world: World, patch: pytest.MonkeyPatch) -> list[Run]:
    """Every command that has a role, in the situations in which it calls AWS for something else."""
    made = Record(world, patch)
    patch.setattr("reconciler.kinds.secret.rotating.wait.PAUSE", 0.05)
    _key(world)
    world.deploy()
    for scenario in (
        _create,
        _look,
        _change,
        _remove,
        _restore_and_prune,
        _by_hand,
        _git_keys,
        _adopt,
    ):
        scenario(world, made)
    return made.runs


def _key(world: World) -> None:
    """A KMS key with the id that the manifests name."""
    from moto.kms.models import kms_backends

    world.client("kms").create_key()
    keys = kms_backends["123456789012"]["us-west-2"].keys
    found = keys.pop(next(iter(keys)))
    found.id, found.arn = KEY_ID, KEY
    keys[KEY_ID] = found


def _create(world: World, made: Record) -> None:
    world.declare(SECRETS, PARAMETERS)
    made.run("plan", "plan", "production")
    made.run("apply", "apply", "production", YES)
    assert world.aws.wait_for_rotations()
    made.run("drift", "drift", "production")
    made.run("reader", "export", "production", "--from", "aws", "--format", "json")
    secret = {"SecretId": f"{PREFIX}/text"}
    parameter = {"Name": f"{PREFIX}/secure", "WithDecryption": True}
    made.application(
        Call("secretsmanager", "get_secret_value", "GetSecretValue", secret),
        Call("ssm", "get_parameter", "GetParameter", parameter),
    )


def _look(world: World, made: Record) -> None:
    """With something to confirm in either list, and something new."""
    world.put_parameter("plain", "theirs")
    world.put_secret("text", "theirs")
    world.client("ssm").add_tags_to_resource(
        ResourceType="Parameter", ResourceId=f"{PREFIX}/plain", Tags=[{"Key": "a", "Value": "c"}]
    )
    more = {**SECRETS, "new": {"value": "v"}}
    world.declare(more, {**PARAMETERS, "new": {"value": "v"}})
    made.run("plan", "plan", "production")
    made.run("drift", "drift", "production", code=2)
    made.run("drift", "drift", "production", "--deep", deep=True, code=2)
    command(world, "lock", "production")
    made.run("plan", "plan", "production", "--keyless")
    made.run("drift", "drift", "production", "--keyless", "--deep", deep=True, code=2)
    made.run("drift", "report", "production")
    # Somebody names the same key by an alias.
    manager = world.client("secretsmanager")
    world.client("kms").create_alias(AliasName="alias/other", TargetKeyId=KEY_ID)
    manager.update_secret(SecretId=f"{PREFIX}/text", KmsKeyId="alias/other")
    made.run("plan", "plan", "production")
    made.run("drift", "drift", "production", code=2)
    world.tree.path("production/fingerprints.lock").unlink()
    made.run("adopt", "drift", "production", "--read-values", code=2)
    world.declare(SECRETS, PARAMETERS)


def _change(world: World, made: Record) -> None:
    secrets = {
        **SECRETS,
        "db": {**SECRETS["db"], "rotation": {**SCHEDULE, "schedule": "rate(60 days)"}, "tags": {}},
        "text": {**SECRETS["text"], "value": "w", "description": "e",
                 "kms_key": "alias/aws/secretsmanager", "previous_kms_keys": [KEY],
                 "resource_policy": OTHER,
                 "replicas": [THERE[0], {"region": "eu-north-1"}]},
    }  # fmt: skip
    world.declare(secrets, {
        **PARAMETERS,
        "secure": {**PARAMETERS["secure"], "tags": {"c": "d"}, "value": "w"},
        "plain": {"value": "now-secure", "replace": True},
    })  # fmt: skip
    made.run("apply", "apply", "production", YES)
    secrets["text"] = {**secrets["text"], "kms_key": KEY}
    world.declare(secrets, PARAMETERS)
    world.declare(secrets, {**PARAMETERS, "plain": {"value": "now-secure"}})
    made.run("apply", "apply", "production", YES)


def _remove(world: World, made: Record) -> None:
    world.declare(
        {
            **SECRETS,
            "db": {**SECRETS["db"], "rotation": "none"},
            "text": {**SECRETS["text"], "value": "w", "replicas": [], "resource_policy": "none"},
        },
        {**PARAMETERS, "plain": {"value": "now-secure"}},
    )
    made.run("apply", "apply", "production", YES)


def _restore_and_prune(world: World, made: Record) -> None:
    kept = {
        "made": SECRETS["made"], "old": SECRETS["old"],
        "text": {"value": "w", "replicas": THERE},
    }  # fmt: skip
    world.client("secretsmanager").delete_secret(SecretId=f"{PREFIX}/made", RecoveryWindowInDays=7)
    guards = {"max_prunes": 10, "max_change_ratio": 1}
    world.declare(kept, {"plain": {"value": "now-secure"}}, prune=True, guards=guards)
    made.run("apply", "apply", "production", YES)
    world.declare({"made": SECRETS["made"], "old": SECRETS["old"]})
    made.run("apply", "apply", "production", YES)
    world.settings()


def _by_hand(world: World, made: Record) -> None:
    world.declare(
        {"turns": {"value": "v", "rotation": SCHEDULE}, "made": SECRETS["made"],
         "typed": {"value": "one"}},
    )  # fmt: skip
    world.converge()
    assert world.aws.wait_for_rotations()
    made.run("apply", "rotate", "production", "turns", "made", YES)
    made.run("apply", "set", "production", "typed", "--apply", YES, stdin="two")
    made.run("apply", "rollback", "production", "typed", YES)


def _git_keys(world: World, made: Record) -> None:
    """Apply reads the one secret of which git owns a key, to write that key."""
    for host in ("one", "two"):
        login = {"user": "u", "password": "p", "host": host}
        world.declare({"login": {"value": login, "rotation": SCHEDULE, "git_keys": ["host"]},
                       "made": SECRETS["made"]})  # fmt: skip
        made.run("plan", "plan", "production")
        made.run("apply", "apply", "production", YES)
        assert world.aws.wait_for_rotations()


def _adopt(world: World, made: Record) -> None:
    world.declare({"made": SECRETS["made"]})
    script(world, {"same": "v", "other": "theirs"}, {"same": "v", "other": "theirs"})
    manager = world.client("secretsmanager")
    manager.create_secret(
        Name="prod-copy", SecretString="v", AddReplicaRegions=[{"Region": "eu-north-1"}]
    )
    manager.update_secret(SecretId=f"{PREFIX}/same", KmsKeyId="alias/other")
    manager.put_resource_policy(SecretId=f"{PREFIX}/same", ResourcePolicy=json.dumps(OTHER))
    declared = {
        "same": {"value": "v", "description": "d", "resource_policy": "none"},
        "other": {"value": "ours"},
        "copied": {"value": "v", "name": "prod-copy", "replicas": THERE, "tags": {"a": "b"},
                   "resource_policy": POLICY},
        "made": SECRETS["made"],
        "moved": {"generate": {}, "moved_from": f"{PREFIX}/made"},
    }  # fmt: skip
    parameters = {
        "same": {"value": "v", "kms_key": KEY, "tags": {"a": "b"}},
        "other": {"value": "ours", "tier": "Advanced", "kms_key": KEY},
    }
    world.declare(declared, parameters, kms_key=KEY)
    made.run("adopt", "adopt", "production", "--take", "git", YES)
    assert world.secret_value("moved") == world.secret_value("made")
    made.run("adopt", "release", "production", "same", "other", "prod-copy", YES)
