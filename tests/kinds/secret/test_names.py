"""Secrets whose names AWS takes and advises against, and secrets that are somebody else's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.world import PREFIX, World

PRIMARY = "arn:aws:secretsmanager:eu-west-1:210987654321:secret:x-AbCdEf"


def test_a_name_like_client_secret_lives_as_any_other(world: World) -> None:
    """Recorded on AWS: accepted, and only a read by part of an ARN misses it."""
    world.declare({"client-secret": {"value": "one"}, "client": {"value": "other"}})
    world.converge()
    world.declare({"client-secret": {"value": "two"}, "client": {"value": "other"}})
    world.converge()
    assert world.secret_value("client-secret") == "two"
    world.declare({"client": {"value": "other"}}, prune=True, guards={"max_prunes": 1})
    assert world.changes()["secret:client-secret"].action == "prune"
    world.converge()
    assert world.secret_value("client") == "other"


@pytest.mark.parametrize(
    ("shown", "code", "who"),
    [
        ({"Type": "SalesforceClientSecret"}, "partner", "SalesforceClientSecret"),
        (
            {"CrossAccountPrimary": {"PrimarySecretARN": PRIMARY}},
            "other-account",
            "210987654321",
        ),
    ],
)
def test_what_a_partner_or_another_account_holds_is_refused_as_what_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch, shown: dict[str, Any], code: str, who: str
) -> None:
    """Neither can be made in the sandbox: its answers are given AWS's fields."""
    world.client("secretsmanager").create_secret(Name=f"{PREFIX}/db", SecretString="theirs")

    def tell(operation: str, body: Any, answer: Any) -> None:
        if operation not in ("DescribeSecret", "ListSecrets"):
            return
        document = json.loads(answer.body)
        if operation == "DescribeSecret":
            document |= shown
        for entry in document.get("SecretList", ()):
            entry |= {k: v for k, v in shown.items() if k != "CrossAccountPrimary"}
        answer.body = json.dumps(document).encode()

    world.aws.after.append(tell)
    world.declare({"db": {"value": "v"}})
    change = world.changes()["secret:db"]
    assert (change.action, change.code) == ("refuse", code)
    assert who in world.cli("plan", "production").stdout
    assert f"refused[{code}]" in world.cli("adopt", "production", "--format", "text").stdout
    if code == "other-account":  # of many, which a list does not tell it of, the write looks
        monkeypatch.setattr("reconciler.kinds.secret.adopting.FEW", 0)
        done = world.cli("adopt", "production", "--take", "git", "--auto-approve")
        assert done.returncode == 4
        assert f"a replica of {PRIMARY}, a secret of another account" in done.stdout + done.stderr
        assert "Tags" not in world.secret("db")
