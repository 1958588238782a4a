"""`make test-aws` itself, against the sandbox: whom it asks, and that it leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.contract import run
from tests.contract.account import Account
from tests.contract.conftest import fresh
from tests.contract.report import LEFT_OUT, without_values
from tests.embedded import Embedded
from tests.trees import ACCOUNT

ROOT = Path(__file__).parents[2]
ONE = ("-k", "test_the_token_becomes or test_description_and_value")


@pytest.fixture
def aws(embedded_aws: Embedded) -> Iterator[Embedded]:
    fresh(embedded_aws)
    yield embedded_aws
    embedded_aws.hooks.clear()
    embedded_aws.settling.calls = 0


def signed_in(aws: Embedded) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-west-2",
    }


def started(aws: Embedded, folder: Path, *arguments: str, **more: str) -> subprocess.Popen[str]:
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        **signed_in(aws),
        "CONTRACT_REPORT_FILE": str(folder / "report.json"),
        **more,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.contract.run", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        env=variables,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def made(aws: Embedded) -> list[str]:
    """What is in the account."""
    secrets = boto3.client(
        "secretsmanager",
        endpoint_url=aws.url,
        region_name="us-west-2",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    for _ in range(3):  # a forced deletion lingers
        listed = secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]
    return [entry["Name"] for entry in listed]


@pytest.mark.parametrize(
    ("variables", "says"),
    [({}, f"set CONTRACT_ACCOUNT={ACCOUNT}"), ({"CONTRACT_ACCOUNT": "210987654321"}, ACCOUNT)],
)
def test_no_other_account_is_asked(
    aws: Embedded,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variables: dict[str, str],
    says: str,
) -> None:
    monkeypatch.delenv("CONTRACT_ACCOUNT", raising=False)
    for name, value in variables.items() | signed_in(aws).items():
        monkeypatch.setenv(name, value)
    assert run.main([]) == 2
    assert says in capsys.readouterr().err
    assert set(aws.calls) == {"GetCallerIdentity"}


def test_it_says_what_it_makes_and_leaves_nothing(
    aws: Embedded, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a former run left goes first; what this one makes goes last, also where it is ended."""
    left, theirs = "/reconciler-contract/0badf00d/1/secret", "/reconciler-contracts/theirs"
    for name, value in signed_in(aws).items() | {("CONTRACT_ACCOUNT", ACCOUNT)}:
        monkeypatch.setenv(name, value)
    client = boto3.client("secretsmanager")
    for name in (left, theirs):
        client.create_secret(Name=name, SecretString="x")

    def ask(account: Account, _: list[str]) -> int:
        assert made(aws) == [theirs]
        account.secrets.create_secret(Name=account.name("s"), SecretString="x")
        account.parameters.put_parameter(Name=account.name("p"), Value="x", Type="String")
        os.kill(os.getpid(), signal.SIGTERM)
        return 0

    monkeypatch.setattr(run, "_ask", ask)
    former = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        assert run.main([]) == 1
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    said = capsys.readouterr().out
    assert said.index("USD") < said.index(f"left by a former run, and deleted: {left}")
    assert "interrupted; cleaning up" in said
    assert made(aws) == [theirs]
    assert boto3.client("ssm").describe_parameters()["Parameters"] == []


@pytest.mark.long
def test_it_asks_and_reports(aws: Embedded, tmp_path: Path) -> None:
    done = started(aws, tmp_path, *ONE, CONTRACT_ACCOUNT=ACCOUNT)
    out, _ = done.communicate(timeout=300)
    assert done.returncode == 0, out
    assert made(aws) == []
    text = (tmp_path / "report.json").read_text()
    assert ACCOUNT not in text
    operations = {answer.get("operation") for answer in json.loads(text)["answers"]}
    assert {"CreateSecret", "ListSecrets", "PutParameter", "DescribeParameters"} <= operations


@pytest.mark.long
def test_killed_it_cleans_up(aws: Embedded, tmp_path: Path) -> None:
    runs: list[subprocess.Popen[str]] = []

    def kill(operation: str, body: Any) -> None:
        if operation == "DescribeSecret":
            runs[0].send_signal(signal.SIGTERM)

    runs.append(started(aws, tmp_path, *ONE, CONTRACT_ACCOUNT=ACCOUNT))
    aws.hooks.append(kill)
    out, _ = runs[0].communicate(timeout=300)
    assert runs[0].returncode == 1, out
    assert "cleaned up" in out
    assert aws.calls["CreateSecret"] == 1
    assert made(aws) == []


def test_a_report_holds_no_value_and_nobody() -> None:
    answer = {
        "ARN": f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:s-AbCdEf",
        "SecretString": "hidden",
        "SecretBinary": b"hidden",
        "Parameter": {"Name": "/p", "Value": "hidden", "Version": 1},
        "Parameters": [{"Value": "hidden", "LastModifiedUser": "arn:aws:iam::1:user/somebody"}],
        "Credentials": {"SecretAccessKey": "hidden"},
        "Role": {"RoleId": "AROAQWERTYUIOPASDFGHJ", "CreateDate": datetime(2026, 1, 1, tzinfo=UTC)},
        "ResponseMetadata": {"HTTPHeaders": {"x": "hidden"}},
    }
    assert without_values(answer) == {
        "ARN": f"arn:aws:secretsmanager:us-west-2:{'1' * 12}:secret:s-AbCdEf",
        "SecretString": LEFT_OUT,
        "SecretBinary": LEFT_OUT,
        "Parameter": {"Name": "/p", "Value": LEFT_OUT, "Version": 1},
        "Parameters": [{"Value": LEFT_OUT, "LastModifiedUser": LEFT_OUT}],
        "Credentials": LEFT_OUT,
        "Role": {"RoleId": "(an id)", "CreateDate": "2026-01-01T00:00:00+00:00"},
    }
