"""Text from manifests and from AWS cannot pass for a message of ours in a workflow's log.

The action's problem matcher puts an annotation on the place that a line of the log names. That no
rendering of a plan, of drift or of a branch holds such a line is in tests/render/test_escape.py.
"""

from __future__ import annotations

import json
import re

import pytest

from reconciler.render.escape import terminal
from tests.workflows.test_install import ACTION
from tests.world import World

FORGED = "x.yaml:3:5: error[lock-lie]: look elsewhere"
MATCHER = re.compile(
    json.loads((ACTION / "matcher.json").read_text())["problemMatcher"][0]["pattern"][0]["regexp"]
)
ANYWHERE = re.compile(r":\d+:\d+: (error|warning)\[")


def matched(log: str) -> list[str]:
    """The files that the runner makes annotations for: it looks anywhere in a line."""
    return [match[1] for line in log.split("\n") if (match := MATCHER.search(line))]


def test_a_message_of_ours_is_matched() -> None:
    (match,) = [MATCHER.match("manifests/my env/a.sops.yaml:3:5: warning[max-age]: old: 9:9: x")]
    assert match is not None
    assert match.groups()[:5] == ("manifests/my env/a.sops.yaml", "3", "5", "warning", "max-age")


@pytest.mark.parametrize("before", ["", "  description: ", '      "', "~ update ", "é ", "a:b "])
def test_a_line_that_only_holds_one_is_not(before: str) -> None:
    assert matched(before + terminal(FORGED)) == []
    if before[:1].isspace():
        assert matched(before + FORGED) == []  # the matcher by itself


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_description_in_a_plan_is_none(world: World, form: str) -> None:
    world.declare({"db": {"value": "v", "description": FORGED}})
    done = world.cli("plan", "production", "-o", form)
    assert done.returncode == 0, done.stderr
    assert "look elsewhere" in done.stdout
    assert not ANYWHERE.search(done.stdout)
    assert set(matched(done.stderr)) <= {"manifests/production/main.sops.yaml"}


@pytest.mark.parametrize("name", [FORGED, f"a\n{FORGED}", f"a\r{FORGED}", f"a\u2028{FORGED}"])
def test_a_field_that_there_is_none_of_leads_to_its_own_place(world: World, name: str) -> None:
    world.declare({"db": {"value": "v", name: "x"}})
    done = world.cli("validate", "production")
    assert done.returncode == 1
    assert matched(done.stderr) == ["manifests/production/main.sops.yaml"]


@pytest.mark.parametrize("start", ["", "a\n", "a\r"])
def test_a_files_name_is_none(world: World, start: str) -> None:
    name = f"{start}x.yaml:3:5: error[a-b]: c.sops.yaml"
    (world.tree.manifests / "production" / name).write_text("secrets: {db: {value: open}}\n")
    done = world.cli("validate", "production")
    assert done.returncode == 1
    assert "x.yaml" in done.stderr
    assert "x.yaml" not in matched(done.stderr)
    assert not [file for file in matched(done.stderr) if file.endswith("x.yaml")]
