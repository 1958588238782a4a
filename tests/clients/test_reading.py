"""aws-secretsmanager-caching and Powertools for AWS Lambda, which applications read with."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.clients.conftest import COUNT, ROOT, Runner, make

PYTHON = str(ROOT / ".venv/clients/bin/python")
ONE, TWO = "a" * 32, "b" * 32


class Reader:
    """An application that goes on reading while somebody else writes."""

    def __init__(self, runner: Runner) -> None:
        self._process = subprocess.Popen(
            [PYTHON, str(Path(__file__).with_name("reading.py"))],
            env=runner.variables,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __call__(self, *call: str) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate(timeout=60)


@pytest.fixture
def reader(runner: Runner) -> Iterator[Reader]:
    make("clients")
    found = Reader(runner)
    yield found
    found.close()


@pytest.fixture
def clients(runner: Runner) -> dict[str, Any]:
    given = {"endpoint_url": runner.aws.url, "region_name": "us-west-2"}
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return {name: boto3.client(name, **given, **keys) for name in ("secretsmanager", "ssm")}  # type: ignore[call-overload]


@pytest.mark.long  # pip installs both, the first time
def test_values_and_stages_are_read_as_they_change(
    reader: Reader, runner: Runner, clients: dict[str, Any]
) -> None:
    secrets = clients["secretsmanager"]
    secrets.create_secret(Name="/app/db", SecretString="one", ClientRequestToken=ONE)
    reads = (("cached", "/app/db"), ("secret", "/app/db"))
    assert [reader(*read) for read in reads] == ["one", "one"]
    # "Caching clients call DescribeSecret": a reader needs it.
    assert runner.aws.calls["DescribeSecret"] == 1
    secrets.put_secret_value(
        SecretId="/app/db", SecretString="two", ClientRequestToken=TWO, VersionStages=["STAGED"]
    )
    assert reader("cached", "/app/db", "STAGED") == "two"
    assert [reader(*read) for read in reads] == ["one", "one"]
    secrets.update_secret_version_stage(
        SecretId="/app/db", VersionStage="AWSCURRENT", MoveToVersionId=TWO, RemoveFromVersionId=ONE
    )
    assert [reader(*read) for read in reads] == ["two", "two"]
    assert reader("cached", "/app/db", "AWSPREVIOUS") == "one"
    assert reader("set_secret", "/app/db", "three")
    assert [reader(*read) for read in reads] == ["three", "three"]
    secrets.delete_secret(SecretId="/app/db")
    assert "InvalidRequestException" in reader("secret", "/app/db")["error"]
    secrets.restore_secret(SecretId="/app/db")
    assert reader("secret", "/app/db") == "three"


@pytest.mark.long
def test_parameters_are_read_in_pages_versions_and_labels(
    reader: Reader, clients: dict[str, Any]
) -> None:
    ssm = clients["ssm"]
    for number in range(COUNT):
        ssm.put_parameter(Name=f"/app/many/{number:02}", Value=str(number), Type="SecureString")
    assert reader("below", "/app/many") == {f"{n:02}": str(n) for n in range(COUNT)}
    ssm.put_parameter(Name="/app/host", Value="one", Type="String")
    assert reader("set_parameter", "/app/host", "two") == 2
    ssm.label_parameter_version(Name="/app/host", ParameterVersion=1, Labels=["first"])
    for name, value in (("/app/host", "two"), ("/app/host:1", "one"), ("/app/host:first", "one")):
        assert reader("parameter", name) == value
    found = reader("by_name", "/app/host", "/app/none", "/app/many/00")
    assert found == {"/app/host": "two", "/app/many/00": "0", "_errors": ["/app/none"]}
    ssm.delete_parameter(Name="/app/host")
    assert "ParameterNotFound" in reader("parameter", "/app/host")["error"]
