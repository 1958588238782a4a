"""`builtin:jwt`, as a stock library sees it: PyJWT signs, and verifies by the key set."""

from __future__ import annotations

import itertools
import json

import jwt
import pytest

from tests.kinds.rotation.functions.steps import Rotating, fails, rotating
from tests.world import World

SEED = json.dumps({"key": "a seed of enough characters for HS256", "issuer": "api"})


@pytest.fixture
def made(world: World, monkeypatch: pytest.MonkeyPatch) -> Rotating:
    return rotating(world, monkeypatch, "jwt", SEED)


def sign(value: str) -> str:
    """What an application signs that has read this value."""
    read = json.loads(value)
    return jwt.encode({"sub": "s"}, read["key"], read["alg"], headers={"kid": read["kid"]})


def verifies(value: str, token: str) -> bool:
    """Whether one that has read this value takes a token."""
    keys = jwt.PyJWKSet.from_dict(json.loads(value)["jwks"])
    kid = jwt.get_unverified_header(token)["kid"]
    found = [key for key in keys.keys if key.key_id == kid]
    return bool(found) and jwt.decode(token, found[0])["sub"] == "s"


def test_old_and_new_verify_each_other(made: Rotating) -> None:
    values = []
    for _ in range(4):
        made.rotate()
        values.append(made.value())
    assert len({json.loads(value)["key"] for value in values}) == 4
    for before, after in itertools.pairwise(values):
        # Who has not read the new value yet takes what is signed with it, and the reverse.
        assert verifies(before, sign(after))
        assert verifies(after, sign(before))
        assert verifies(after, sign(after))
    assert not verifies(values[3], sign(values[1]))
    assert json.loads(values[3])["issuer"] == "api"


def test_the_seed_still_verifies(made: Rotating) -> None:
    made.rotate()
    signed = jwt.encode({"sub": "s"}, json.loads(SEED)["key"], "HS256", headers={"kid": "seed"})
    assert verifies(made.value(), signed)
    assert json.loads(made.value())["key"] != json.loads(SEED)["key"]


@pytest.mark.parametrize(("alg", "size"), [("HS256", 43), ("HS384", 64), ("HS512", 86)])
def test_keys_are_as_long_as_the_hash(
    world: World, monkeypatch: pytest.MonkeyPatch, alg: str, size: int
) -> None:
    made = rotating(world, monkeypatch, "jwt", SEED, alg=alg)
    made.rotate()
    first = made.value()
    made.rotate()
    assert len(json.loads(made.value())["key"]) == size
    assert json.loads(made.value())["alg"] == alg
    assert verifies(first, sign(made.value()))


def test_another_algorithm_starts_anew(
    world: World, monkeypatch: pytest.MonkeyPatch, made: Rotating
) -> None:
    made.rotate()
    before = made.value()
    monkeypatch.setenv("SETTINGS", '{"alg": "HS512"}')
    made.rotate()
    assert json.loads(made.value())["alg"] == "HS512"
    assert verifies(made.value(), sign(before))


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "{}",
        '{"key": "k", "alg": "none"}',
        '{"key": "k", "alg": "RS256"}',
        '{"key": "k", "jwks": []}',
        '{"key": "k", "jwks": {"keys": [{"kty": "RSA"}]}}',
    ],
)
def test_what_is_no_signing_key(world: World, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    made = rotating(world, monkeypatch, "jwt", value)
    assert "the value" in fails(made, "createSecret", made.stage())
    assert "AWSPENDING" not in made.labels()


def test_a_key_set_that_does_not_verify_is_not_taken(made: Rotating) -> None:
    made.rotate()
    token = made.stage()
    made.step("createSecret", token)
    value = json.loads(made.value("AWSPENDING"))
    value["jwks"]["keys"][0]["k"] = value["jwks"]["keys"][1]["k"]
    planted = made.stage()
    made.world.client("secretsmanager").put_secret_value(
        SecretId=made.secret.arn, ClientRequestToken=planted, SecretString=json.dumps(value),
        VersionStages=["AWSPENDING"],
    )  # fmt: skip
    assert "does not verify" in fails(made, "testSecret", planted)
