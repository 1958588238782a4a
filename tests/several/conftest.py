"""3 accounts × 2 Regions × 5 environments, each with a role of its own, under one login each
account."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.inprocess import reconciler
from tests.trees import Tree, clean_environ, make_tree

ROOT = Path(__file__).parents[2]
ACCOUNTS = {"red": "111111111111", "green": "222222222222", "blue": "333333333333"}
REGIONS = {"us": "us-west-2", "eu": "eu-west-1"}
NAMES = [f"{a}-{r}-{n}" for a in ACCOUNTS for r in REGIONS for n in range(1, 6)]
ROLE = "arn:aws:iam::{account}:role/plan-{environment}"
CONFIGURATION = f'profile = "acme-{{account}}"\nrole_arn = "{ROLE}"\n'


@dataclass
class Fleet:
    """Environments in git, and the accounts that they are in."""

    tree: Tree
    url: str
    home: Path
    _server: subprocess.Popen[str]

    def tell(self, command: str) -> str:
        """Give the server a command."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(command + "\n")
        self._server.stdin.flush()
        return self._server.stdout.readline()

    def calls(self) -> list[dict[str, Any]]:
        """The calls since this was last asked."""
        found: list[dict[str, Any]] = json.loads(self.tell("calls"))
        return found

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A command in this process; calls of before are forgotten."""
        self.calls()
        return reconciler(
            arguments, cwd=self.tree.manifests.parent, environment={**self.environ(), **variables}
        )

    def environ(self) -> dict[str, str]:
        """The variables of somebody who has logged in to each account."""
        return {
            **clean_environ(),
            **self.tree.environ,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_CONFIG_FILE": str(self.home / "aws"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.home / "none"),
            # Nobody may ever be asked with these.
            "AWS_ACCESS_KEY_ID": "AKIASTRANGER",
            "AWS_SECRET_ACCESS_KEY": "stranger",
            "XDG_CONFIG_HOME": str(self.home),
        }

    def client(self, service: str, name: str) -> Any:
        """A client of an environment's account and Region: anybody but the reconciler."""
        account, region, _ = name.split("-")
        session = boto3.session.Session("root", "root", region_name=REGIONS[region])
        sts = session.client("sts", endpoint_url=self.url)
        arn = f"arn:aws:iam::{ACCOUNTS[account]}:role/outside"
        given = sts.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return boto3.client(
            service,
            region_name=REGIONS[region],
            endpoint_url=self.url,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    declared = {"parameters": {"host": {"plaintext": "template"}}}
    tree = make_tree(folder, {"template": declared})
    # An encrypted value goes with its path in a file, and not with what stands beside it.
    settings, main = (tree.read(f"template/{name}.sops.yaml") for name in ("environment", "main"))
    for name in NAMES:
        account, region, _ = name.split("-")
        own = settings.replace("template", name).replace("123456789012", ACCOUNTS[account])
        own = own.replace("us-west-2", REGIONS[region])
        tree.write(f"{name}/environment.sops.yaml", own, encrypt=False)
        tree.write(f"{name}/main.sops.yaml", main.replace("template", name), encrypt=False)
    for file in (tree.manifests / "template").iterdir():
        file.unlink()
    (tree.manifests / "template").rmdir()
    profiles = (
        f"[profile acme-{account}]\naws_access_key_id = AKIA{name.upper()}\n"
        f"aws_secret_access_key = x\n"
        for name, account in ACCOUNTS.items()
    )
    (folder / "aws").write_text("\n".join(profiles))
    (folder / "reconciler").mkdir()
    (folder / "reconciler" / "config.toml").write_text(CONFIGURATION)
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.several.accounts"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        cwd=ROOT, env=clean_environ(),
    )  # fmt: skip
    assert server.stdout is not None
    yield Fleet(tree, server.stdout.readline().strip(), folder, server)
    assert server.stdin is not None
    server.stdin.close()
    server.wait(30)
