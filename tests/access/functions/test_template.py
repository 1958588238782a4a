"""The template of an environment's functions: what is in it. AWS's linter reads it beside that of
``bootstrap``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.access import functions
from tests.access.iam.declare import KEY
from tests.inprocess import reconciler
from tests.trees import Tree, clean_environ, make_tree

SCHEDULES = {
    "api": {"lambda": "builtin:random", "schedule": "rate(30 days)",
            "settings": {"length": 40, "key": "key"}},
    "jwt": {"lambda": "builtin:jwt", "schedule": "rate(7 days)"},
    "own": {"lambda": "arn:aws:lambda:us-west-2:123456789012:function:own",
            "schedule": "rate(7 days)"},
    "idle": {"lambda": "builtin:random", "schedule": "rate(7 days)"},
}  # fmt: skip
SECRETS = {
    "mail": {"value": {"key": "k"}, "rotation": "api", "kms_key": KEY},
    "maps": {"value": {"key": "k", "url": "u"}, "rotation": "api", "git_keys": ["url"]},
    "signing": {"value": {"key": "k"}, "rotation": "jwt"},
    "other": {"value": "v", "rotation": "own"},
    "still": {"value": "v"},
}
SECRET = "arn:aws:secretsmanager:us-west-2:123456789012:secret:/test/production"


def rotating(folder: Path) -> Tree:
    """An environment with something of each."""
    entry = {"secrets": SECRETS, "settings": {"schedules": SCHEDULES}}
    return make_tree(folder, {"production": entry})


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return rotating(tmp_path)


def printed(tree: Tree, *built: str, code: int = 0) -> tuple[str, str]:
    """What the command prints, with these functions built."""
    folder = tree.manifests.parent / "built"
    folder.mkdir(exist_ok=True)
    for name in built:
        archive = functions.build(name)
        (folder / archive.key).write_bytes(archive.content)
    done = reconciler(
        ("rotation", "template", "production", "--built", "built"), cwd=tree.manifests.parent,
        environment=clean_environ(),
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout, done.stderr


def template(tree: Tree) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed(tree, "random", "jwt")[0])
    return found


def of(made: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {
        name: one["Properties"] for name, one in made["Resources"].items() if one["Type"] == kind
    }


def test_how_to_deploy_it_is_told(tree: Tree) -> None:
    _, told = printed(tree, "random", "jwt")
    assert "aws cloudformation deploy --stack-name secrets-production-rotation" in told


def test_a_function_for_each_schedule_that_rotates_something(tree: Tree) -> None:
    made = template(tree)
    found = {one["FunctionName"]: one for one in of(made, "AWS::Lambda::Function").values()}
    assert set(found) == {"secrets-production-rotate-api", "secrets-production-rotate-jwt"}
    api = found["secrets-production-rotate-api"]
    assert json.loads(api["Environment"]["Variables"]["SETTINGS"])["length"] == 40
    archive = functions.build("random")
    assert api["Code"] == {"S3Bucket": {"Ref": "Bucket"}, "S3Key": archive.key}
    assert archive.code in {one["CodeSha256"] for one in of(made, "AWS::Lambda::Version").values()}
    for permission in of(made, "AWS::Lambda::Permission").values():
        assert permission["Principal"] == "secretsmanager.amazonaws.com"
        assert permission["SourceAccount"] == "123456789012"
    logs = {one["LogGroupName"] for one in of(made, "AWS::Logs::LogGroup").values()}
    assert logs == {f"/aws/lambda/{name}" for name in found}
    alarms = of(made, "AWS::CloudWatch::Alarm").values()
    assert {one["AlarmName"] for one in alarms} == {f"{name}-Errors" for name in found}
    assert {json.dumps(one["AlarmActions"]) for one in alarms} == {'[{"Ref": "Topic"}]'}


def test_each_may_rotate_its_own_secrets_and_no_others(tree: Tree) -> None:
    made = template(tree)
    (policy,) = [p for n, p in of(made, "AWS::IAM::ManagedPolicy").items() if "Api" in n]
    statements = {one["Sid"]: one for one in policy["PolicyDocument"]["Statement"]}
    rotates = statements["RotateSecrets"]
    assert rotates["Resource"] == (
        [f"{SECRET}/mail-??????", f"{SECRET}/maps-??????"]
    )  # fmt: skip
    assert {one.partition(":")[2] for one in rotates["Action"]} == {
        "DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage",
    }  # fmt: skip
    key = statements["Key1"]
    assert key["Resource"] == KEY
    assert sorted(key["Action"]) == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert key["Condition"]["StringLike"] == {
        "kms:EncryptionContext:SecretARN": ["RequestToValidateKeyAccess", f"{SECRET}/mail-??????"]
    }
    log = statements["Log"]["Resource"]
    assert log.endswith(":log-group:/aws/lambda/secrets-production-rotate-api:*")
    assert set(statements) == {"RotateSecrets", "Key1", "Log"}


def test_a_superuser_secret_is_read_and_nothing_more(tmp_path: Path) -> None:
    schedule = {"lambda": "builtin:postgres", "schedule": "rate(30 days)",
                "settings": {"superuser": "database/admin"}}  # fmt: skip
    login = {"host": "h", "username": "u", "password": "p"}
    secrets = {"database/app": {"value": login, "rotation": "database"},
               "database/admin": {"value": login, "kms_key": KEY}}  # fmt: skip
    entry = {"secrets": secrets, "settings": {"schedules": {"database": schedule}}}
    tree = make_tree(tmp_path, {"production": entry})
    (tmp_path / "built").mkdir()
    archive = functions.Archive("postgres", b"a zip")
    (tmp_path / "built" / archive.key).write_bytes(archive.content)
    made = json.loads(printed(tree)[0])
    (function,) = of(made, "AWS::Lambda::Function").values()
    settings = json.loads(function["Environment"]["Variables"]["SETTINGS"])
    assert settings == {"superuser": "/test/production/database/admin"}
    (policy,) = of(made, "AWS::IAM::ManagedPolicy").values()
    statements = {one["Sid"]: one for one in policy["PolicyDocument"]["Statement"]}
    assert statements["RotateSecrets"]["Resource"] == f"{SECRET}/database/app-??????"
    read = statements["ReadSecrets"]
    assert (read["Action"], read["Resource"]) == (
        "secretsmanager:GetSecretValue", f"{SECRET}/database/admin-??????",
    )  # fmt: skip
    assert statements["ReadKey1"]["Action"] == "kms:Decrypt"


def test_another_version_is_another_template(tree: Tree) -> None:
    before, _ = printed(tree, "random", "jwt")
    for file in (tree.manifests.parent / "built").glob("random-*"):
        file.unlink()
    newer = functions.Archive("random", functions.build("random").content + b" ")
    (tree.manifests.parent / "built" / newer.key).write_bytes(newer.content)
    after, _ = printed(tree)
    changed = [
        line for line in after.splitlines() if line not in before.splitlines()
    ]  # fmt: skip
    assert [line.split('"')[1] for line in changed] == ["S3Key", "CodeSha256"]


def test_a_large_template_is_told(tmp_path: Path) -> None:
    schedules = {
        f"s{n:02}": {"lambda": "builtin:random", "schedule": "rate(9 days)"} for n in range(20)
    }
    secrets = {name: {"value": "v", "rotation": name} for name in schedules}
    entry = {"secrets": secrets, "settings": {"schedules": schedules}}
    _, told = printed(make_tree(tmp_path, {"production": entry}), "random")
    assert "AWS takes 51,200 unless it lies in S3: deploy it with --s3-bucket" in told


def test_nothing_that_comes_with_it_is_used(tmp_path: Path) -> None:
    tree = make_tree(tmp_path, {"production": {"secrets": {"db": {"value": "v"}}}})
    _, told = printed(tree, code=64)
    assert f"production of {tree.manifests.resolve()} rotates nothing by a function that" in told


def test_it_is_not_built(tree: Tree) -> None:
    _, told = printed(tree, code=64)
    assert "built has no jwt-….zip" in told
