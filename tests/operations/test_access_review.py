"""For a review of access: who may read each secret, when it was last read, what nobody reads."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox.account import secrets_of
from tests.command import command
from tests.trees import REGION
from tests.world import PREFIX, World

DAY = 86_400.0
ROLE = "arn:aws:iam::123456789012:role/billing"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": ROLE},
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        }
    ],
}


def shown(world: World, *arguments: str) -> dict[str, Any]:
    made = command(world, "report", "production", "-o", "json", *arguments)
    assert not {"GetSecretValue", "BatchGetSecretValue"} & set(made.calls)
    found: dict[str, Any] = json.loads(made.out)
    return found


def aged(world: World, name: str, created: int, read: int | None = None) -> None:
    """Let a secret be so many days old, and last read so many days ago."""
    backend: Any = secrets_of(REGION)
    secret, now = backend.secrets[f"{PREFIX}/{name}"], time.time()
    secret.created_date = now - created * DAY
    secret.accessed = None if read is None else (now - read * DAY) // DAY * DAY
    backend.touch(secret)


def test_who_may_read_each_and_when_it_was_read(world: World, tmp_path: Path) -> None:
    world.declare(
        {"db": {"value": "v", "resource_policy": POLICY}, "jwt": {"value": "v"}},
        {"host": {"value": "v"}},
        readers={"api": ["db", "host"], "cron": ["db"]},
    )
    world.apply()
    world.client("secretsmanager").get_secret_value(SecretId=f"{PREFIX}/db")
    page = tmp_path / "page.html"
    items = {
        item["key"]["name"].removeprefix(f"{PREFIX}/"): item
        for item in shown(world, "--html", str(page))["inventory"]
    }
    today = time.strftime("%Y-%m-%d", time.gmtime())
    told = {n: (i["readers"], i["allowed"], i["last_read"]) for n, i in items.items()}
    assert told == {
        "db": (["api", "cron"], [ROLE], today),
        "jwt": ([], [], None),
        "host": (["api"], [], None),
    }
    text = command(world, "report", "production").out
    row = next(line for line in text.splitlines() if line.endswith(f"api, cron, {ROLE}"))
    assert row.split() == ["db", today, "api,", "cron,", ROLE]
    assert "Who may read it" in page.read_text()
    assert f"api, cron, {ROLE}" in page.read_text()


@pytest.mark.parametrize(
    ("created", "read", "settings", "says"),
    [
        (91, None, {}, "nobody has read it for 91 days, since it was created"),
        (400, 92, {}, "nobody has read it for 92 days"),
        (400, 30, {}, None),
        (90, None, {}, None),
        (400, 30, {"unused_after": 20}, "nobody has read it for 30 days"),
        (400, 92, {"unused_after": 365}, None),
    ],
)
def test_what_nobody_reads(
    world: World, created: int, read: int | None, settings: dict[str, int], says: str | None
) -> None:
    world.declare({"db": {"value": "v", "max_age": "9000 days"}}, **settings)
    world.apply()
    aged(world, "db", created, read)
    found = [f for f in shown(world)["findings"] if f["code"] == "unused"]
    assert [f["text"].startswith(says or "") for f in found] == ([True] if says else [])
    assert [f["control"] for f in found] == (["SecretsManager.3"] if says else [])
    assert shown(world)["acts"] is False
    text = command(world, "report", "production").out
    assert ("unused (SecretsManager.3): secret db: " in text) is (says is not None)


def test_controls_of_security_hub_stand_beside_what_means_the_same(world: World) -> None:
    world.declare({"db": {"value": "v"}, "old": {"value": "v", "max_age": "1 day"}})
    world.apply()
    backend: Any = secrets_of(REGION)
    backend.secrets[f"{PREFIX}/old"].last_changed_date = time.time() - 5 * DAY
    backend.touch(backend.secrets[f"{PREFIX}/old"])
    made = shown(world)
    assert {f["code"]: f["control"] for f in made["findings"]} == {
        "never-rotated": "SecretsManager.1"
    }
    assert {d["class"]: d["control"] for d in made["drift"]} == {"overdue": "SecretsManager.4"}


def test_explain_knows_it(world: World) -> None:
    assert "unused: " in command(world, "explain", "unused").out
