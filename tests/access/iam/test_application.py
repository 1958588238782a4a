"""An application in Node reads, by name and under the reader role, what the reconciler applied; and
is refused what another service's reconciler did."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.access.iam.declare import iam
from tests.access.iam.emulator import Emulator, running
from tests.command import command
from tests.trees import REGION, clean_environ, default_settings
from tests.world import World

ROOT = Path(__file__).parents[3]
SOURCE = Path(__file__).with_name("application")
INSTALLED = ROOT / ".venv/application"
WHEEL = ROOT / ".venv/node/bin/node"
LOGIN = {"username": "prod_user", "password": 'p"ä ß'}
MINUTES = 300.0  # seconds at most for what npm installs


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running(tmp_path_factory.mktemp("emulator")) as found:
        yield found


@dataclass(frozen=True)
class Application:
    """The application, under whoever's credentials."""

    node: str
    credentials: dict[str, str]

    def reads(self, name: str) -> subprocess.CompletedProcess[str]:
        """Start it, with the name of its secret."""
        return subprocess.run(
            [self.node, "application.js"], cwd=INSTALLED, capture_output=True, text=True,
            check=False, timeout=MINUTES,
            env={"PATH": os.environ["PATH"], "AWS_REGION": REGION, "DATABASE_SECRET_PATH": name,
                 **self.credentials},
        )  # fmt: skip


@pytest.fixture(scope="module")
def node() -> str:
    """The Node that runs it, with the SDK that its lock names, from npm."""
    variables = {name: value for name, value in clean_environ().items() if "MAKE" not in name}
    done = subprocess.run(
        ["make", "--no-print-directory", "application"], cwd=ROOT, env=variables,
        capture_output=True, text=True, check=False, timeout=MINUTES,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = str(WHEEL) if WHEEL.exists() else shutil.which("node")
    assert found
    return found


@pytest.mark.long  # needs npm's registry, the first time
def test_it_reads_its_own_secret_and_is_refused_another_services(
    world: World, emulator: Emulator, node: str
) -> None:
    own = {"secrets": {"database/credentials": {"value": LOGIN}}}
    world.tree.write("production/main.sops.yaml", own)
    settings = {"environment": "other", "prefix": "/other/production", "owner": "other"}
    world.tree.write("other/environment.sops.yaml", default_settings("other") | settings)
    world.tree.write("other/main.sops.yaml", own)
    readers, named = {}, {}
    for environment in ("production", "other"):
        apply = emulator.role(f"apply-{environment}")
        apply.may(iam(world.tree, "apply", environment).policy)
        done = command(world, "apply", environment, "--auto-approve", variables=apply.variables)
        assert "1 done" in done.out
        reader = emulator.role(f"reader-{environment}")
        reader.may(iam(world.tree, "reader", environment).policy)
        readers[environment] = Application(node, reader.variables)
        lines = command(world, "export", environment, "--paths").out.splitlines()
        named[environment] = dict(line.split("=") for line in lines)["DATABASE_SECRET_PATH"]
    emulator.root("secretsmanager").create_secret(
        Name="/test/production/database/admin", SecretString='{"password": "undeclared"}'
    )

    mine, theirs = named["production"], named["other"]
    assert mine == "/test/production/database/credentials"
    assert theirs == "/other/production/database/credentials"
    for environment, name in (("production", mine), ("other", theirs)):
        done = readers[environment].reads(name)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == LOGIN
    for environment, name in (
        ("production", theirs),
        ("other", mine),
        ("production", "/test/production/database/admin"),  # no manifest declares it
    ):
        done = readers[environment].reads(name)
        assert done.returncode == 1
        assert done.stdout == ""
        said = done.stderr.splitlines()  # among warnings of the SDK about an old Node
        assert f"Error retrieving secret {name}: AccessDeniedException" in said


def test_the_lock_pins_every_package_and_names_no_address() -> None:
    text = (SOURCE / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    del packages[""]
    assert "node_modules/@aws-sdk/client-secrets-manager" in packages
    for name, entry in packages.items():
        assert entry["integrity"].startswith("sha512-"), name
    assert "resolved" not in text
    assert "://" not in text
