"""The README's commands are run as they stand there, and what it names exists."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from reconciler.sandbox.server import Sandbox
from tests import story
from tests.trees import clean_environ

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def section(title: str) -> str:
    """The text below one heading."""
    return README.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_the_commands_to_try_it_work(tmp_path: Path, embedded_aws: Sandbox) -> None:
    embedded_aws.reset()
    second = section("Try it").split("# in a second terminal", 1)[1].split("```", 1)[0]
    lines = [line.split(" #")[0].strip() for line in second.splitlines()]
    commands = [line for line in lines if line and not line.startswith(("export ", "."))]
    assert len(commands) >= 5
    for folder in ("manifests", "demo"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    environment = {
        **clean_environ(),
        "AWS_ENDPOINT_URL": embedded_aws.url,
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_DEFAULT_REGION": "us-west-2",
        "SOPS_AGE_KEY_FILE": str(tmp_path / "manifests/demo-age-key.txt"),
    }
    shown = ""
    for command in commands:
        program, *arguments = command.split()
        module = ["-m", "reconciler.cli.main"] if program == "reconciler" else []
        done = subprocess.run(
            [sys.executable, *module, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        shown += done.stdout
    assert "Nothing to do" in shown
    assert embedded_aws.wait_for_rotations()


def test_what_it_shows_is_what_the_commands_print(tmp_path: Path, embedded_aws: Sandbox) -> None:
    """But for commits, dates and what sops encrypts. `python -m tests.story` writes it anew."""
    embedded_aws.reset()
    shown = {command for block in story.shown(README) for command in block.commands}
    for command in ("diff", "lock", "plan"):
        assert any(line.startswith(f"reconciler {command} ") for line in shown), command
    for form in ("markdown", "json"):
        assert any(line.endswith(f"-o {form}") for line in shown), form
    assert any(line.startswith("git merge") for line in shown)
    fresh = story.fresh(README, tmp_path, embedded_aws)
    assert story.same_everywhere(fresh) == story.same_everywhere(README)


def test_every_test_that_a_promise_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", README)
    assert named
    for name in named:
        assert (ROOT / name).is_file(), name


def test_every_command_is_named() -> None:
    from reconciler.cli.main import COMMANDS

    for command in COMMANDS:
        assert f"reconciler {command}" in README, command
