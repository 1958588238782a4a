"""The README's commands are run as they stand there, and what it names exists."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click

from reconciler.sandbox.server import Sandbox
from tests import story
from tests.trees import clean_environ

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()

GUIDE = (
    "Overview", "AWS Services Used", "Secret Structure",
    "Setup Instructions", "Initial AWS Setup", "Create Required IAM Roles", "Store Secrets",
    "Application Integration", "Install AWS SDK", "Secret Retrieval Code", "Environment Variables",
    "Security Best Practices", "Access Control", "Secret Rotation", "Monitoring",
    "Development Practice", "Local Development",
    "CI/CD Integration", "GitHub Actions", "AWS Role for CI/CD",
    "Emergency Procedures", "Secret Compromise", "Access Revocation",
    "Monitoring and Alerts", "CloudWatch Alarms", "AWS EventBridge Rules",
)  # fmt: skip


def section(title: str) -> str:
    """The text below one heading."""
    return README.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_the_commands_to_try_it_work(tmp_path: Path, embedded_aws: Sandbox) -> None:
    embedded_aws.reset()
    second = section("Try it").split("# in a second terminal", 1)[1].split("```", 1)[0]
    lines = [line.split(" #")[0].strip() for line in second.splitlines()]
    commands = [line for line in lines if line and not line.startswith(("export ", ".", "#"))]
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


def rows() -> list[list[str]]:
    """The table that follows the guide: heading, what it asks for, commands, tests."""
    lines = section("The secrets management guide, row by row").splitlines()
    table = [line for line in lines if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def test_every_heading_of_the_guide_has_its_row() -> None:
    assert tuple(row[0] for row in rows()) == GUIDE
    assert all(len(row) == 4 and "`" in row[2] and "`tests/" in row[3] for row in rows())


def test_every_command_of_the_guide_and_its_options_exist() -> None:
    from reconciler.cli.main import reconciler

    context = click.Context(reconciler)
    named = [span for row in rows() for span in re.findall(r"`reconciler ([^`]+)`", row[2])]
    assert len(named) > len(GUIDE)
    for line in named:
        group: click.Command | None = reconciler
        words = line.split()
        while isinstance(group, click.Group) and words and not words[0].startswith("-"):
            group = group.get_command(context, words.pop(0))
        assert group is not None, line
        options = {name for parameter in group.params for name in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= options, line


def test_every_test_of_the_guide_exists() -> None:
    for row in rows():
        for span in re.findall(r"`(tests/[^`]+)`", row[3]):
            path, _, name = span.partition("::")
            body = ast.parse((ROOT / path).read_text()).body
            assert name in {one.name for one in body if isinstance(one, ast.FunctionDef)}, span
