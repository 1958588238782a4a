"""An empty account for each test, on the embedded AWS of the process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.account import Account
from tests.world import World

__all__ = ["account"]


@pytest.fixture
def account(world: World) -> Iterator[Account]:
    """An account that nothing is in."""
    world.aws.settling.calls = 1
    yield Account(world.aws)
    world.aws.hooks, world.aws.after = [], []
