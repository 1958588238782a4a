"""The AWS CLI."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.clients.conftest import COUNT, ROOT, Runner, make

AWS = str(ROOT / ".venv/clients/bin/aws")
ONE, TWO = "a" * 32, "b" * 32


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    make("clients")


class Cli:
    """The command, with its answers parsed."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def __call__(self, *command: str) -> dict[str, Any]:
        text = self._runner.run(AWS, *command, "--output", "json")
        found: dict[str, Any] = json.loads(text or "{}")
        return found

    def fails(self, *command: str) -> str:
        done = self._runner.ends(AWS, *command)
        assert done.returncode != 0
        return done.stderr


@pytest.mark.long  # pip installs the CLI, the first time
def test_secrets_and_parameters_from_their_creation_to_their_end(runner: Runner) -> None:
    cli = Cli(runner)
    secret = ("--secret-id", "/app/db")
    sm = "secretsmanager"
    cli(sm, "create-secret", "--name", "/app/db", "--secret-string", "one",
        "--client-request-token", ONE, "--tags", "Key=k,Value=v")  # fmt: skip
    cli(sm, "put-secret-value", *secret, "--secret-string", "two", "--client-request-token", TWO,
        "--version-stages", "STAGED")  # fmt: skip
    cli(sm, "update-secret-version-stage", *secret, "--version-stage", "AWSCURRENT",
        "--move-to-version-id", TWO, "--remove-from-version-id", ONE)  # fmt: skip
    assert cli(sm, "describe-secret", *secret)["VersionIdsToStages"] == {
        ONE: ["AWSPREVIOUS"],
        TWO: ["STAGED", "AWSCURRENT"],
    }
    cli(sm, "update-secret", *secret, "--description", "of the application")
    assert cli(sm, "get-secret-value", *secret)["SecretString"] == "two"
    versions = cli(sm, "list-secret-version-ids", *secret)["Versions"]
    assert {one["VersionId"] for one in versions} == {ONE, TWO}
    for number in range(2):
        cli(sm, "create-secret", "--name", f"/app/{number}", "--secret-string", "x")
    entries = cli(sm, "list-secrets", "--page-size", "1")["SecretList"]
    assert [entry["Name"] for entry in entries] == ["/app/db", "/app/0", "/app/1"]
    cli(sm, "delete-secret", *secret, "--recovery-window-in-days", "7")
    assert "InvalidRequestException" in cli.fails(sm, "get-secret-value", *secret)
    cli(sm, "restore-secret", *secret)
    assert cli(sm, "get-secret-value", *secret)["SecretString"] == "two"

    host = ("--name", "/app/host")
    cli("ssm", "put-parameter", *host, "--value", "one", "--type", "String")
    cli("ssm", "put-parameter", *host, "--value", "two", "--type", "SecureString", "--overwrite")
    cli("ssm", "label-parameter-version", *host, "--parameter-version", "1", "--labels", "first")
    got = cli("ssm", "get-parameter", "--name", "/app/host:first")["Parameter"]
    assert (got["Value"], got["Type"], got["Version"]) == ("one", "String", 1)
    history = cli("ssm", "get-parameter-history", *host, "--with-decryption")["Parameters"]
    assert [(one["Value"], one["Labels"]) for one in history] == [("one", ["first"]), ("two", [])]
    for number in range(COUNT):
        cli("ssm", "put-parameter", "--name", f"/app/many/{number:02}", "--value", "v", "--type",
            "String")  # fmt: skip
    found = cli("ssm", "describe-parameters", "--page-size", "5", "--parameter-filters",
                "Key=Path,Option=Recursive,Values=/app/many")["Parameters"]  # fmt: skip
    assert len(found) == COUNT
    found = cli("ssm", "get-parameters-by-path", "--path", "/app/many")["Parameters"]
    assert len(found) == COUNT
    cli("ssm", "delete-parameter", *host)
    assert "ParameterNotFound" in cli.fails("ssm", "get-parameter", *host)
