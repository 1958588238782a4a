"""What the printed roles may and may not do. The sandbox judges no policy: without a real account,
an emulator that does is asked.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.access.iam.declare import iam, tree
from tests.access.iam.emulator import Emulator, running
from tests.contract import switches
from tests.contract.account import ROOT, Account
from tests.contract.assumption import assumes
from tests.trees import ACCOUNT

DENIED = ("AccessDenied", "AccessDeniedException")
DECLARED = {"db": {"value": "hidden"}}
PARAMETERS = {"host": {"value": "hidden"}}


class Roles:
    """The printed roles of an environment below the prefix, and who calls under them."""

    def __init__(self, account: Account, emulator: Emulator | None, folder: Path) -> None:
        self.account, self._emulator = account, emulator
        region = account.client("sts").meta.region_name
        self.tree = tree(
            folder,
            DECLARED,
            PARAMETERS,
            prefix=account.prefix,
            account=ACCOUNT if emulator else account.id,
            region=region,
        )

    def root(self, service: str) -> Any:
        """A client of the caller."""
        return self._emulator.root(service) if self._emulator else self.account.client(service)

    def client(self, role: str, service: str) -> Any:
        """A client under a printed role."""
        policy = iam(self.tree, role, "production").policy
        if self._emulator is not None:
            identity = self._emulator.role(self.account.plain(f"{role}-{time.monotonic_ns()}"))
            identity.may(policy)
            return identity.client(service)
        who = self.account.client("sts").get_caller_identity()["Account"]
        with_role = {"AWS": f"arn:aws:iam::{who}:root"}
        self.account.make_role(role, policy, with_role)
        return self.account.client(service, **self.account.assume(role))

    def fill(self) -> None:
        """A secret and a parameter, made by the caller."""
        for service, call, given in (
            ("secretsmanager", "create_secret", {"SecretString": "hidden"}),
            ("ssm", "put_parameter", {"Value": "hidden", "Type": "String"}),
        ):
            name = "db" if service == "secretsmanager" else "host"
            getattr(self.root(service), call)(Name=self.account.name(name), **given)


@pytest.fixture(scope="module")
def emulator(
    whole_run: Account, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Emulator | None]:
    if whole_run.is_real:
        yield None
    else:
        with running(tmp_path_factory.mktemp("emulator")) as found:
            yield found


@pytest.fixture
def roles(account: Account, emulator: Emulator | None, tmp_path: Path) -> Iterator[Roles]:
    made = Roles(account, emulator, tmp_path)
    yield made
    if emulator is not None:
        name = account.name("db")
        emulator.root("secretsmanager").delete_secret(
            SecretId=name, ForceDeleteWithoutRecovery=True
        )
        emulator.root("ssm").delete_parameters(Names=[account.name("host")])


def is_denied(client: Any, operation: str, **given: Any) -> bool:
    try:
        getattr(client, operation)(**given)
    except ClientError as error:
        return error.response["Error"]["Code"] in DENIED
    return False


def _root(self: Roles, role: str, service: str) -> Any:
    return self.root(service)


@assumes(
    "P1",
    "An explicit deny in any of these policies overrides the allow.",
    off=switches.without(Roles, "client", _root),
)
def test_the_plan_role_lists_and_reads_no_value(roles: Roles) -> None:
    roles.fill()
    secret = roles.account.name("db")
    client = roles.client("plan", "secretsmanager")
    roles.account.eventually(lambda: client.list_secrets())
    assert client.describe_secret(SecretId=secret)["Name"] == secret
    assert is_denied(client, "get_secret_value", SecretId=secret)
    assert is_denied(client, "put_secret_value", SecretId=secret, SecretString="x")


@assumes(
    "P1",
    "GetParametersByPath returns children despite an explicit deny on them: the path is denied.",
    off=switches.without(Roles, "client", _root),
)
def test_the_plan_role_reads_no_parameter(roles: Roles) -> None:
    roles.fill()
    client = roles.client("plan", "ssm")
    roles.account.eventually(lambda: client.describe_parameters())
    assert is_denied(client, "get_parameter", Name=roles.account.name("host"))
    assert is_denied(client, "get_parameters_by_path", Path=roles.account.prefix)
    assert is_denied(client, "get_parameter_history", Name=roles.account.name("host"))


@assumes(
    "P1, P5",
    "CreateSecret with tags needs TagResource; resources are matched by ARN.",
    off=switches.without(Roles, "client", _root),
)
def test_the_apply_role_writes_below_its_prefix_and_reads_no_value(roles: Roles) -> None:
    client = roles.client("apply", "secretsmanager")
    name = roles.account.name("db")
    tags = [{"Key": "reconciler:owner", "Value": "test/production"}]
    roles.account.eventually(
        lambda: client.create_secret(Name=name, SecretString="x", Tags=tags), seconds=60
    )
    assert is_denied(client, "get_secret_value", SecretId=name)
    outside = f"{ROOT}{roles.account.run}/outside"
    assert is_denied(client, "create_secret", Name=outside, SecretString="x", Tags=tags)
