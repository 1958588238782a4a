"""Revoke puts an inline denial on a role, and undo takes it away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from moto.iam.exceptions import IAMException
from moto.iam.models import IAMBackend

from tests.cli.test_commands import in_terminal
from tests.command import Done, command
from tests.leaks.search import Canaries, search
from tests.world import World

NAME = "reconciler-revoked-production"


@pytest.fixture
def role(world: World) -> World:
    """A world with a role `app` that has a policy of its own."""
    iam = world.client("iam")
    empty = json.dumps({"Version": "2012-10-17", "Statement": []})
    iam.create_role(RoleName="app", Path="/some/path/", AssumeRolePolicyDocument=empty)
    allow = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    own = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName="app", PolicyName="its-own", PolicyDocument=own)
    return world


def revoke(world: World, *arguments: str, code: int = 0) -> Done:
    return command(world, "revoke", "production", *arguments, "--auto-approve", code=code)


def policies(world: World) -> dict[str, Any]:
    iam = world.client("iam")
    return {
        name: iam.get_role_policy(RoleName="app", PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName="app")["PolicyNames"]
    }


def test_the_environments_names_are_denied_and_nothing_is_deleted(role: World) -> None:
    role.declare(
        {"db": {"value": "v"}, "old": {"value": "v", "name": "prod-db"}},
        {"p": {"value": "v"}, "old": {"value": "v", "name": "/elsewhere/p"}},
    )
    done = revoke(role, "--role", "app")
    assert "rotate those values: reconciler rotate production NAME" in done.out
    found = policies(role)
    assert set(found) == {"its-own", NAME}
    secrets, parameters, above = found[NAME]["Statement"]
    assert secrets == {
        "Sid": "Secrets", "Effect": "Deny", "Action": "secretsmanager:*",
        "Resource": [
            "arn:aws:secretsmanager:*:123456789012:secret:/test/production/*",
            "arn:aws:secretsmanager:*:123456789012:secret:prod-db-??????",
        ],
    }  # fmt: skip
    assert parameters["Effect"] == "Deny"
    assert parameters["Resource"] == [
        "arn:aws:ssm:us-west-2:123456789012:parameter/test/production/*",
        "arn:aws:ssm:us-west-2:123456789012:parameter/test/production",
        "arn:aws:ssm:us-west-2:123456789012:parameter/elsewhere/p",
    ]
    assert above["Action"] == "ssm:GetParametersByPath"
    assert above["Resource"] == [
        f"arn:aws:ssm:us-west-2:123456789012:parameter{path}"
        for path in ("/", "/elsewhere", "/elsewhere/", "/test", "/test/")
    ]
    revoke(role, "--role", "app")
    assert policies(role) == found


def test_undo_takes_away_what_revoke_put_there_and_no_more(role: World) -> None:
    before = policies(role)
    revoke(role, "--role", "arn:aws:iam::123456789012:role/some/path/app")
    assert "allowed as before" in revoke(role, "--role", "app", "--undo").out
    assert policies(role) == before
    assert "nothing to undo" in revoke(role, "--role", "app", "--undo").out


@pytest.mark.parametrize(
    ("kind", "name", "code", "told"),
    [
        ("role", "nobody", 1, "error[role]: there is no role nobody"),
        ("user", "nobody", 1, "error[user]: there is no user nobody"),
        ("group", "nobody", 1, "error[group]: there is no group nobody"),
        ("role", "not a role", 64, "neither the name of a role nor its ARN"),
        ("user", "arn:aws:iam::123456789012:role/app", 64, "neither the name of a user nor its"),
        ("user", "arn:aws:sts::123456789012:assumed-role/app/me", 64, "neither the name of a user"),
        ("role", "arn:aws:iam::999999999999:role/app", 64, "the role is in account 999999999999"),
        ("role", "arn:aws-cn:iam::123456789012:role/app", 64, "(aws-cn), and production is in"),
    ],
)
def test_who_is_not_there_is_one_clear_line(
    role: World, kind: str, name: str, code: int, told: str
) -> None:
    assert told in revoke(role, f"--{kind}", name, code=code).err
    assert told in revoke(role, f"--{kind}", name, "--undo", code=code).err


def test_it_says_whom(role: World) -> None:
    for arguments in ((), ("--role", "app", "--user", "me")):
        assert "one of --role, --user and --group" in revoke(role, *arguments, code=64).err


def test_a_session_as_cloudtrail_names_it(role: World) -> None:
    revoke(role, "--role", "arn:aws:sts::123456789012:assumed-role/app/i-0123456789abcdef0")
    assert NAME in policies(role)


@pytest.mark.parametrize("kind", ["user", "group"])
def test_users_and_groups(role: World, kind: str) -> None:
    iam = role.client("iam")
    by_name = {f"{kind.capitalize()}Name": "me"}
    getattr(iam, f"create_{kind}")(**by_name, Path="/some/path/")
    listed = getattr(iam, f"list_{kind}_policies")
    revoke(role, f"--{kind}", "me")
    assert listed(**by_name)["PolicyNames"] == [NAME]
    shown = json.loads(revoke(role, f"--{kind}", "me", "-o", "json").out)
    assert (shown[kind], shown["policy_name"]) == ("me", NAME)
    arn = f"arn:aws:iam::123456789012:{kind}/some/path/me"
    assert "allowed as before" in revoke(role, f"--{kind}", arn, "--undo").out
    assert listed(**by_name)["PolicyNames"] == []
    assert "nothing to undo" in revoke(role, f"--{kind}", "me", "--undo").out


def test_what_does_not_fit_is_said_before_anything_is_written(role: World) -> None:
    """AWS takes 2,048 characters in all inline policies of a user, and 10,240 of a role."""
    many = {f"s{n}": {"value": "v", "name": f"somewhere-else-altogether-{n}"} for n in range(25)}
    role.declare(many)
    role.client("iam").create_user(UserName="me")
    refused = revoke(role, "--user", "me", code=1).err
    assert "AWS takes 2,048 characters in all inline policies of a user" in refused
    assert "a group has more" in refused
    assert role.client("iam").list_user_policies(UserName="me")["PolicyNames"] == []
    revoke(role, "--role", "app")


def test_other_inline_policies_may_leave_no_room(role: World) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise IAMException("LimitExceeded", "Maximum policy size of 10240 bytes exceeded")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(IAMBackend, "put_role_policy", full)
        refused = revoke(role, "--role", "app", code=1).err
    assert "error[policy-size]: AWS takes 10,240 characters in all inline policies" in refused
    assert "remove other inline policies first" in refused


def test_a_role_of_a_service_is_told(role: World) -> None:
    def unmodifiable(*_: Any, **__: Any) -> None:
        raise IAMException("UnmodifiableEntity", "no")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(IAMBackend, "put_role_policy", unmodifiable)
        assert "belongs to an AWS service" in revoke(role, "--role", "app", code=1).err


def test_json_and_a_terminal_to_ask_on(role: World) -> None:
    shown = json.loads(revoke(role, "--role", "app", "-o", "json").out)
    assert shown["policy_name"] == NAME
    assert shown["policy"] == policies(role)[NAME]
    assert shown["role"] == "app"
    revoke(role, "--role", "app", "--undo")
    arguments = ("revoke", "production", "--role", "app")
    assert "--auto-approve" in command(role, *arguments, code=64).err
    assert "--audit records" in revoke(role, "--role", "app", "--audit", "log", code=64).err
    code, out = in_terminal(role, *arguments, answer="no")
    assert code == 1
    assert "Puts the inline policy" in out
    assert set(policies(role)) == {"its-own"}


def test_nothing_of_it_leaks(role: World, tmp_path: Path) -> None:
    canaries = Canaries()
    role.declare({"db": {"value": canaries.plant()}})
    role.converge()
    commands = (
        ("revoke", "production", "--role", "app", "--auto-approve", "-vv"),
        ("revoke", "production", "--role", "app", "--undo", "--auto-approve", "-o", "json"),
    )
    assert search(role, canaries, tmp_path, commands) == []
