"""The template: what is in it, whom it lets do what, and that AWS's own linter has no word."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.access.bootstrap.template import WHO, Printed, bootstrap, counts, declare
from tests.access.functions.test_template import printed as printed_functions
from tests.access.functions.test_template import rotating
from tests.access.iam.declare import iam
from tests.leaks.test_leaks import Canaries
from tests.trees import Tree, make_tree

SECRET = "arn:aws:secretsmanager:us-west-2:123456789012:secret:"
ROLES = ("plan", "apply", "drift", "adopt")


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return declare(tmp_path)


@pytest.fixture
def printed(tree: Tree) -> Printed:
    return bootstrap(tree, "production", *WHO)


def lint(folder: Path, *templates: str) -> str:
    """What cfn-lint says: errors and warnings. Its start takes longer than its work."""
    files = [folder / f"template-{number}.json" for number, _ in enumerate(templates)]
    for file, template in zip(files, templates, strict=True):
        file.write_text(template)
    done = subprocess.run(
        [str(Path(sys.executable).parent / "cfn-lint"), "--", *map(str, files)],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_it_is_clean_under_cfn_lint(printed: Printed, tmp_path: Path) -> None:
    """And so is the template of rotation functions."""
    (tmp_path / "rotating").mkdir()
    functions, _ = printed_functions(rotating(tmp_path / "rotating"), "random", "jwt")
    assert lint(tmp_path, printed.out, functions) == ""


def test_a_large_environment_is_cut_into_policies_that_aws_takes(tmp_path: Path) -> None:
    many = {f"{'service' * 9}-{n:03}/credentials": {"value": "v"} for n in range(420)}
    large = bootstrap(make_tree(tmp_path, {"production": {"secrets": many}}), "production", *WHO)
    policies = large.of("AWS::IAM::ManagedPolicy")
    for policy in policies.values():
        assert len(json.dumps(policy["PolicyDocument"], separators=(",", ":"))) <= 6144
    role = large.of("AWS::IAM::Role")["ApplyRole"]
    attached = [one["Ref"] for one in role["ManagedPolicyArns"]]
    assert len(attached) > 10
    told = f"secrets-apply-production has {len(attached)} policies, and AWS takes 10 unless"
    assert told in large.err
    assert "secrets-plan-production" not in large.err
    assert set(attached) == {name for name in policies if name.startswith("ApplyPolicy")}
    assert "AWS takes 51,200 unless it lies in S3: deploy it with --s3-bucket" in large.err


def test_the_roles_are_those_that_iam_prints(tree: Tree, printed: Printed) -> None:
    roles = printed.of("AWS::IAM::Role")
    policies = printed.of("AWS::IAM::ManagedPolicy")
    for name in ROLES:
        role = roles[f"{name.capitalize()}Role"]
        assert role["RoleName"] == f"secrets-{name}-production"
        (attached,) = role["ManagedPolicyArns"]
        assert policies[attached["Ref"]]["PolicyDocument"] == iam(tree, name, "production").policy
        trust = iam(tree, name, "production", "--trust", *WHO).policy
        assert role["AssumeRolePolicyDocument"] == trust
    assert policies["ReaderPolicy1"]["PolicyDocument"] == iam(tree, "reader", "production").policy
    attached_somewhere = json.dumps(list(roles.values()))
    assert "ReaderPolicy" not in attached_somewhere


def test_sessions_of_those_that_write_may_last_as_long_as_their_jobs(printed: Printed) -> None:
    """AWS renews none, and an hour is about 10,800 parameters at three a second."""
    roles = printed.of("AWS::IAM::Role")
    lasts = {
        name: roles[name].get("MaxSessionDuration")
        for name in map("{}Role".format, ("Plan", "Apply", "Drift", "Adopt"))
    }
    assert lasts == {"PlanRole": None, "ApplyRole": 14400, "DriftRole": None, "AdoptRole": 14400}
    for role in ("apply", "adopt"):
        text = (Path(__file__).parents[3] / f".github/workflows/secrets-{role}.yml").read_text()
        assert "role-duration-seconds: ${{ vars.SECRETS_SESSION_SECONDS || '3600' }}" in text
        longest = max(map(int, re.findall(r"timeout-minutes: (\d+)", text)))
        assert longest * 60 > 14400


def test_the_drift_role_may_look_deep_where_that_is_asked_for(tree: Tree, printed: Printed) -> None:
    deep = bootstrap(tree, "production", "--deep", *WHO).of("AWS::IAM::ManagedPolicy")
    usual = printed.of("AWS::IAM::ManagedPolicy")
    assert {name for name in deep if deep[name] != usual[name]} == {"DriftPolicy1"}
    wanted = iam(tree, "drift", "production", "--deep").policy
    assert deep["DriftPolicy1"]["PolicyDocument"] == wanted
    assert "--key-only takes" in bootstrap(tree, "new", "--key-only", "--deep", code=64).err


def test_the_key_is_kept_and_its_policy_says_who_decrypts(printed: Printed) -> None:
    made = printed.template["Resources"]["ManifestsKey"]
    assert (made["DeletionPolicy"], made["UpdateReplacePolicy"]) == ("Retain", "Retain")
    account, edit, decrypt = made["Properties"]["KeyPolicy"]["Statement"]
    root = "arn:aws:iam::123456789012:root"
    assert account["Principal"] == {"AWS": root}
    assert edit["Principal"] == {"AWS": {"Ref": "Editors"}}
    assert printed.template["Parameters"]["Editors"]["Default"] == root
    assert decrypt["Action"] == "kms:Decrypt"
    roles = [one["Fn::GetAtt"][0] for one in decrypt["Principal"]["AWS"]]
    assert roles == ["ApplyRole", "AdoptRole"]


def test_nothing_that_keeps_data_goes_with_the_stack(printed: Printed) -> None:
    for name, made in printed.template["Resources"].items():
        if made["Type"] in ("AWS::S3::Bucket", "AWS::Logs::LogGroup", "AWS::KMS::Key"):
            assert made["DeletionPolicy"] == made["UpdateReplacePolicy"] == "Retain", name


def test_every_rule_and_every_alarm_tells_the_topic(printed: Printed) -> None:
    rules = printed.of("AWS::Events::Rule")
    assert set(rules) == {
        "RotationSucceededRule", "RotationFailedRule", "RotationTestFailedRule",
        "RotationAbandonedRule",
        "SecretLabelUpdatedRule", "SecretValuePutRule", "SecretChangedRule", "SecretTaggedRule",
        "SecretUntaggedRule",
        "SecretDeletedRule", "ParameterChangedRule", "ParameterDeletedRule",
        "ParametersDeletedRule", "LoggingStoppedRule",
    }  # fmt: skip
    for rule in rules.values():
        told, starts = rule["Targets"]
        assert told["Arn"] == {"Ref": "Topic"}
        assert starts["Fn::If"][::2] == ["StartsDrift", {"Ref": "AWS::NoValue"}]
    alarms = printed.of("AWS::CloudWatch::Alarm")
    assert set(alarms) == {"RotationFailedAlarm", "DeniedCallsAlarm", "ValueReadsAlarm"}
    filters = printed.of("AWS::Logs::MetricFilter").values()
    counted = {one["MetricTransformations"][0]["MetricName"] for one in filters}
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == [{"Ref": "Topic"}]
        assert alarm["MetricName"] in counted
    publishers = printed.of("AWS::SNS::TopicPolicy")["TopicPolicy"]["PolicyDocument"]["Statement"]
    assert {one["Principal"]["Service"] for one in publishers} == {
        "events.amazonaws.com", "cloudwatch.amazonaws.com",
    }  # fmt: skip


def test_what_somebody_changes_can_start_drift(printed: Printed) -> None:
    """By a token that the template never sees: AWS puts it in, from the secret that is named."""
    made = printed.template
    assert made["Parameters"]["GitHubToken"]["Default"] == ""
    ours = {n: r for n, r in made["Resources"].items() if r.get("Condition") == "StartsDrift"}
    assert {one["Type"] for one in ours.values()} == {
        "AWS::Events::Connection", "AWS::Events::ApiDestination", "AWS::IAM::Role",
    }  # fmt: skip
    destination = ours["DriftDestination"]["Properties"]
    assert destination["InvocationEndpoint"] == (
        f"https://api.github.com/repos/{WHO[1]}/actions/workflows/secrets-drift.yml/dispatches"
    )
    key = ours["DriftConnection"]["Properties"]["AuthParameters"]["ApiKeyAuthParameters"]
    assert key["ApiKeyValue"] == {
        "Fn::Sub": "Bearer {{resolve:secretsmanager:${GitHubToken}:SecretString}}"
    }
    (policy,) = ours["DriftDestinationRole"]["Properties"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == "events:InvokeApiDestination"
    assert statement["Resource"] == {"Fn::GetAtt": ["DriftDestination", "Arn"]}
    rule = printed.of("AWS::Events::Rule")["SecretDeletedRule"]
    sent = json.loads(rule["Targets"][1]["Fn::If"][1]["Input"])
    assert sent == {"ref": "main", "inputs": {"environment": "production"}}
    drift = (Path(__file__).parents[3] / ".github/workflows/secrets-drift.yml").read_text()
    assert set(sent["inputs"]) == {"environment"}
    assert "workflow_dispatch:\n    inputs:\n      environment:" in drift


def entry(**fields: Any) -> dict[str, Any]:
    return {"eventSource": "secretsmanager.amazonaws.com", **fields}


def failed(whose: str | None, event: str = "RotationFailed") -> dict[str, Any]:
    more = {} if whose is None else {"additionalEventData": {"SecretId": whose}}
    return entry(eventName=event, **more)


def denied(**fields: Any) -> dict[str, Any]:
    return entry(eventName="GetSecretValue", errorCode="AccessDeniedException", **fields)


def reads(call: str, **fields: Any) -> dict[str, Any]:
    return {"eventName": call, "requestParameters": fields}


MESSAGE = "User: arn:aws:iam::123456789012:user/u is not authorized to perform: x on resource: "


@pytest.mark.parametrize(
    ("metric", "given", "times"),
    [
        ("RotationFailed", failed(f"{SECRET}/test/production/db-AbCdEf"), 1),
        ("RotationFailed", failed(f"{SECRET}prod-db-login-AbCdEf"), 1),
        ("RotationFailed", failed(f"{SECRET}/test/production/db-AbCdEf", "TestRotationFailed"), 1),
        ("RotationFailed", failed(None), 1),
        ("RotationFailed", failed(f"{SECRET}/test/staging/db-AbCdEf"), 0),
        ("RotationFailed", entry(eventName="RotationSucceeded"), 0),
        ("DeniedCalls", denied(errorMessage=MESSAGE + f"{SECRET}/test/production/db-AbCdEf"), 1),
        ("DeniedCalls", denied(requestParameters={"secretId": "/test/production/db"}), 1),
        ("DeniedCalls", denied(errorMessage=MESSAGE + f"{SECRET}/test/staging/db-AbCdEf"), 0),
        ("DeniedCalls", entry(errorMessage=MESSAGE + "/test/production/db"), 0),
        ("ValueReads", reads("GetSecretValue", secretId="/test/production/db"), 1),
        ("ValueReads", reads("GetSecretValue", secretId=f"{SECRET}/test/production/db-AbCdEf"), 1),
        ("ValueReads", reads("GetSecretValue", secretId="prod-db-login"), 1),
        ("ValueReads", reads("GetParameter", name="/test/production/host"), 1),
        ("ValueReads", reads("GetParameters", names=["/test/production/host", "x"]), 1),
        ("ValueReads", reads("GetParametersByPath", path="/test/production"), 1),
        ("ValueReads", reads("GetParameterHistory", name="/elsewhere/host"), 1),
        ("ValueReads", reads("DescribeSecret", secretId="/test/production/db"), 0),
        ("ValueReads", reads("GetSecretValue", secretId="/test/staging/db"), 0),
    ],
)
def test_what_is_counted(printed: Printed, metric: str, given: dict[str, Any], times: int) -> None:
    filters = [
        one["FilterPattern"]
        for one in printed.of("AWS::Logs::MetricFilter").values()
        if one["MetricTransformations"][0]["MetricName"] == metric
    ]
    assert all(len(one) <= 1024 for one in filters)
    assert sum(counts(one, given) for one in filters) == times


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 64, "Missing argument 'ENV'"),
        (("productio", *WHO), 64, "there is no environment productio"),
        (("production", *WHO[:2]), 64, "bootstrap needs --repository-id and --owner-id"),
        (("production", *WHO[2:]), 64, "bootstrap needs --repository OWNER/NAME"),
        (("production", *WHO[:2], "--repository-id", "x", *WHO[4:]), 64, "is a number"),
    ],
)
def test_bad_input_is_one_clear_line(
    tree: Tree, arguments: tuple[str, ...], code: int, told: str
) -> None:
    done = bootstrap(tree, *arguments, code=code)
    assert told in done.err
    assert done.out == ""


def test_it_says_how_to_deploy_it(printed: Printed) -> None:
    assert "aws cloudformation deploy --stack-name secrets-production" in printed.err


def test_it_holds_no_value_and_no_ciphertext(tmp_path: Path) -> None:
    canaries = Canaries()
    secrets = {"db": {"value": {"password": canaries.plant()}}}
    parameters = {"p": {"value": canaries.plant()}}
    made = make_tree(tmp_path, {"production": {"secrets": secrets, "parameters": parameters}})
    printed = bootstrap(made, "production", *WHO)
    assert canaries.found(printed.out.encode(), printed.err.encode()) == []
    assert "ENC[" not in printed.out


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_other_partitions(tmp_path: Path, region: str, partition: str) -> None:
    made = make_tree(
        tmp_path,
        {"production": {"secrets": {"db": {"value": "v"}}, "settings": {"region": region}}},
    )
    printed = bootstrap(made, "production", *WHO)
    assert "arn:aws:" not in printed.out
    assert f"arn:{partition}:secretsmanager:{region}:" in printed.out


def test_each_application_has_the_policy_that_iam_prints(tmp_path: Path) -> None:
    """Names that differ by a hyphen alone have policies of their own."""
    readers = {"a-1": ["db"], "a1": ["jwt"], "mail-worker": ["*"]}
    secrets = {"db": {"value": "v"}, "jwt": {"value": "v"}}
    declared = {"production": {"secrets": secrets, "settings": {"readers": readers}}}
    made = make_tree(tmp_path, declared)
    printed = bootstrap(made, "production", *WHO)
    policies = printed.of("AWS::IAM::ManagedPolicy")
    for logical, name in (("AN1", "a-1"), ("A1", "a1"), ("MailWorker", "mail-worker")):
        found = policies[f"Reader{logical}Policy1"]
        assert found["ManagedPolicyName"] == f"secrets-reader-production-{name}-1"
        expected = iam(made, "reader", "production", "--service", name).policy
        assert found["PolicyDocument"] == expected
        assert printed.template["Outputs"][f"Reader{logical}Policy1"]["Description"].endswith(name)
