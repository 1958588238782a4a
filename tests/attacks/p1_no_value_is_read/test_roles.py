"""What somebody cannot do who holds the session of a role that `reconciler iam` printed.

On an emulator that judges each call by the policies of its caller, resource policies included.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.access.bootstrap.template import bootstrap
from tests.access.iam.calls import Call
from tests.access.iam.declare import PARAMETER, POLICY, PREFIX, SECRET, iam, tree
from tests.access.iam.emulator import Emulator, Identity, running
from tests.access.iam.test_enforced import EVERYTHING
from tests.access.iam.test_trust import WHO
from tests.trees import Tree

NUMBERS = itertools.count()
NAMES = ("mine", "external", "made", "turning", "undeclared")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running(tmp_path_factory.mktemp("emulator")) as found:
        for name in NAMES:
            found.root("secretsmanager").create_secret(Name=f"{PREFIX}/{name}", SecretString="v")
            found.root("ssm").put_parameter(Name=f"{PREFIX}/{name}", Value="v", Type="String")
        yield found


@pytest.fixture
def who(emulator: Emulator) -> Identity:
    return emulator.role(f"role-{next(NUMBERS)}")


@pytest.fixture
def made(tmp_path: Path) -> Tree:
    """Git has the value of one secret, and no value of three; each may carry a policy."""
    function = "arn:aws:lambda:us-west-2:123456789012:function:rotate"
    schedule = {"schedule": "rate(30 days)", "lambda": function}
    common = {"resource_policy": POLICY}
    return tree(
        tmp_path,
        {
            "mine": {"value": "v", **common},
            "external": {"external": True, **common},
            "made": {"generate": {}, **common},
            "turning": {"rotation": schedule, **common},
        },
        {"mine": {"value": "v"}},
    )


def read(name: str) -> Call:
    return Call("secretsmanager", "get_secret_value", "GetSecretValue",
                {"SecretId": f"{PREFIX}/{name}"})  # fmt: skip


def grant(who: Identity, name: str) -> Call:
    """Let a secret's own policy allow the role to read it."""
    allow = {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*",
             "Principal": {"AWS": who.arn}}  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    return Call("secretsmanager", "put_resource_policy", "PutResourcePolicy",
                {"SecretId": f"{PREFIX}/{name}", "ResourcePolicy": policy})  # fmt: skip


FOREIGN = ("external", "made", "turning")


@pytest.mark.parametrize("role", ["apply", "adopt"])
@pytest.mark.parametrize("name", FOREIGN)
def test_nobody_grants_itself_a_read(made: Tree, who: Identity, role: str, name: str) -> None:
    """Both may write resource policies, which is how they would."""
    who.may(iam(made, role, "production").policy)
    assert not who.is_denied(grant(who, name))
    assert who.is_denied(read(name))
    assert who.is_denied(Call("secretsmanager", "get_secret_value", "GetSecretValue", {
        "SecretId": f"{PREFIX}/{name}", "VersionStage": "AWSCURRENT",
    }))  # fmt: skip
    batch = who.client("secretsmanager")
    if role == "adopt":
        answer = batch.batch_get_secret_value(SecretIdList=[f"{PREFIX}/{name}", f"{PREFIX}/mine"])
        assert {value["Name"] for value in answer["SecretValues"]} == {f"{PREFIX}/mine"}


def test_adopt_reads_what_git_has_and_nothing_else_whatever_allows_it(
    made: Tree, who: Identity
) -> None:
    policy = iam(made, "adopt", "production").policy
    for more in ((), (EVERYTHING,)):
        who.may(policy, *more)
        assert not who.is_denied(read("mine"))
        assert not who.would_be_denied("ssm:GetParameters", f"{PARAMETER}{PREFIX}/mine")
    for name in (*FOREIGN, "undeclared"):
        assert who.is_denied(read(name)), name
    for name in ("/test/staging/db-AbCdEf", "prod-db-AbCdEf"):
        assert who.would_be_denied("secretsmanager:GetSecretValue", SECRET + name)
    assert who.would_be_denied("ssm:GetParameters", f"{PARAMETER}{PREFIX}/undeclared")
    for action in ("ssm:GetParameter", "ssm:GetParameterHistory", "ssm:GetParametersByPath"):
        assert who.would_be_denied(action, f"{PARAMETER}{PREFIX}/mine"), action


def test_the_key_of_the_manifests_is_for_whom_its_policy_names(
    made: Tree, emulator: Emulator, who: Identity
) -> None:
    """An administrator whom IAM allows everything decrypts no manifests, nor lets others."""
    roles = {name: emulator.role(f"{name}-{next(NUMBERS)}") for name in ("apply", "adopt")}
    editor = emulator.role(f"editor-{next(NUMBERS)}")
    template = bootstrap(made, "production", *WHO).template
    policy = template["Resources"]["ManifestsKey"]["Properties"]["KeyPolicy"]
    for statement in policy["Statement"]:
        if statement["Sid"] == "Edit":
            statement["Principal"] = {"AWS": [editor.arn]}
        elif statement["Sid"] == "Decrypt":
            statement["Principal"] = {"AWS": [one.arn for one in roles.values()]}
    kms = emulator.root("kms")
    key = kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["KeyId"]
    for one in (who, editor, *roles.values()):
        one.may(EVERYTHING)
    encrypt = Call("kms", "encrypt", "Encrypt", {"KeyId": key, "Plaintext": b"data key"})
    assert not editor.is_denied(encrypt)
    sealed = editor.client("kms").encrypt(**encrypt.parameters)["CiphertextBlob"]
    decrypt = Call("kms", "decrypt", "Decrypt", {"CiphertextBlob": sealed})
    given = {"KeyId": key, "GranteePrincipal": who.arn, "Operations": ["Decrypt"]}
    grant = Call("kms", "create_grant", "CreateGrant", given)
    describe = Call("kms", "describe_key", "DescribeKey", {"KeyId": key})
    assert not any(one.is_denied(decrypt) for one in (editor, *roles.values()))
    assert not who.is_denied(describe)
    assert [call.name for call in (encrypt, decrypt, grant) if not who.is_denied(call)] == []


@pytest.mark.parametrize("role", ["plan", "drift", "apply", "adopt", "reader"])
def test_lists_end_at_the_region(made: Tree, who: Identity, role: str) -> None:
    """A list is of all names of the account, and whoever has a branch may run the plan role."""
    who.may(iam(made, role, "production").policy)
    calls = {
        "plan": [("secretsmanager", "list_secrets", {}), ("ssm", "describe_parameters", {})],
        "reader": [("secretsmanager", "batch_get_secret_value",
                    {"SecretIdList": [f"{PREFIX}/mine"]})],
    }  # fmt: skip
    for service, operation, given in calls.get(role, calls["plan"]):
        assert not who.is_denied(Call(service, operation, "", given))
        for region in ("eu-west-1", "us-east-1"):
            assert who.is_denied(Call(service, operation, "", given, region)), region


def test_where_the_names_fit_into_no_policy_what_it_may_write_is_denied_still(
    tmp_path: Path, who: Identity
) -> None:
    """A denial of all names but these cannot be cut in two."""
    many: dict[str, Any] = {f"{'service' * 6}-{n}": {"value": "v"} for n in range(120)}
    foreign = {"external": True, "resource_policy": POLICY}
    made = tree(tmp_path, {**many, "mine": {"value": "v"}, "external": foreign})
    parts = int(iam(made, "adopt", "production", "--part", "1").err.split(" of ")[1].split()[0])
    policies = [iam(made, "adopt", "production", "--part", str(n + 1)).policy for n in range(parts)]
    assert all(len(json.dumps(one, separators=(",", ":"))) <= 6144 for one in policies)
    who.may(*policies, EVERYTHING)
    assert not who.is_denied(read("mine"))
    assert who.is_denied(read("external"))
