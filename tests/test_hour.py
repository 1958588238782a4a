"""The first hour in a repository of one's own, by documented commands only.

In `make test` the commands run in this process; as a long test they are processes that know nothing
but the wheel.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.age_key import new_age_key
from tests.inprocess import reconciler
from tests.test_installed import ROOT, START
from tests.world import World

ACCOUNT = ("--account", "123456789012", "--region", "us-west-2")
DOTENV = "".join(f"SERVICE_{name}=value-of-{name}\n" for name in ("A", "B", "C", "D", "E", "F"))
CONFIG = {f"config/p{n}": f"setting {n}" for n in range(10)}

Runs = Callable[
    [tuple[str, ...], dict[str, str], Path, str | None], "subprocess.CompletedProcess[str]"
]


@dataclass
class Person:
    """Somebody with a home, a key and the clone that all share."""

    runs: Runs
    clone: Path
    variables: dict[str, str]
    said: list[str] = field(default_factory=list)

    def reconciler(
        self, line: str, *, code: int = 0, stdin: str | None = None, name: str = ""
    ) -> str:
        """Type a command; what it prints. ``name`` stands for `{}` in it."""
        words = tuple(name if word == "{}" else word for word in line.split())
        done = self.runs(words, self.variables, self.clone, stdin)
        assert done.returncode == code, f"{line}: {done.returncode}\n{done.stdout}{done.stderr}"
        self.said.append(done.stdout + done.stderr)
        return self.said[-1]

    def git(self, *words: str) -> None:
        """Git, as this person."""
        who = ("-c", "user.name=p", "-c", "user.email=p@example.com")
        subprocess.run(["git", *who, *words], cwd=self.clone, check=True, capture_output=True)

    def commits(self, message: str) -> None:
        """All that has changed."""
        self.git("add", "-A")
        self.git("commit", "-qm", message)


def variables(world: World, home: Path) -> dict[str, str]:
    tools = [str(Path(shutil.which(name) or "").parent) for name in ("sops", "git", "sh")]
    there = world.environ().items()
    return {
        **{n: v for n, v in there if not n.startswith(("SOPS", "XDG", "PYTHON"))},
        "HOME": str(home),
        "PATH": os.pathsep.join(dict.fromkeys(tools)),
    }


def in_process(
    words: tuple[str, ...], own: dict[str, str], cwd: Path, stdin: str | None
) -> subprocess.CompletedProcess[str]:
    return reconciler(words, environment=own, cwd=cwd, stdin=stdin)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=300)
    (made,) = folder.glob("*.whl")
    with zipfile.ZipFile(made) as held:
        held.extractall(folder / "unpacked")
    return folder / "unpacked"


def lives(world: World, home: Path, runs: Runs) -> None:
    clone = home / "repository"
    clone.mkdir(parents=True)
    ann = Person(runs, clone, variables(world, home))

    # Two environments, each with a key of its own.
    ann.reconciler("init . --prefix /app/production --no-plan " + " ".join(ACCOUNT))
    ann.commits("production")
    ann.reconciler(
        "init . --environment staging --prefix /app/staging --no-plan " + " ".join(ACCOUNT)
    )
    ann.commits("staging")
    assert "production" in ann.reconciler("validate")

    # 12 secrets and 15 parameters: two files that there were, and the rest by hand.
    (clone.parent / ".env").write_text(DOTENV)
    (clone.parent / "config.json").write_text(json.dumps(CONFIG))
    files = (".env", "secret"), ("config.json", "parameter")
    for name, kind in files:
        ann.reconciler(
            f"import production --from {{}} --kind {kind} --auto-approve",
            name=str(clone.parent / name),
        )
        (clone.parent / name).unlink()
    for name in ("jwt/secret", "web/session"):
        ann.reconciler(f"add production {name} --generate 40")
    for name in ("smtp/login", "database/admin", "stripe/key"):
        ann.reconciler(f"add production {name} --key password", stdin=f"pw of {name}\n")
    ann.reconciler("add production smtp/login --key user", stdin="mailer")
    ann.reconciler("add production web/token", stdin="typed once")
    for number in range(3):
        ann.reconciler(f"add production web/p{number} --kind parameter --plaintext v{number}")
    for number in range(2):
        line = f"add production web/hidden{number} --kind parameter"
        ann.reconciler(line, stdin=f"hidden {number}")
    ann.reconciler("remove production example/token example/host")
    ann.reconciler("lock --check production")
    ann.commits("what there is")
    assert "27 to create" in ann.reconciler("plan production")
    assert "27 done" in ann.reconciler("apply production --auto-approve")
    assert "Nothing to do" in ann.reconciler("plan production")
    assert "Nothing to do" in ann.reconciler("plan production --keyless")

    # Somebody joins, reads a plan, and leaves.
    key = new_age_key()
    (home / "bob").mkdir()
    bob = Person(runs, clone, variables(world, home / "bob") | {"SOPS_AGE_KEY": key.identity})
    bob.reconciler("plan production", code=1)
    ann.reconciler(f"recipients add {key.recipient} production")
    ann.commits("bob joins")
    assert "Nothing to do" in bob.reconciler("plan production")
    left = ann.reconciler(f"recipients remove {key.recipient} production")
    ann.commits("bob leaves")
    assert "reconciler set production stripe/key --key KEY (of password)" in left
    bob.reconciler("plan production", code=1)
    assert "old-ciphertext" in ann.reconciler("validate production")
    ann.reconciler("set production stripe/key --key password", stdin="another")
    ann.reconciler("rotate-keys production")
    ann.commits("what bob knew")
    ann.reconciler("apply production --auto-approve")
    ann.reconciler("rotate-keys production")
    ann.commits("the old fingerprint key is gone")
    assert "Nothing to do" in ann.reconciler("plan production")

    # A rename in two steps.
    ann.reconciler("move production smtp/login smtp/credentials")
    ann.commits("renamed")
    assert "1 to create" in ann.reconciler("plan production")
    ann.reconciler("apply production --auto-approve")
    ann.reconciler("remove production smtp/login")
    ann.reconciler("release production smtp/login --auto-approve")
    ann.commits("the old name is gone")
    assert "Nothing to do" in ann.reconciler("plan production")

    # What somebody changes by hand is found, and put right.
    client = world.client("secretsmanager")
    client.put_secret_value(SecretId="/app/production/web/token", SecretString="by hand")
    assert "web/token" in ann.reconciler("drift production", code=2)
    ann.reconciler("apply production --auto-approve")
    ann.reconciler("drift production")

    # The structure in another environment, never a value.
    ann.reconciler("copy production staging smtp/credentials --generate 40")
    ann.commits("staging has it too")
    assert "1 different" in ann.reconciler("compare production staging")

    # And out again: everything stays where it is.
    ann.reconciler("release production --all --auto-approve")
    world.aws.settling.pass_by()
    held = client.get_secret_value(SecretId="/app/production/smtp/credentials")["SecretString"]
    assert json.loads(held) == {"password": "pw of smtp/login", "user": "mailer"}
    token = client.describe_secret(SecretId="/app/production/web/token")
    assert not [tag for tag in token["Tags"] if tag["Key"].startswith("reconciler:")]
    assert "error[" not in "".join(text for text in ann.said if "keys-in-use" not in text)


def test_the_first_hour(world: World, tmp_path: Path) -> None:
    lives(world, tmp_path / "home", in_process)


@pytest.mark.long
def test_the_first_hour_with_the_wheel_alone(unpacked: Path, world: World, tmp_path: Path) -> None:
    def process(
        words: tuple[str, ...], own: Mapping[str, str], cwd: Path, stdin: str | None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", START, *words], cwd=cwd,
            env={**own, "PYTHONPATH": str(unpacked)},
            input=stdin or "", capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip

    lives(world, tmp_path / "home", process)
