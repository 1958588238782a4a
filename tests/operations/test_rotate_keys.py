"""rotate-keys: another fingerprint key in two steps, and what happens where one is missing."""

from __future__ import annotations

import json
import re

import pytest

from tests.command import command
from tests.trees import default_settings
from tests.world import World

SETTINGS = "production/environment.sops.yaml"


@pytest.fixture
def applied(world: World) -> World:
    """Enough that the guard of changes looks at it, all of it live."""
    secrets = {f"s{n}": {"value": f"v{n}"} for n in range(9)}
    world.declare({**secrets, "made": {"generate": {}}}, {"p": {"value": "one"}})
    command(world, "lock")
    world.converge()
    return world


def ciphertexts(world: World) -> list[str]:
    block = world.tree.read(SETTINGS).partition("fingerprint_keys:")[2].partition("sops:")[0]
    return re.findall(r"ENC\[", block)


def test_two_steps_with_an_apply_between_them(applied: World) -> None:
    versions = {f"s{n}": applied.labels(f"s{n}") for n in range(9)}
    done = command(applied, "rotate-keys", "production")
    assert "fingerprints.lock written" in done.out
    assert "reconciler apply production" in done.err
    assert not done.calls
    assert len(ciphertexts(applied)) == 2
    command(applied, "lock", "--check")
    # Eleven of eleven are marked again, and no guard minds.
    early = command(applied, "rotate-keys", "production", code=1)
    assert early.err.count("error[keys-in-use]") == 1
    assert "parameter p, secret made, secret s0 and 8 more are still marked" in early.err
    assert len(ciphertexts(applied)) == 2
    command(applied, "apply", "production", "--auto-approve")
    done = command(applied, "rotate-keys", "production", "-o", "json")
    assert json.loads(done.out)["step"] == 2
    assert len(ciphertexts(applied)) == 1
    command(applied, "lock", "--check")
    assert applied.changes() == {}
    assert {f"s{n}": applied.labels(f"s{n}") for n in range(9)} == versions


def test_what_is_kept_holds_the_old_key(applied: World) -> None:
    applied.declare({"s0": {"value": "v0"}})
    command(applied, "rotate-keys", "production")
    command(applied, "apply", "production", "--auto-approve")
    done = command(applied, "rotate-keys", "production", code=1)
    assert "reconciler release production NAME" in done.err


def test_a_key_that_was_replaced_by_hand_is_one_error(applied: World) -> None:
    before = applied.tree.read(SETTINGS)
    applied.tree.write(SETTINGS, default_settings("production") | {"fingerprint_keys": ["ab" * 32]})
    for name in ("plan", "drift"):
        done = command(applied, name, "production", code=1)
        assert done.err.count("error[") == 1
        assert "parameter p, secret made, secret s0 and 8 more are marked with a" in done.err
        assert "reconciler adopt production" in done.err
    # It is lost: what is live is taken over again, with no value written.
    versions = {f"s{n}": applied.labels(f"s{n}") for n in range(9)}
    command(applied, "lock", "--over-lies")
    command(applied, "adopt", "production", "--auto-approve")
    assert {f"s{n}": applied.labels(f"s{n}") for n in range(9)} == versions
    assert applied.changes() == {}
    assert before != applied.tree.read(SETTINGS)


def test_one_that_apply_had_not_marked_yet_is_refused_and_says_how(applied: World) -> None:
    applied.tree.write(SETTINGS, default_settings("production") | {"fingerprint_keys": ["ab" * 32]})
    command(applied, "adopt", "production", "s0", "--auto-approve")
    done = command(applied, "plan", "production")
    assert "error[" not in done.err
    assert "it was marked with a fingerprint key that the manifests no longer have" in done.out
    assert "adopt the secret again" in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rotate-keys",), "Missing argument"),
        (("rotate-keys", "prod"), "did you mean `production`?"),
        (("rotate-keys", "production", "x"), "Too many arguments"),
    ],
)
def test_what_is_asked_wrong_is_one_line_and_nothing_written(
    applied: World, arguments: tuple[str, ...], said: str
) -> None:
    before = applied.tree.read(SETTINGS)
    done = command(applied, *arguments, code=64)
    assert said in done.err
    assert done.err.count("error[") == 1
    assert applied.tree.read(SETTINGS) == before
