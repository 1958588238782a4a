"""`builtin:random`: a string of the declared length and alphabet."""

from __future__ import annotations

import json

import pytest

from tests.kinds.rotation.functions.steps import fails, rotating
from tests.world import World


def test_the_whole_value(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = rotating(world, monkeypatch, "random", "seed", length=40, alphabet="abcdef")
    token = made.rotate()
    assert made.labels() == {"AWSCURRENT": token, "AWSPREVIOUS": made.labels()["AWSPREVIOUS"]}
    value = made.value()
    assert len(value) == 40
    assert set(value) <= set("abcdef")
    assert made.value("AWSPREVIOUS") == "seed"
    made.rotate()
    assert made.value() != value


def test_one_key_and_the_others_stay(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {"host": "h", "key": "old", "list": [1, {"a": None}], "ümlaut": "ß\u2028"}
    made = rotating(world, monkeypatch, "random", json.dumps(before), key="key")
    made.rotate()
    after = json.loads(made.value())
    assert len(after["key"]) == 32
    assert {**after, "key": "old"} == before
    assert list(after) == list(before)


@pytest.mark.parametrize("value", ["plain", '{"other": "a"}', '{"key": ""}', '{"key": 1}', "[1]"])
def test_a_secret_without_the_key(
    world: World, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    made = rotating(world, monkeypatch, "random", value, key="key")
    token = made.stage()
    line = fails(made, "createSecret", token)
    assert "the value" in line
    assert "AWSPENDING" not in made.labels()
    made.world.put_secret(made.name, '{"key": "now"}')
    made.rotate()
    assert len(json.loads(made.value())["key"]) == 32


def test_the_test_of_a_schedule(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS calls testSecret alone, on a copy of the current value, which was made elsewhere."""
    made = rotating(world, monkeypatch, "random", "a seed that is no random string")
    token = made.stage()
    made.world.client("secretsmanager").put_secret_value(
        SecretId=made.secret.arn, ClientRequestToken=token, SecretString=made.value(),
        VersionStages=["AWSPENDING"],
    )  # fmt: skip
    made.step("testSecret", token)
    assert made.calls.count("PutSecretValue") == 0


def test_another_value_than_it_made_is_not_taken(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = rotating(world, monkeypatch, "random", '{"key": "k", "host": "h"}', key="key")
    for planted in ('{"key": "short", "host": "h"}', '{"key": "' + "a" * 32 + '", "host": "x"}'):
        token = made.stage()
        made.world.client("secretsmanager").put_secret_value(
            SecretId=made.secret.arn, ClientRequestToken=token, SecretString=planted,
            VersionStages=["AWSPENDING"],
        )  # fmt: skip
        fails(made, "testSecret", token)
        assert "AWSPENDING" not in made.labels()
