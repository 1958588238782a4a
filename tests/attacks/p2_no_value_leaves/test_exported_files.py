"""What `export` writes is read as it was meant, and git gets none of it, even when it is killed."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import dotenv as python_dotenv
import pytest

from reconciler.operations.exporting.formats import dotenv, unwritable
from reconciler.values.sensitive import Sensitive
from tests.cli.run import cli, environ
from tests.trees import Tree, make_tree

PIECES = ["a", " ", "'", '"', "$", "${HOME}", "$HOME", "$(id)", "`id`", "{", "}", "\\", "\\n", "#",
          "\n", "=", "!", "é", "\t", "%", "~", "*", "export ", "\\'"]  # fmt: skip
PARSE = (
    "const f = require('fs').readFileSync(process.argv[1], 'utf8');"
    "console.log(JSON.stringify(require('util').parseEnv(f)))"
)
KILLED = """
import os, pathlib, signal, sys
at, *arguments = sys.argv[1:]
owner, name = {"replace": (pathlib.Path, "replace"), "fsync": (os, "fsync")}[at]
setattr(owner, name, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
from reconciler.cli.main import main
main(arguments)
"""


def python(file: Path) -> Mapping[str, str | None]:
    return python_dotenv.dotenv_values(file)


def bash(file: Path) -> Mapping[str, str | None]:
    done = subprocess.run(
        ["bash", "-c", 'set -a; . "$0"; exec env -0', str(file)],
        capture_output=True, check=True, env={"PATH": os.environ["PATH"], "HOME": "/home"},
    )  # fmt: skip
    return dict(line.split("=", 1) for line in done.stdout.decode().split("\0") if line)


def node(file: Path) -> Mapping[str, str | None]:
    if shutil.which("node") is None:
        pytest.skip("there is no node")
    done = subprocess.run(
        ["node", "-e", PARSE, str(file)], capture_output=True, text=True, check=False
    )
    if "parseEnv is not a function" in done.stderr:
        pytest.skip("this node reads no .env file")
    found: dict[str, str] = json.loads(done.stdout)
    return found


def compose(file: Path) -> Mapping[str, str | None]:
    """The plugin of docker, or the program by itself: a file is read without a daemon."""
    programs = (["docker", "compose"], ["docker-compose"])
    command = next((c for c in programs if _answers([*c, "version"])), None)
    if command is None:
        pytest.skip("there is no docker compose")
    (file.parent / "compose.yaml").write_text(
        "services: {a: {image: a, env_file: [{path: .env}]}}\n"
    )
    done = subprocess.run(
        [*command, "config", "--format", "json"],
        cwd=file.parent, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, str] = json.loads(done.stdout)["services"]["a"]["environment"]
    # What it prints is a compose file again, in which $$ is one.
    return {name: text.replace("$$", "$") for name, text in found.items()}


def _answers(command: Sequence[str]) -> bool:
    found = shutil.which(command[0]) is not None
    return found and not subprocess.run(command, capture_output=True, check=False).returncode


@pytest.mark.parametrize("read", [python, bash, node, compose])
def test_every_reader_reads_what_was_written(
    tmp_path: Path, read: Callable[[Path], Mapping[str, str | None]]
) -> None:
    chance = random.Random(18)
    texts = ["".join(chance.choices(PIECES, k=chance.randrange(7))) for _ in range(2000)]
    values = {f"N{number}": Sensitive(text) for number, text in enumerate(texts)}
    refused = unwritable(values)
    kept = {name: value for name, value in values.items() if name not in refused}
    assert len(kept) > 500
    file = tmp_path / ".env"
    file.write_text(dotenv(kept))
    found = read(file)
    wrong = {n: (v.reveal(), found.get(n)) for n, v in kept.items() if found.get(n) != v.reveal()}
    assert wrong == {}


def test_what_python_dotenv_replaces_is_refused(tmp_path: Path) -> None:
    """It replaces ${NAME} in single quotes, too: a value would hold another of the machine's."""
    made = make_tree(tmp_path, {"production": {"secrets": {"db": {"value": "a${AWS_SECRET}b"}}}})
    done = cli("export", "production", cwd=tmp_path, environment=made.environ)
    assert (done.returncode, done.stdout) == (1, "")
    assert "readers of .env files disagree about the value of DB" in done.stderr
    assert "${ (python-dotenv, even in single quotes)" in done.stderr


@pytest.fixture
def repository(tmp_path: Path) -> Tree:
    made = make_tree(tmp_path, {"production": {"secrets": {"db": {"value": "canary"}}}})
    made.key_file.rename(tmp_path.parent / f"{tmp_path.name}.key")
    (tmp_path / ".gitignore").write_text(".env\n")
    for arguments in (("init", "-q"), ("add", "-A")):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    return Tree(made.manifests, made.key, tmp_path.parent / f"{tmp_path.name}.key")


@pytest.mark.parametrize("at", ["fsync", "replace"])
def test_git_takes_nothing_of_an_export_that_is_killed(repository: Tree, at: str) -> None:
    folder = repository.manifests.parent
    done = subprocess.run(
        [sys.executable, "-c", KILLED, at, "export", "production", "--out", ".env"],
        cwd=folder, env=environ(repository.environ), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == -9, done.stderr
    asked = ["git", "status", "--porcelain", "--untracked-files=all"]
    status = subprocess.run(asked, cwd=folder, capture_output=True, text=True, check=True).stdout
    assert "??" not in status
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    assert subprocess.run(
        ["git", "grep", "--cached", "-q", "canary"], cwd=folder, check=False
    ).returncode == 1  # fmt: skip


def test_no_planted_link_is_written_through(repository: Tree) -> None:
    folder = repository.manifests.parent
    theirs = folder / "theirs"
    theirs.write_text("theirs")
    for name in (".env.", "..env", "..env.part", ".env.tmp"):
        (folder / name).symlink_to(theirs)
    done = cli("export", "production", "--out", ".env", cwd=folder, environment=repository.environ)
    assert done.returncode == 0, done.stderr
    assert theirs.read_text() == "theirs"
    assert (folder / ".env").read_text() == "DB='canary'\n"
