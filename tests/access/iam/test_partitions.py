"""Everything that is printed or written for an account names the account's own partition."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

import reconciler
from reconciler import manifest
from reconciler.access import revoke
from reconciler.aws.arn import arn, partition
from tests.access.bootstrap.template import bootstrap
from tests.access.iam.declare import iam, tree
from tests.access.iam.test_trust import ISSUER, WHO
from tests.command import command
from tests.trees import ACCOUNT, Tree
from tests.world import World

REGIONS = {
    "us-west-2": "aws",
    "cn-north-1": "aws-cn",
    "us-gov-west-1": "aws-us-gov",
    "eusc-de-east-1": "aws-eusc",
}
ELSEWHERE = {
    "us-west-2": "eu-west-1", "cn-north-1": "cn-northwest-1", "us-gov-west-1": "us-gov-east-1",
    "eusc-de-east-1": "eusc-de-west-1",
}  # fmt: skip
everywhere = pytest.mark.parametrize("region", REGIONS)


def made_in(region: str, folder: Path) -> Tree:
    """An environment that makes every statement appear."""

    def there(service: str, rest: str, where: str = region) -> str:
        return f"arn:{REGIONS[region]}:{service}:{where}:{ACCOUNT}:{rest}"

    key = there("kms", "key/11111111-2222-3333-4444-555555555555")
    other = ELSEWHERE[region]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": there("iam", "root", "")},
             "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
        ],
    }  # fmt: skip
    rotation = {"lambda": there("lambda", "function:rotate"), "schedule": "rate(30 days)"}
    made = tree(
        folder,
        {
            "db": {"value": {"host": "h", "user": "u"}, "rotation": rotation, "git_keys": ["host"]},
            "gen": {"generate": {}}, "ext": {"external": True, "resource_policy": policy},
            "bare": {"value": "v", "resource_policy": "none", "kms_key": "alias/ours",
                     "previous_kms_keys": [key, "alias/before"]},
            "old": {"value": "v", "name": "prod-db",
                    "replicas": [{"region": other, "kms_key": "alias/ours"}]},
        },
        {"p": {"value": "v"}, "q": {"value": "v", "name": "/elsewhere/q", "replace": True}},
        region=region, kms_key=key, prune=True,
    )  # fmt: skip
    rules = made.read(".sops.yaml").rstrip() + f"\n    kms: {key}\n"
    made.write(".sops.yaml", rules, encrypt=False)
    entry = f"    kms:\n    -   arn: {key}\n        created_at: '2026-01-01'\n        enc: x\n"
    for name in ("production/environment.sops.yaml", "production/main.sops.yaml"):
        made.edit(name, "sops:\n", f"sops:\n{entry}")
    return made


def partitions(text: str) -> set[str]:
    """The partitions of all ARNs in a text."""
    return set(re.findall(r"arn:([^:]+):", text))


ROLES = ("plan", "apply", "drift", "adopt", "reader")


@everywhere
def test_every_policy(tmp_path: Path, region: str) -> None:
    made = made_in(region, tmp_path)
    for arguments in (*((role,) for role in ROLES), ("drift", "--deep")):
        printed = iam(made, arguments[0], "production", *arguments[1:]).out
        assert partitions(printed) == {REGIONS[region]}, arguments
        assert f":secretsmanager:{region}:{ACCOUNT}:secret:" in printed
    for role in ROLES[:-1]:
        printed = iam(made, role, "production", "--trust", *WHO).out
        assert partitions(printed) == {REGIONS[region]}, role


@everywhere
def test_the_template(tmp_path: Path, region: str) -> None:
    printed = bootstrap(made_in(region, tmp_path), "production", *WHO).out
    assert partitions(printed) == {REGIONS[region]}


@everywhere
def test_what_revoke_writes(tmp_path: Path, region: str) -> None:
    declared = manifest.read(made_in(region, tmp_path).manifests, "production")
    document = json.dumps(revoke.policy(declared))
    assert partitions(document) == {REGIONS[region]}
    assert f":secretsmanager:*:{ACCOUNT}:secret:/test/production/*" in document


@pytest.mark.parametrize(
    ("region", "audience"),
    [
        ("us-west-2", "sts.amazonaws.com"),
        ("us-gov-west-1", "sts.amazonaws.com"),
        ("cn-north-1", ["sts.amazonaws.com", "sts.amazonaws.com.cn"]),
        ("eusc-de-east-1", ["sts.amazonaws.com", "sts.amazonaws.eu"]),
    ],
)
def test_whom_github_makes_tokens_for(tmp_path: Path, region: str, audience: Any) -> None:
    """The action asks for `sts.amazonaws.com` unless it is told otherwise; the provider and the
    roles have to take the same."""
    made = made_in(region, tmp_path)
    [statement] = iam(made, "plan", "production", "--trust", *WHO).policy["Statement"]
    assert statement["Condition"]["StringEquals"][f"{ISSUER}:aud"] == audience
    [provider] = bootstrap(made, "production", *WHO).of("AWS::IAM::OIDCProvider").values()
    assert provider["ClientIdList"] == ([audience] if isinstance(audience, str) else audience)


@everywhere
def test_all_of_it_runs(world: World, region: str) -> None:
    """Apply, plan and drift, with a resource policy, on an account in that partition."""
    where = f"arn:{REGIONS[region]}:iam::{ACCOUNT}:root"
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": where},
             "Action": "secretsmanager:DescribeSecret", "Resource": "*"}
        ],
    }  # fmt: skip
    world.declare(
        {"db": {"value": "v", "resource_policy": policy}}, {"p": {"value": "v"}}, region=region
    )
    command(world, "apply", "production", "--auto-approve")
    assert "Nothing to do" in command(world, "plan", "production").out
    command(world, "drift", "production", "--deep")


@pytest.mark.parametrize(
    ("region", "name"),
    [*REGIONS.items(), ("us-iso-east-1", "aws-iso"), ("mx-central-1", "aws"),
     ("us-gov-north-9", "aws-us-gov"), ("zz-nowhere-1", "aws")],
)  # fmt: skip
def test_the_partition_of_a_region(region: str, name: str) -> None:
    """Of one that is newer than botocore too, by its form."""
    assert partition(region).name == name
    assert arn("iam", region, ACCOUNT, "root", "") == f"arn:{name}:iam::{ACCOUNT}:root"
    assert arn("ssm", region, ACCOUNT, "parameter/p") == (
        f"arn:{name}:ssm:{region}:{ACCOUNT}:parameter/p"
    )


# sops itself knows a role behind a key in this one form.
WRITES = {"aws/arn.py", "manifest/recipients.py"}


def test_nothing_else_writes_an_arn() -> None:
    """Only the one module puts words together to an ARN. (The sandbox is not ours to be right by:
    it goes by moto's partitions.)"""
    package = Path(reconciler.__file__).parent
    found = set()
    for file in package.rglob("*.py"):
        name = file.relative_to(package).as_posix()
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.JoinedStr) and any(
                isinstance(part, ast.Constant) and str(part.value).startswith("arn:")
                for part in node.values
            ):
                found.add(name)
    assert {name for name in found if not name.startswith("sandbox/")} == WRITES
