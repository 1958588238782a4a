"""Each attack is tried on an AWS that does not know at once what is new."""

from __future__ import annotations

import pytest

from tests.world import World


@pytest.fixture
def world(world: World) -> World:
    """An environment in git, and an empty account."""
    world.aws.settling.calls = 1
    return world
