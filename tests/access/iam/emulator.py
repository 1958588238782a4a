"""An emulator of AWS that enforces policies: ministack, a process of its own from an environment
of its own (`make emulator`).

What it does not do as AWS does is made up for here, and no more:

- A secret that is to be created it looks for under its name alone, AWS under an ARN with six
  characters more. So creating is allowed under both.
- It knows no condition keys of KMS and Secrets Manager, and of GitHub's claims `aud` and `sub`
  alone. Such conditions are left out: what they say is tested in `test_permissions` and
  `test_trust`.
- It checks the permission of a call's own name only. What AWS asks for besides (`calls.implied`) is
  asked of its SimulatePrincipalPolicy.
- GetParameters it checks against `*`, and not name by name, and DescribeKey against an alias, and
  not against the key: both are simulated, too.
"""

from __future__ import annotations

import copy
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.access.iam.calls import Call
from tests.access.iam.declare import words
from tests.trees import ACCOUNT, REGION

PYTHON = Path(__file__).parents[3] / ".venv/ministack/bin/python"
CREATE = "secretsmanager:CreateSecret"
UNKNOWN = ("kms:", "secretsmanager:")  # condition keys
DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
SERVICES = "iam,sts,secretsmanager,ssm,kms,lambda,tagging"
START = 300.0  # seconds at most until it answers
_ROOT = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


class Emulator:
    """One account whose policies are enforced."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._clients: dict[str, Any] = {}

    @property
    def variables(self) -> dict[str, str]:
        """What leads a process here, as root."""
        return {"AWS_ENDPOINT_URL": self.url, **{k.upper(): v for k, v in _ROOT.items()}}

    def client(
        self, service: str, credentials: Mapping[str, str] = _ROOT, region: str = REGION
    ) -> Any:
        """A client of somebody; of root, if nobody is named."""
        return boto3.client(
            service, endpoint_url=self.url, region_name=region,
            config=Config(retries={"total_max_attempts": 1}), **credentials,
        )  # fmt: skip

    def root(self, service: str) -> Any:
        """Root's client, who may do everything."""
        if service not in self._clients:
            self._clients[service] = self.client(service)
        return self._clients[service]

    def role(self, name: str) -> Identity:
        """A new role, assumed by root."""
        return self.identity("role", name)

    def identity(self, kind: str, name: str) -> Identity:
        """A new role, assumed by root; a new user; or a new group, with one member who acts."""
        return Identity(self, kind, name)


class Identity:
    """Somebody who acts, and the role, the user or the group whose policies can be set."""

    def __init__(self, emulator: Emulator, kind: str, name: str) -> None:
        self.emulator = emulator
        self.kind = kind
        self.name = name
        if kind == "role":
            given = self._role()
        else:
            iam = emulator.root("iam")
            user = name if kind == "user" else f"{name}-member"
            self.arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
            iam.create_user(UserName=user)
            if kind == "group":
                iam.create_group(GroupName=name)
                iam.add_user_to_group(GroupName=name, UserName=user)
            given = iam.create_access_key(UserName=user)["AccessKey"]
        self._credentials = {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
        }
        if "SessionToken" in given:
            self._credentials["aws_session_token"] = given["SessionToken"]
        self.variables = {
            "AWS_ENDPOINT_URL": emulator.url,
            **{key.upper(): value for key, value in self._credentials.items()},
        }
        self._clients: dict[tuple[str, str], Any] = {}

    def _role(self) -> dict[str, str]:
        self.arn = f"arn:aws:iam::{ACCOUNT}:role/{self.name}"
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        iam, sts = self.emulator.root("iam"), self.emulator.root("sts")
        iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps(trust))
        session = sts.assume_role(RoleArn=self.arn, RoleSessionName="tests")
        found: dict[str, str] = session["Credentials"]
        return found

    def may(self, policy: Mapping[str, Any], *more: Mapping[str, Any]) -> None:
        """Let the policies be these, and no others."""
        put = getattr(self.emulator.root("iam"), f"put_{self.kind}_policy")
        for number, document in enumerate((policy, *more)):
            put(
                **{f"{self.kind.capitalize()}Name": self.name},
                PolicyName=f"p{number}",
                PolicyDocument=json.dumps(understood(document)),
            )

    def client(self, service: str, region: str = REGION) -> Any:
        """A client with these credentials."""
        if (service, region) not in self._clients:
            made = self.emulator.client(service, self._credentials, region)
            self._clients[service, region] = made
        return self._clients[service, region]

    def is_denied(self, call: Call) -> bool:
        """Make a call; whether the policy was in its way. Whatever else comes of it, it was let
        through to."""
        try:
            getattr(self.client(call.service, call.region), call.operation)(**call.parameters)
        except ClientError as error:
            return error.response["Error"]["Code"] in DENIED
        return False

    def would_be_denied(self, action: str, resource: str) -> bool:
        """What the emulator's own simulator says of an action that no call asks for by itself."""
        answer = self.emulator.root("iam").simulate_principal_policy(
            PolicySourceArn=self.arn, ActionNames=[action], ResourceArns=[resource]
        )
        decision: str = answer["EvaluationResults"][0]["EvalDecision"]
        return decision != "allowed"


def understood(policy: Mapping[str, Any]) -> dict[str, Any]:
    """A policy as the emulator can enforce it; see above."""
    made: dict[str, Any] = copy.deepcopy(dict(policy))
    for statement in [*made["Statement"]]:
        if CREATE in words(statement["Action"]) and statement["Effect"] == "Allow":
            bare = [name.removesuffix("-??????") for name in words(statement["Resource"])]
            made["Statement"].append({"Effect": "Allow", "Action": CREATE, "Resource": bare})
        condition = {
            operator: known
            for operator, keys in statement.pop("Condition", {}).items()
            if (known := {k: v for k, v in keys.items() if not k.startswith(UNKNOWN)})
        }
        if condition:
            statement["Condition"] = condition
    return made


def without(policy: Mapping[str, Any], action: str) -> dict[str, Any]:
    """A policy that allows everything but one action."""
    made: dict[str, Any] = copy.deepcopy(dict(policy))
    for statement in made["Statement"]:
        if statement["Effect"] == "Allow":
            statement["Action"] = [one for one in words(statement["Action"]) if one != action]
    made["Statement"] = [statement for statement in made["Statement"] if statement["Action"]]
    return made


@contextmanager
def running(folder: Path, services: str = SERVICES) -> Iterator[Emulator]:
    """The emulator on a free port of 127.0.0.1, with a home of its own."""
    if not PYTHON.exists():
        raise AssertionError("the emulator is not installed: make emulator")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    variables = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder),
        "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "AUTH": "true",
        "MINISTACK_ACCOUNT_ID": ACCOUNT, "MINISTACK_REGION": REGION,
        "SERVICES": services, "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [str(PYTHON), "-m", "ministack"], env=variables, cwd=folder, stdin=subprocess.DEVNULL,
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        _answers(url, process, folder / "log")
        yield Emulator(url)
    finally:
        process.terminate()
        process.wait(timeout=START)


def _answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    pool = urllib3.PoolManager(retries=False)
    until = time.monotonic() + START
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            if pool.request("GET", f"{url}/_ministack/health").status == 200:
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
    raise AssertionError(f"the emulator does not answer:\n{log.read_text()[-2000:]}")
