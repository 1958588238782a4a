"""past-max-age: a value that is older than it may get."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.rules import past_max_age
from tests.command import command
from tests.rules.look import AGED
from tests.world import World


@pytest.mark.parametrize("keyless", [False, True])
def test_a_value_that_is_past_its_age(
    keyless: bool, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.cli.findings.RULES", (past_max_age,))
    world.declare({"a": {"value": "v", **AGED}, "b": {"value": "v", "max_age": "100 days"}})
    world.converge()
    command(world, "lock", "production")
    more = ["--keyless"] if keyless else []
    assert "past-max-age" not in command(world, "plan", *more).err

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> Later:
            return cls.fromtimestamp((datetime.now(UTC) + timedelta(days=95)).timestamp(), UTC)

    monkeypatch.setattr("reconciler.rules.examine.datetime", Later)
    done = command(world, "plan", *more)
    assert "warning[past-max-age]: the value of a was written 95 days ago" in done.err
    assert "value of b was" not in done.err
    # What the plan writes anew will be young again.
    world.declare({"a": {"value": "other", **AGED}, "b": {"value": "v", "max_age": "100 days"}})
    command(world, "lock", "production")
    assert "past-max-age" not in command(world, "plan", *more).err
