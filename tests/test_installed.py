"""What the wheel holds works without the checkout: none of its files is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler import __version__
from tests.trees import clean_environ
from tests.world import World

ROOT = Path(__file__).parents[1]
GIVEN = ("--account", "123456789012", "--region", "us-west-2", "--prefix", "/app/production")
START = "from reconciler.cli.start import main; main()"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=300)
    (made,) = folder.glob("*.whl")
    assert made.name == f"secret_reconciler-{__version__}-py3-none-any.whl"
    return made


def begins(command: list[str], world: World, home: Path, more: Mapping[str, str]) -> None:
    """A user without a checkout and without a key: from nothing to a plan."""
    repository = home / "repository"
    repository.mkdir(parents=True)
    tools = [str(Path(shutil.which(name) or "").parent) for name in ("sops", "git", "sh")]
    variables = {
        **{n: v for n, v in world.environ().items() if not n.startswith(("SOPS", "XDG", "PYTHON"))},
        "HOME": str(home),
        "PATH": os.pathsep.join([*more.get("PATH", "").split(), *tools]),
        **{name: value for name, value in more.items() if name != "PATH"},
    }

    def run(*words: str, **asked: str) -> str:
        done = subprocess.run(
            [*command, *words], cwd=repository, env={**variables, **asked},
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    action = f"example/reconciler@{'0' * 40}"
    assert "Plan: 2 to create" in run("init", ".", *GIVEN, "--action", action)
    assert (repository / ".github/workflows/secrets-plan.yml").is_file()
    assert "no error" in run("validate")
    assert "Plan: 2 to create" in run("plan", "production")
    asked = {"COMP_WORDS": "reconciler plan pro", "COMP_CWORD": "2"}
    told = run(_RECONCILER_COMPLETE="bash_complete", **asked)
    assert told == "plain,production\n"
    assert "complete -o nosort" in run(_RECONCILER_COMPLETE="bash_source")


def test_a_wheel_has_all_that_it_needs(wheel: Path, world: World, tmp_path: Path) -> None:
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(wheel) as held:
        held.extractall(unpacked)
    # What is named here comes before the checkout that this Python knows.
    begins([sys.executable, "-c", START], world, tmp_path / "home", {"PYTHONPATH": str(unpacked)})


@pytest.mark.long
def test_it_is_installed_into_an_empty_environment(
    wheel: Path, world: World, tmp_path: Path
) -> None:
    uv, place = str(Path(sys.executable).parent / "uv"), tmp_path / "venv"
    python = place / "bin" / "python"
    locked = ROOT / "requirements" / "runtime.txt"
    pip = [uv, "pip", "install", "--quiet", "--python", str(python)]
    for words in (
        [uv, "venv", "--quiet", "--python", sys.executable, str(place)],
        [*pip, "--require-hashes", "--requirement", str(locked)],
        [*pip, "--no-deps", str(wheel)],
    ):
        subprocess.run(words, check=True, env=clean_environ(), cwd=tmp_path, timeout=600)
    where = {"PATH": str(place / "bin")}
    begins([str(place / "bin" / "reconciler")], world, tmp_path / "home", where)
