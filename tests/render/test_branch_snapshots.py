"""Every rendering of what a branch changes, of one that holds every kind of finding."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.manifest.branch import Difference, Group
from reconciler.render import branch
from reconciler.render.branch import Sides
from tests.render.branches import EVERYTHING, SIDES

Compare = Callable[[str, str], None]
WORKING_TREE = Sides(SIDES.base, SIDES.base, None)
BRANCHES: dict[str, tuple[tuple[Difference, ...], Sides]] = {
    "branch": (EVERYTHING, SIDES),
    "no-branch": ((), WORKING_TREE),
}


def test_the_branch_holds_everything_there_is() -> None:
    assert {finding.code for finding in EVERYTHING} == {*branch._SAID, *branch._TOLD}
    assert {finding.group for finding in EVERYTHING} == set(Group)


@pytest.mark.parametrize("name", BRANCHES)
def test_text(name: str, same_as_snapshot: Compare) -> None:
    found, sides = BRANCHES[name]
    same_as_snapshot(f"{name}.txt", branch.text(found, sides))
    same_as_snapshot(f"{name}.colour.txt", branch.text(found, sides, colour=True))


@pytest.mark.parametrize("name", BRANCHES)
def test_markdown(name: str, same_as_snapshot: Compare) -> None:
    found, sides = BRANCHES[name]
    same_as_snapshot(f"{name}.md", branch.markdown(found, sides))


@pytest.mark.parametrize("name", BRANCHES)
def test_json(name: str, same_as_snapshot: Compare) -> None:
    found, sides = BRANCHES[name]
    same_as_snapshot(f"{name}.json", branch.as_json(found, sides) + "\n")


def test_markdown_without_room_counts_what_it_leaves_out(same_as_snapshot: Compare) -> None:
    same_as_snapshot("branch.short.md", branch.markdown(EVERYTHING, SIDES, limit=2_000))
