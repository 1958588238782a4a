"""The SDK for JavaScript."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.clients.conftest import COUNT, ROOT, Runner, make

SOURCE = Path(__file__).with_name("javascript")
INSTALLED = ROOT / ".venv/javascript"
WHEEL = ROOT / ".venv/node/bin/node"


@pytest.mark.long  # npm installs the SDK, the first time
def test_secrets_and_parameters_from_their_creation_to_their_end(runner: Runner) -> None:
    make("javascript")
    node = str(WHEEL) if WHEEL.exists() else shutil.which("node")
    assert node
    seen = json.loads(runner.run(node, "everything.js", cwd=INSTALLED))
    one, two = "a" * 32, "b" * 32
    assert seen["secrets"] == {
        "stages": {one: ["AWSPREVIOUS"], two: ["STAGED", "AWSCURRENT"]},
        "description": "of the application",
        "changed": True,
        "versions": [one, two],
        "listed": [["/app/db"], ["/app/0"], ["/app/1"]],
        "deleted": "InvalidRequestException",
        "restored": "two",
    }
    assert seen["parameters"] == {
        "labelled": ["one", "String", 1],
        "history": [["one", ["first"]], ["two", []]],
        "described": COUNT,
        "byPath": COUNT,
        "deleted": "ParameterNotFound",
    }


def test_the_lock_pins_every_package_and_names_no_address() -> None:
    text = (SOURCE / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    del packages[""]
    assert {"node_modules/@aws-sdk/client-secrets-manager", "node_modules/@aws-sdk/client-ssm"} <= {
        *packages
    }
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert "resolved" not in text
    assert "://" not in text
