"""A repository and an account for each test."""

from __future__ import annotations

import pytest

from tests.operations.record.repository import Repository
from tests.world import World


@pytest.fixture
def repository(world: World) -> Repository:
    """A repository without a commit, and an empty account."""
    made = Repository(world)
    made.git("init", "--quiet", "--initial-branch", "main")
    return made
