"""The manifests in this repository: complete, encrypted, and alike in every environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.manifest import Desired, environments, load
from reconciler.manifest.schema import NAMES, schema
from reconciler.values.sops import Sops, find
from tests.trees import clean_environ

MANIFESTS = Path(__file__).parents[2] / "manifests"
ENVIRONMENTS = ["development", "production", "staging"]
KEY = {"SOPS_AGE_KEY_FILE": str(MANIFESTS / "demo-age-key.txt")}


def desired(environment: str) -> Desired:
    sops = Sops(find(), environment=clean_environ() | KEY)
    return load(MANIFESTS, environment, sops)


def test_the_environments() -> None:
    assert environments(MANIFESTS) == ENVIRONMENTS


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_everything_that_the_reference_draws(environment: str) -> None:
    found = desired(environment)
    prefix = f"/lagomo/{environment}"
    assert found.scope.prefix == prefix
    assert found.warnings == ()
    names = {f"{key.kind}:{key.name.removeprefix(prefix + '/')}" for key in found.resources}
    assert names == {
        "secret:database/credentials",
        "rotation:database/credentials",
        "parameter:database/connection/host",
        "parameter:database/connection/name",
        "parameter:database/connection/pool",
        "parameter:database/connection/port",
        "parameter:database/connection/replica-url",
        "secret:jwt/secret",
        "rotation:jwt/secret",
        "secret:smtp/credentials",
        "parameter:smtp/config/domains",
        "parameter:smtp/config/from",
        "parameter:smtp/config/host",
        "parameter:smtp/config/port",
        "secret:web3/infura",
        "secret:web3/walletconnect",
    }
    types = {r.fields["type"] for r in found.resources.values() if r.key.kind == "parameter"}
    assert types == {"String", "StringList", "SecureString"}
    schedules = {r.fields["schedule"] for r in found.resources.values() if r.key.kind == "rotation"}
    assert len(schedules) == 2  # one for each type of secret
    assert {r.max_age for r in found.resources.values()} >= {90, 180}


def test_every_value_is_plainly_made_up() -> None:
    for environment in ENVIRONMENTS:
        for key, sealed in desired(environment).values.items():
            if key.kind == "secret" and sealed.content is not None:
                assert "demo-" in str(sealed.content.reveal()), key


def test_the_key_says_what_it_is_for() -> None:
    assert "FOR DEMONSTRATION ONLY" in (MANIFESTS / "demo-age-key.txt").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_the_schemas_in_the_repository_are_current(name: str) -> None:
    stored = json.loads((MANIFESTS / ".schema" / f"{name}.json").read_text())
    assert stored == schema(name)


def test_every_file_names_its_schema() -> None:
    files = [*MANIFESTS.glob("*/*.yaml")]
    assert len(files) == 3 * 4 + 4
    for file in files:
        which = "environment" if file.name.startswith("environment") else "manifest"
        line = f"# yaml-language-server: $schema=../.schema/{which}.json\n"
        assert file.read_text().startswith(line)
