"""The account that is asked, and what it answered."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from tests.contract import report

ROOT = "/reconciler-contract/"
"""Where everything is that a run makes; and only that."""
PLAIN = "reconciler-contract-"
"""The same for what has no path: roles, functions and aliases of keys."""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {}, "Action": "sts:AssumeRole"}],
}


class Account:
    """An account, real or of the sandbox, and a random prefix below which a run stays.

    Every answer goes into ``answers``, without values.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        run: str | None = None,
        wait: Callable[[], object] = lambda: None,
    ) -> None:
        self.run = run or secrets.token_hex(4)
        self.is_real = url is None
        self.wait = wait
        """Waits, in the sandbox, until no rotation runs."""
        self.answers: list[dict[str, Any]] = []
        self.test = ""
        self.number = 0
        """Of the test: what one deletes lingers, and must not be in the way of the next."""
        self._made: dict[str, Any] = {}
        self._options: dict[str, Any] = {}
        if url is not None:
            self._options = {
                "endpoint_url": url,
                "region_name": "us-west-2",
                "aws_access_key_id": "test",
                "aws_secret_access_key": "test",
            }

    def client(self, service: str, **credentials: str) -> Any:
        """A client of the caller, or of whoever the credentials are."""
        if not credentials and service in self._made:
            return self._made[service]
        made = boto3.client(service, **self._options | credentials)  # type: ignore[call-overload]
        made.meta.events.register("after-call", self._note)
        if not credentials:
            self._made[service] = made
        return made

    @property
    def secrets(self) -> Any:
        return self.client("secretsmanager")

    @property
    def parameters(self) -> Any:
        return self.client("ssm")

    @property
    def id(self) -> str:
        found: str = self.client("sts").get_caller_identity()["Account"]
        return found

    @property
    def prefix(self) -> str:
        return f"{ROOT}{self.run}/{self.number}"

    def name(self, what: str) -> str:
        """A name below the prefix."""
        return f"{self.prefix}/{what}"

    def plain(self, what: str) -> str:
        """A name of the same run for what has no path."""
        return f"{PLAIN}{self.run}-{self.number}-{what}"

    def eventually(self, look: Callable[[], Any], *, seconds: float = 300.0) -> Any:
        """What ``look`` returns once it neither fails nor is false; how long that took is an answer
        too. The sandbox counts calls, and is asked at once.
        """
        began, tries = time.monotonic(), 0
        while True:
            tries += 1
            try:
                found = look()
            except (AssertionError, ClientError):
                if self._is_over(began, tries, seconds):
                    raise
                found = None
            if found:
                self._lag(time.monotonic() - began, tries)
                return found
            assert not self._is_over(began, tries, seconds), f"not so after {tries} looks"
            if self.is_real:
                time.sleep(min(5.0, 0.5 * tries))

    def assume(self, role: str) -> dict[str, str]:
        """Credentials of a role of this run; a new role may take a while."""
        arn = f"arn:aws:iam::{self.id}:role/{self.plain(role)}"
        sts = self.client("sts")
        given = self.eventually(
            lambda: sts.assume_role(RoleArn=arn, RoleSessionName="contract")["Credentials"],
            seconds=60,
        )
        return {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }

    def make_role(self, role: str, policy: dict[str, Any], principal: dict[str, str]) -> str:
        """A role of this run; its ARN."""
        trust = json.loads(json.dumps(TRUST))
        trust["Statement"][0]["Principal"] = principal
        iam = self.client("iam")
        made = iam.create_role(
            RoleName=self.plain(role), AssumeRolePolicyDocument=json.dumps(trust)
        )
        iam.put_role_policy(
            RoleName=self.plain(role), PolicyName="contract", PolicyDocument=json.dumps(policy)
        )
        arn: str = made["Role"]["Arn"]
        return arn

    def save(self, path: Path) -> None:
        """Write the report."""
        path.write_text(json.dumps({"region": self._region(), "answers": self.answers}, indent=1))

    def _region(self) -> str:
        region: str = self.client("sts").meta.region_name
        return region

    def _is_over(self, began: float, tries: int, seconds: float) -> bool:
        return time.monotonic() - began > seconds if self.is_real else tries >= 20

    def _lag(self, seconds: float, tries: int) -> None:
        if tries > 1:
            lag = {"test": self.test, "looks": tries, "seconds": round(seconds, 1)}
            self.answers.append(lag)

    def _note(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        answer = report.without_values(parsed)
        self.answers.append({"test": self.test, "operation": model.name, "answer": answer})
