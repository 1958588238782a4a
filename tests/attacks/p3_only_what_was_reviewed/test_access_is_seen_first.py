"""What lets somebody at a value stands first, in plan, comment, diff and JSON, ignored or not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.core.digest import change_digest
from reconciler.core.model import Change, Place
from reconciler.github import planned
from reconciler.github.annotation import Level
from tests.world import World

OTHER = "210987654321"
ROLE = f"arn:aws:iam::{OTHER}:role/reader"
OWN = "arn:aws:iam::123456789012:role/app"
FOREIGN_KEY = f"arn:aws:kms:us-west-2:{OTHER}:key/0b8a5b1e-9c1d-4b7e-8f0a-1c2d3e4f5a6b"
FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:{}"


def policy(*principals: Any) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": "secretsmanager:GetSecretValue",
             "Resource": "*"}
            for principal in principals
        ],
    }  # fmt: skip


def rotated(function: str) -> dict[str, Any]:
    return {"rotation": {"lambda": FUNCTION.format(function), "schedule": "rate(30 days)"}}


DB = {"value": "v"}
POOL = {"value": "5"}
Declared = dict[str, Any]

# What is declared, then what is declared: the secret `db`, the parameter `pool`, settings.
OPENED: dict[str, tuple[Declared, Declared, list[str]]] = {
    "an allow to an account that had none, and to one of our own": (
        {"db": DB}, {"db": DB | {"resource_policy": policy({"AWS": OWN}, {"AWS": ROLE})}},
        [f"secret db: its resource policy allows {ROLE} (account {OTHER})",
         f"secret db: its resource policy allows {OWN}"],
    ),
    "everybody, ignored in the same pull request": (
        {"db": DB},
        {"db": DB | {"resource_policy": policy("*"),
                     "ignore": {"wildcard-principal": "it is fine"}}},
        ["secret db: its resource policy allows everybody who has an AWS account"],
    ),
    "everybody but somebody, and a service": (
        {"db": DB},
        {"db": DB | {"resource_policy": {"Statement": [
            {"Effect": "Allow", "NotPrincipal": {"AWS": OWN}, "Action": "*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"Service": "x.amazonaws.com"}, "Action": "*",
             "Resource": "*"},
            {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}}},
        ["secret db: its resource policy allows Service x.amazonaws.com",
         f"secret db: its resource policy allows everybody but {OWN}"],
    ),
    "a copy in another Region, under a key of another account": (
        {"db": DB},
        {"db": DB | {"replicas": [{"region": "eu-west-1", "kms_key": FOREIGN_KEY}]}},
        [f"secret db: whoever may use the KMS key {FOREIGN_KEY} can decrypt it"
         f" (account {OTHER})", "secret db: it has a copy in eu-west-1"],
    ),
    "another key for all of the environment": (
        {"db": DB, "pool": POOL}, {"db": DB, "pool": POOL, "kms_key": FOREIGN_KEY},
        [f"parameter pool: whoever may use the KMS key {FOREIGN_KEY} can decrypt it"
         f" (account {OTHER})",
         f"secret db: whoever may use the KMS key {FOREIGN_KEY} can decrypt it"
         f" (account {OTHER})"],
    ),
    "another key of the own account": (
        {"db": DB}, {"db": DB | {"kms_key": "alias/other"}},
        ["secret db: whoever may use the KMS key alias/other can decrypt it"],
    ),
    "a name outside of the prefix": (
        {"db": DB}, {"db": DB, "far": {"name": "elsewhere", "value": "v"}},
        ["secret elsewhere (outside the prefix): its name is outside the prefix: what allows the"
         " prefix does not name it, and others may"],
    ),
    "an encrypted value that AWS does not encrypt": (
        {"pool": {"plaintext": "6"}}, {"pool": POOL | {"type": "String"}},
        ["parameter pool: its value, encrypted in git, is not encrypted in AWS: its type is"
         " String"],
    ),
    "the same from the beginning": (
        {}, {"pool": POOL | {"type": "String"}},
        ["parameter pool: its value, encrypted in git, is not encrypted in AWS: its type is"
         " String"],
    ),
}  # fmt: skip
NOT_OPENED: dict[str, tuple[Declared, Declared]] = {
    "a policy that allows fewer": (
        {"db": DB | {"resource_policy": policy({"AWS": OWN})}},
        {"db": DB | {"resource_policy": {"Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}}},
    ),
    "a value": ({"db": DB}, {"db": {"value": "other"}}),
    "a parameter in clear": ({}, {"pool": {"plaintext": "6"}}),
    "a key from the beginning": ({}, {"db": DB | {"kms_key": "alias/own"}}),
}  # fmt: skip


def declare(world: World, content: Declared) -> None:
    secrets = {name: content[name] for name in ("db", "far") if name in content}
    parameters = {name: content[name] for name in ("pool",) if name in content}
    settings = {"kms_key": content["kms_key"]} if "kms_key" in content else {}
    world.declare(secrets or {"other": {"external": True}}, parameters)
    world.settings(**settings)


def access(shown: str) -> list[str]:
    """The lines under Access, which has to come before everything that is alarming."""
    before, found, rest = shown.partition("Access\n")
    if not found:
        return []
    for title in ("Destructive", "Refused", "Unknown values", "Secrets", "Parameters"):
        assert f"\n{title}\n" not in before
        assert f"### {title}\n" not in before
    lines = [line for line in rest.split("\n") if ": " in line or not line]
    return [line.strip() for line in lines[: lines.index("")]]


@pytest.fixture
def keyed(world: World) -> World:
    for name in ("alias/other", "alias/own"):
        made = world.client("kms").create_key()["KeyMetadata"]["KeyId"]
        world.client("kms").create_alias(AliasName=name, TargetKeyId=made)
    return world


def live(world: World, before: Declared) -> None:
    declare(world, before)
    if before:
        world.apply()


@pytest.mark.parametrize(("before", "after", "lines"), OPENED.values(), ids=OPENED)
def test_it_stands_above_everything_else(
    keyed: World, before: Declared, after: Declared, lines: list[str]
) -> None:
    live(keyed, before)
    declare(keyed, after)
    plan = keyed.plan().plan
    from reconciler.render import markdown, text

    assert access(text.plan(plan)) == lines
    comment = planned.comment(plan, 60_000)
    at = comment.index("### Access")
    assert all(line in comment[at:] for line in lines)
    for title in ("### Destructive", "<details>"):
        assert title not in comment or comment.index(title) > at
    assert markdown.plan([plan]).index("### Access")
    # Each is in the digest of its change, and among the warnings of the run.
    opening = [change for change in plan.changes if change.access]
    for change in opening:
        bare = Change(**{**vars(change), "access": ()})
        digests = {change_digest(c, plan.scope, plan.policy) for c in (change, bare)}
        assert len(digests) == 2
    warned = [a for a in planned.annotate(plan, Place("x")) if a.level is Level.WARNING]
    said = [line for a in warned for line in a.lines if line.startswith("access: ")]
    assert len(said) == len(lines)


@pytest.mark.parametrize(("before", "after"), NOT_OPENED.values(), ids=NOT_OPENED)
def test_what_opens_nothing_is_not_there(keyed: World, before: Declared, after: Declared) -> None:
    live(keyed, before)
    declare(keyed, after)
    plan = keyed.plan().plan
    assert plan.changes
    assert [change.access for change in plan.changes if change.access] == []


def test_another_function_is_handed_the_value(world: World) -> None:
    world.deploy(name="first")
    world.deploy(name="second")
    world.declare({"db": DB | rotated("first")})
    world.apply()
    world.declare({"db": DB | rotated("second")})
    (change,) = world.plan().plan.changes
    assert [(o.opening.value, o.name) for o in change.access] == [
        ("function", FUNCTION.format("second"))
    ]


def test_a_plan_as_json_has_it(world: World) -> None:
    world.declare({"db": DB | {"resource_policy": policy({"AWS": ROLE})}})
    shown = json.loads(world.cli("plan", "production", "-o", "json").stdout)
    (change,) = shown["changes"]
    assert change["access"] == [{"opening": "allowed", "name": ROLE, "account": OTHER}]
