"""Somebody makes a resource of theirs look like the environment's, or a read fail: no write.

Whoever may write in AWS can copy every mark of an owned resource onto another; without a
fingerprint key they can make none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.manifest import lock
from reconciler.sandbox.server import Answer
from tests.manifest.lock.test_commands import NO_KEY, locked, one
from tests.world import PREFIX, World

VALUE = "theirs-8d1f"
READS = ("ListSecrets", "DescribeParameters")


def declared(section: str) -> dict[str, dict[str, Any]]:
    """What the environment declares, and "theirs" with it."""
    both: dict[str, dict[str, Any]] = {
        "secrets": {"db": {"value": "ours"}}, "parameters": {"host": {"value": "ours"}},
    }  # fmt: skip
    both[section]["theirs"] = {"value": "from git"}
    return both


@pytest.fixture
def applied(world: World) -> World:
    """A secret and a parameter of the environment's, which prunes."""
    world.declare(
        {"db": {"value": "ours"}}, {"host": {"value": "ours"}},
        prune=True, guards={"max_prunes": 9, "max_change_ratio": 1},
    )  # fmt: skip
    world.converge()
    return world


def copied_secret(world: World, name: str) -> None:
    """A secret of theirs, with every tag of an owned one."""
    client = world.client("secretsmanager")
    tags = client.describe_secret(SecretId=f"{PREFIX}/db")["Tags"]
    assert {"reconciler:owner", "reconciler:proof"} <= {tag["Key"] for tag in tags}
    client.create_secret(Name=f"{PREFIX}/{name}", SecretString=VALUE, Tags=tags)


def copied_parameter(world: World, name: str) -> None:
    """A parameter of theirs, with the stamp of an owned one."""
    client = world.client("ssm")
    entry = world.parameter("host")
    assert "[r1:" in entry["Description"]
    client.put_parameter(
        Name=f"{PREFIX}/{name}", Value=VALUE, Type="SecureString",
        Description=entry["Description"],
    )  # fmt: skip


Copy = Callable[[World, str], None]
Read = Callable[[World, str], str]
COPIES = [
    pytest.param(copied_secret, World.secret_value, "secrets", id="a secret"),
    pytest.param(copied_parameter, World.parameter_value, "parameters", id="a parameter"),
]


@pytest.mark.parametrize(("copy", "read", "section"), COPIES)
def test_what_has_copied_marks_is_not_pruned(
    applied: World, copy: Copy, read: Read, section: str
) -> None:
    copy(applied, "theirs")
    done = applied.cli("apply", "production", "--auto-approve")
    assert done.returncode == 0, done.stderr
    assert read(applied, "theirs") == VALUE


@pytest.mark.parametrize(("copy", "read", "section"), COPIES)
def test_what_has_copied_marks_is_not_written_over(
    applied: World, copy: Copy, read: Read, section: str
) -> None:
    copy(applied, "theirs")
    applied.declare(**declared(section))
    done = applied.cli("apply", "production", "--auto-approve")
    assert done.returncode == 4
    assert re.search(r"theirs.*(refused|adopt)", done.stdout + done.stderr)
    assert read(applied, "theirs") == VALUE


def test_a_parameter_with_the_owners_tag_is_written_only_as_what_somebody_else_wrote(
    applied: World,
) -> None:
    """AWS shows no other mark of a parameter that was written outside: the tag says whose it is."""
    copied_parameter(applied, "theirs")
    tags = [{"Key": "reconciler:owner", "Value": "test/production"}]
    applied.client("ssm").add_tags_to_resource(
        ResourceType="Parameter", ResourceId=f"{PREFIX}/theirs", Tags=tags
    )
    applied.declare(**declared("parameters"))
    planned = applied.cli("plan", "production").stdout
    destructive = planned.partition("Destructive\n")[2]
    assert "~ update parameter theirs" in destructive
    assert "lost: what was written outside" in destructive


@pytest.mark.parametrize("listed", READS)
@pytest.mark.parametrize(
    "failure",
    [(403, "AccessDeniedException"), (200, "")],
    ids=["denied", "half an answer"],
)
def test_a_list_that_fails_is_no_empty_one(
    applied: World, listed: str, failure: tuple[int, str]
) -> None:
    """All is there, and declared no more or still: nothing is made, pruned or changed."""
    status, code = failure
    before = applied.labels("db"), applied.parameter_value("host")
    applied.declare({"new": {"value": "of git"}}, {"host": {"value": "another"}})

    def cut(called: str, _: object, answer: Answer) -> Answer | None:
        if called != listed:
            return None
        answer.sent = 20
        return answer

    if code:
        applied.aws.hooks.append(
            lambda called, _: (status, code, "as AWS says") if called == listed else None
        )
    else:
        applied.aws.after.append(cut)
    done = applied.cli("apply", "production", "--auto-approve")
    applied.aws.hooks.clear()
    applied.aws.after.clear()
    assert done.returncode == 1, done.stdout + done.stderr
    assert (applied.labels("db"), applied.parameter_value("host")) == before


def test_forged_marks_pass_a_keyless_plan_and_not_apply(world: World) -> None:
    """The plan without the key takes them at their word."""
    one(world)
    (kid,) = re.findall(r"keys: (\S+)", locked(world).with_name(lock.FILE).read_text())
    world.client("secretsmanager").create_secret(
        Name=f"{PREFIX}/db",
        SecretString=VALUE,
        Tags=[
            {"Key": "reconciler:owner", "Value": "test/production"},
            {"Key": "reconciler:proof", "Value": kid + "0" * 32},
        ],
    )
    planned = world.cli("plan", "production", "--keyless", "--out", "p.json", environment=NO_KEY)
    assert "update secret db" in planned.stdout
    done = world.cli("apply", "production", "--plan", "p.json")
    assert done.returncode == 3
    assert "no longer owns it" in done.stderr
    assert world.secret_value("db") == VALUE
