"""The embedded AWS as a command."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.cli.run import COMMAND, cli, environ, python


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_what_to_export_and_stops_when_told(tmp_path: Path, number: signal.Signals) -> None:
    state = tmp_path / "state"
    process = subprocess.Popen(
        [*COMMAND, "sandbox", "--state", str(state)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ(),
    )
    assert process.stdout is not None
    assert process.stderr is not None
    exports = [process.stdout.readline().strip() for _ in range(3)]
    assert exports[0].startswith("export AWS_ENDPOINT_URL=http://127.0.0.1:")
    assert re.fullmatch(
        r"export AWS_ACCESS_KEY_ID=AKIA[A-Z2-7]{16} AWS_SECRET_ACCESS_KEY=\S{40}", exports[1]
    )
    assert "starts" in process.stderr.readline()
    assert "ready" in process.stderr.readline()
    words = dict(word.split("=", 1) for line in exports for word in line.split()[1:])
    client = boto3.client(
        "secretsmanager", words["AWS_DEFAULT_REGION"], endpoint_url=words["AWS_ENDPOINT_URL"],
        aws_access_key_id=words["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=words["AWS_SECRET_ACCESS_KEY"],
    )  # fmt: skip
    assert client.list_secrets()["SecretList"] == []
    process.send_signal(number)
    out, err = process.communicate(timeout=300)
    assert (process.returncode, out, err) == (0, "", "")
    assert state.exists()


def test_without_its_packages_it_says_which_and_how_to_get_them() -> None:
    shown = python(
        "import sys\n"
        "sys.modules['moto'] = None\n"
        "from reconciler.cli.main import run\n"
        "sys.stderr = sys.stdout\n"
        "print(run(['sandbox']))\n"
    )
    _, told, hint, code = shown.splitlines()
    assert "moto" in told
    assert "make install" in hint
    assert code == "1"


@pytest.mark.parametrize("port", ["-1", "70000", "x"])
def test_a_port_is_a_port(port: str) -> None:
    done = subprocess.run(
        [*COMMAND, "sandbox", "--port", port],
        capture_output=True,
        text=True,
        env=environ(),
        check=False,
        timeout=300,
    )
    assert done.returncode == 64
    assert "--port" in done.stderr


def test_it_is_the_account_that_is_asked_for(tmp_path: Path) -> None:
    """So that two of them are the two accounts of two environments."""
    process = subprocess.Popen(
        [*COMMAND, "sandbox", "--account", "222222222222"],
        stdout=subprocess.PIPE, text=True, env=environ(),
    )  # fmt: skip
    assert process.stdout is not None
    exports = [process.stdout.readline().strip() for _ in range(3)]
    words = dict(word.split("=", 1) for line in exports for word in line.split()[1:])

    def client(service: str) -> Any:
        return boto3.client(
            service, words["AWS_DEFAULT_REGION"], endpoint_url=words["AWS_ENDPOINT_URL"],
            aws_access_key_id=words["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=words["AWS_SECRET_ACCESS_KEY"],
        )  # fmt: skip

    try:
        assert client("sts").get_caller_identity()["Account"] == "222222222222"
        secrets = client("secretsmanager")
        assert ":222222222222:secret:" in secrets.create_secret(Name="a", SecretString="v")["ARN"]
        secrets.put_secret_value(SecretId="a", SecretString="w")
        assert secrets.get_secret_value(SecretId="a")["SecretString"] == "w"
        key = client("kms").create_key()["KeyMetadata"]["Arn"]
        secrets.update_secret(SecretId="a", KmsKeyId=key)
        client("ssm").put_parameter(Name="/p", Value="v", Type="SecureString")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=300)


def test_an_account_has_12_digits() -> None:
    done = cli("sandbox", "--account", "1234")
    assert done.returncode == 64
    assert "an account is 12 digits" in done.stderr
