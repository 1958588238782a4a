"""A changed KMS key never strands a value: what is under the old key alone is named."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.core.reasons import Reason, Why
from tests.command import command
from tests.world import PREFIX, World


@pytest.fixture
def keys(world: World) -> list[str]:
    return [world.client("kms").create_key()["KeyMetadata"]["Arn"] for _ in range(2)]


def short(key: str) -> str:
    return key.rpartition("/")[2]


def declare(world: World, key: str, *former: str, **more: Any) -> None:
    named = {"previous_kms_keys": [*former]} if former else {}
    world.declare({"db": {"value": "v", "kms_key": key, **named, **more}})


def told(world: World) -> list[str]:
    shown = world.cli("doctor", "production").stdout
    return [" ".join(line.split()) for line in shown.splitlines() if " encryption: " in line]


def test_a_key_that_git_does_not_name_is_not_left(world: World, keys: list[str]) -> None:
    old, new = keys
    declare(world, old)
    world.converge()
    declare(world, new)
    change = world.changes()["secret:db"]
    assert (change.action, change.code) == ("refuse", "previous-key")
    shown = world.cli("plan", "production").stdout
    assert short(old) in shown
    assert "`previous_kms_keys`" in shown
    assert world.apply()["secret:db"].status == "refused"
    assert world.secret("db")["KmsKeyId"] == short(old)


@pytest.mark.parametrize("where", ["secret", "environment"])
def test_a_key_that_git_names_is_left_and_every_label_of_aws_goes_with_it(
    world: World, keys: list[str], where: str
) -> None:
    old, new = keys
    declare(world, old)
    world.converge()
    if where == "secret":
        declare(world, new, short(old))
    else:
        declare(world, new)
        world.settings(previous_kms_keys=[old])
    world.converge()
    (version,) = world.client("secretsmanager").list_secret_version_ids(SecretId=f"{PREFIX}/db")[
        "Versions"
    ]
    assert new in version["KmsKeyIds"]
    assert command(world, "drift", "production", "--deep").calls["ListSecretVersionIds"] == 1


def test_from_the_key_of_aws_nothing_has_to_be_named(world: World, keys: list[str]) -> None:
    world.declare({"db": {"value": "v"}})
    world.converge()
    declare(world, keys[0])
    world.converge()


@pytest.mark.parametrize("denied", ["Decrypt", "Encrypt"])
def test_a_value_that_aws_did_not_encrypt_again_has_failed_and_is_found_later(
    world: World, keys: list[str], denied: str
) -> None:
    old, new = keys
    declare(world, old)
    world.converge()
    declare(world, new, old)
    world.aws.denied_keys.add((denied, old if denied == "Decrypt" else new))
    done = command(world, "apply", "production", "--auto-approve", code=4)
    assert "failed" in done.out
    assert "(AWSCURRENT)" in done.out
    assert f"nobody may disable or delete {old}" in done.out
    assert world.changes() == {}  # AWS says that it has the new key
    later = command(world, "drift", "production", "--deep", code=2)
    assert f"is encrypted under {old} alone" in later.out
    assert told(world)[0].endswith("who deletes that key deletes the value")
    world.aws.denied_keys.clear()
    declare(world, old, new)
    world.converge()
    declare(world, new, old)
    world.converge()
    command(world, "drift", "production", "--deep")
    assert told(world) == [
        "ok encryption: every live value is under the KMS key that its secret has"
    ]


def test_versions_without_a_label_of_aws_stay_and_are_named(world: World, keys: list[str]) -> None:
    old, new = keys
    for value in ("one", "two", "three"):
        world.declare({"db": {"value": value, "kms_key": old}})
        world.converge()
    world.declare({"db": {"value": "three", "kms_key": new, "previous_kms_keys": [old]}})
    done = command(world, "apply", "production", "--auto-approve")
    assert done.err.count(f"stays under {old}") == 1


def test_a_role_of_before_changes_the_key_and_warns_once(world: World, keys: list[str]) -> None:
    old, new = keys
    declare(world, old)
    world.converge()
    declare(world, new, old)

    def deny(operation: str, _: Any) -> tuple[int, str, str] | None:
        if operation == "ListSecretVersionIds":
            return 400, "AccessDeniedException", "not authorized"
        return None

    world.aws.hooks.append(deny)
    done = command(world, "apply", "production", "--auto-approve")
    assert done.err.count("the role lacks secretsmanager:ListSecretVersionIds") == 1
    assert "cannot tell" in told(world)[0]
    assert world.secret("db")["KmsKeyId"] == short(new)


def no_describe_key(operation: str, _: Any) -> tuple[int, str, str] | None:
    refused = operation == "DescribeKey"
    return (400, "AccessDeniedException", "not authorized") if refused else None


@pytest.fixture
def alias(world: World, keys: list[str]) -> str:
    """Another name of the first key."""
    world.client("kms").create_alias(AliasName="alias/app", TargetKeyId=keys[0])
    return "alias/app"


@pytest.mark.parametrize("alias_first", [True, False], ids=["alias", "key"])
def test_another_name_of_the_same_key_is_no_change(
    world: World, keys: list[str], alias: str, alias_first: bool
) -> None:
    """Neither in a plan nor in drift, whoever gave it that name; and one call tells it."""
    one, other = (alias, keys[0]) if alias_first else (keys[0], alias)
    world.declare({"db": {"value": "v", "kms_key": one}}, {"p": {"value": "v", "kms_key": one}})
    world.converge()
    world.declare({"db": {"value": "v", "kms_key": other}}, {"p": {"value": "v", "kms_key": other}})
    (change,) = world.changes().values()
    assert change.why == Why(Reason.MARK, names=("kms_key",))  # it remembers the other name
    world.converge()
    for found in (command(world, "plan", "production"), command(world, "drift", "production")):
        assert (found.calls["DescribeKey"], found.calls["DescribeSecret"]) == (1, 0)
    world.client("secretsmanager").update_secret(SecretId=f"{PREFIX}/db", KmsKeyId=other)
    assert world.changes() == {}
    done = command(world, "drift", "production", "--deep")
    assert done.calls["DescribeKey"] == 1


def test_a_former_key_may_be_named_by_its_alias(world: World, keys: list[str], alias: str) -> None:
    old, new = keys
    declare(world, old)
    world.converge()
    declare(world, new, alias)
    change = world.changes()["secret:db"]
    assert (change.action, change.fields[0].before) == ("update", alias)
    world.converge()


def test_an_alias_of_another_key_is_a_change(world: World, keys: list[str], alias: str) -> None:
    declare(world, keys[1])
    world.converge()
    declare(world, alias, keys[1])
    assert world.changes()["secret:db"].action == "update"
    world.converge()


def test_a_role_of_before_compares_keys_by_name_and_warns_once(
    world: World, keys: list[str], alias: str
) -> None:
    world.client("kms").create_alias(AliasName="alias/more", TargetKeyId=keys[1])
    world.declare(
        {"a": {"value": "v", "kms_key": keys[0]}, "b": {"value": "v", "kms_key": keys[1]}}
    )
    world.converge()
    world.declare(
        {
            "a": {"value": "v", "kms_key": alias, "previous_kms_keys": keys},
            "b": {"value": "v", "kms_key": "alias/more", "previous_kms_keys": keys},
        }
    )
    world.aws.hooks.append(no_describe_key)
    done = command(world, "plan", "production")
    assert "2 to update" in done.out
    assert done.err.count("the role lacks kms:DescribeKey") == 1


def test_an_alias_that_names_another_key_now_leaves_the_value_behind(
    world: World, keys: list[str], alias: str
) -> None:
    old, new = keys
    declare(world, alias)
    world.converge()
    assert "DescribeKey" not in world.calls
    world.client("kms").update_alias(AliasName=alias, TargetKeyId=new)
    later = command(world, "drift", "production", "--deep", code=2)
    assert f"is encrypted under {old} alone" in later.out


def test_an_alias_that_the_role_may_not_resolve_is_said_once(
    world: World, keys: list[str], alias: str
) -> None:
    declare(world, alias)
    world.converge()
    world.aws.hooks.append(no_describe_key)
    done = command(world, "drift", "production", "--deep")
    said = "the role lacks kms:DescribeKey, so that nobody sees which KMS key an alias stands for"
    assert done.err.count(said) == 1
    assert said in told(world)[0]
