"""Each attack is tried on an AWS that does not know at once what is new, or on a branch in git."""

from __future__ import annotations

import pytest

from tests.manifest.branch.build import Branch, make_branch
from tests.world import World


@pytest.fixture
def world(world: World) -> World:
    """An environment in git, and an empty account."""
    world.aws.settling.calls = 1
    return world


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """A repository with a first commit, which attacks change and put back."""
    folder = tmp_path_factory.mktemp("attacked") / "repository"
    folder.mkdir()
    return make_branch(folder)


@pytest.fixture
def branch(repository: Branch) -> Branch:
    """As it was committed."""
    repository.git("reset", "-q", "--hard", "base")
    repository.git("clean", "-ffdxq")
    return repository
