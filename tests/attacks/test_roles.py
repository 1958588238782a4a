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

from tests.access.iam.calls import Call
from tests.access.iam.declare import PARAMETER, POLICY, PREFIX, SECRET, iam, tree
from tests.access.iam.emulator import Emulator, Identity, running
from tests.access.iam.test_enforced import EVERYTHING
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
    schedule = {"schedule": "rate(30 days)"}
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
