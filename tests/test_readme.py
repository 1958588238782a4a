"""What README.md and docs/ show is run as it stands there, and what they name exists."""

from __future__ import annotations

import ast
import difflib
import re
from pathlib import Path

import click
import pytest

from tests.embedded import Embedded
from tests.pages import ROOT, pages, steps
from tests.story import Story, same_everywhere

PAGES = {str(page.relative_to(ROOT)): page.read_text() for page in pages()}
README, DOCS = PAGES["README.md"], "\n".join(PAGES.values())

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


# How-tos that are variants of others: the long tests run these.
VARIANTS = ("adopt-from", "read-from", "leak", "other-ci", "report", "upgrade")


@pytest.mark.parametrize(
    "variants", [False, pytest.param(True, marks=pytest.mark.long)], ids=["most", "variants"]
)
def test_what_pages_show_is_what_the_commands_print(
    variants: bool, tmp_path: Path, embedded_aws: Embedded
) -> None:
    """But for commits, dates and what sops encrypts. `python -m tests.story` writes it again."""
    embedded_aws.reset()
    story = Story(tmp_path, embedded_aws)
    differences: list[str] = []
    for name, page in PAGES.items():
        if Path(name).name.startswith(VARIANTS) == variants:
            then, now = (same_everywhere(text).splitlines() for text in (page, story.fresh(page)))
            differences += difflib.unified_diff(then, now, name, "what they print now", n=1)
    assert not differences, "\n".join(differences)
    assert embedded_aws.wait_for_rotations()


def test_the_most_important_outputs_are_shown() -> None:
    shown = {
        command for page in PAGES.values() for step in steps(page) for command in step.commands
    }
    for command in ("diff", "drift", "lock", "plan"):
        assert any(line.startswith(f"reconciler {command} ") for line in shown), command
    for form in ("markdown", "json"):
        assert any(line.endswith(f"-o {form}") for line in shown), form
    assert any(line.startswith("git merge") for line in shown)


def test_readme_is_short() -> None:
    assert len(README.encode()) <= 8 * 1024


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    """On GitHub. The site's own links are checked in what is built."""
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)|(?:src|srcset)=\"([^\"#]+)\"", PAGES[name]):
        path = target[0] or target[1]
        if "://" not in path:
            assert ((ROOT / name).parent / path).exists(), path


def test_every_file_of_the_tests_that_is_named_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)", DOCS)
    assert named
    for name in named:
        assert (ROOT / name).is_file(), name


def test_every_command_is_named() -> None:
    from reconciler.cli.main import COMMANDS

    for command in COMMANDS:
        assert f"reconciler {command}" in DOCS, command


def rows() -> list[list[str]]:
    """The table that follows the guide: heading, what it asks for, commands, tests."""
    lines = PAGES["docs/guide.md"].splitlines()
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
