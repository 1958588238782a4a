"""What beginners do wrong gets one clear answer, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import command
from tests.mistakes import MISTAKES, Mistake, declares
from tests.reference import mistakes
from tests.world import World


def photograph(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: f"{one.did}: {one.types}")
def test_each_gets_its_answer(world: World, mistake: Mistake) -> None:
    declares(world)
    if mistake.wrong is not None:
        mistake.wrong(world)
    before = photograph(world.tree.manifests)
    done = command(
        world,
        *mistake.types.split(),
        code=mistake.code,
        stdin=mistake.stdin,
        variables=mistake.variables,
    )
    assert mistake.gets in done.said
    assert mistake.todo in done.said
    # Errors come before all else, and one mistake is told once.
    told = [line for line in done.err.splitlines() if "error[" in line or "warning[" in line]
    assert not mistake.gets.startswith("error[") or "error[" in told[0]
    assert len(told) == len(set(told))
    assert photograph(world.tree.manifests) == before


def test_there_are_sixty_and_each_stands_once_on_the_page() -> None:
    assert len(MISTAKES) >= 60
    assert len({one.did for one in MISTAKES}) == len(MISTAKES)
    page = mistakes.mistakes()
    assert all(one.did in page for one in MISTAKES)
