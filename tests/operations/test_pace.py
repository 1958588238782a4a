"""How long an apply takes: told before it begins, at the quota that the account has."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.aws.pacing import Pacing
from tests.access.iam.declare import iam, tree
from tests.command import Done, command
from tests.world import World

FIFTY = {f"p{n:02}": {"plaintext": "v"} for n in range(50)}
SETTING = "/ssm/parameter-store/high-throughput-enabled"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a turn; which rate it has is seen all the same."""

    def take(self: Pacing, service: str, operation: str, deadline: float | None) -> bool:
        _rates.append(self.rate("ssm", PUT))
        return deadline is None or time.monotonic() < deadline

    monkeypatch.setattr(Pacing, "take", take)
    monkeypatch.setattr("tests.inprocess.FAST", 0.0)


PUT = "PutParameter"
_rates: list[float] = []


def answer(world: World, value: str) -> None:
    """What the account's setting is."""

    def tell(operation: str, body: Any, given: Any) -> None:
        if operation == "GetServiceSetting":
            assert body == {"SettingId": SETTING}
            given.status = 200
            given.body = b'{"ServiceSetting": {"SettingValue": "%s"}}' % value.encode()

    world.aws.after.append(tell)


def apply(world: World, *arguments: str, code: int = 0, **variables: str) -> Done:
    _rates.clear()
    return command(
        world, "apply", "production", "--auto-approve", *arguments, code=code, variables=variables
    )


def test_before_fifty_writes_the_quota_is_asked_for_once(world: World) -> None:
    answer(world, "false")
    world.declare({}, FIFTY)
    done = apply(world)
    assert done.calls["GetServiceSetting"] == 1
    assert "writing 50 parameters takes about 17 s, at 3 a second" in done.err
    assert f"--setting-id {SETTING} --setting-value true" in done.err


def test_the_higher_quota_is_used_where_the_account_has_it(world: World) -> None:
    answer(world, "true")
    world.declare({}, FIFTY)
    done = apply(world)
    assert "takes about 5 s, at 10 a second" in done.err
    assert "update-service-setting" not in done.err
    assert _rates[-1] == 10


def test_fewer_are_not_worth_the_call_and_pace_rules(world: World) -> None:
    world.declare({}, dict(list(FIFTY.items())[:49]))
    assert apply(world).calls["GetServiceSetting"] == 0
    world.declare({}, {name: {"plaintext": "w"} for name in FIFTY})
    done = apply(world, "--pace", "2", "--override", "max-change-ratio")
    assert done.calls["GetServiceSetting"] == 0
    assert "at 6 a second" in done.err


def test_without_the_permission_there_is_one_warning(world: World) -> None:
    def deny(operation: str, _: Any) -> tuple[int, str, str] | None:
        if operation == "GetServiceSetting":
            return 400, "AccessDeniedException", "not authorized"
        return None

    world.aws.hooks.append(deny)
    world.declare({}, FIFTY)
    done = apply(world)
    assert done.err.count("warning: the role lacks ssm:GetServiceSetting") == 1
    assert "at 3 a second" in done.err


def test_a_run_that_outlasts_its_credentials_says_so_and_ends_cleanly(world: World) -> None:
    answer(world, "false")
    world.declare({}, FIFTY)
    soon = datetime.now(UTC) + timedelta(seconds=75)
    done = apply(world, AWS_CREDENTIAL_EXPIRATION=soon.isoformat())
    assert "until its credentials expire" in done.err
    gone = datetime.now(UTC) - timedelta(seconds=1)
    world.declare({}, {name: {"plaintext": "w"} for name in FIFTY})
    ended = apply(world, code=1, AWS_CREDENTIAL_EXPIRATION=gone.isoformat())
    assert "the AWS credentials expire within a minute, or have expired" in ended.err


def test_the_role_may_ask_where_so_many_are_declared(tmp_path: Any) -> None:
    arn = f"arn:aws:ssm:us-west-2:123456789012:servicesetting{SETTING}"
    for role in ("apply", "adopt"):
        (tmp_path / role).mkdir()
        printed = iam(tree(tmp_path / role, None, FIFTY), role, "production")
        assert printed.allowed(arn) == {"ssm:GetServiceSetting"}
    (tmp_path / "few").mkdir()
    printed = iam(tree(tmp_path / "few", None, {"p": {"plaintext": "v"}}), "apply", "production")
    assert "GetServiceSetting" not in printed.out
