"""An empty account for each test, on the embedded AWS of the process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.faults.account import Account
from tests.world import World

__all__ = ["account"]

FASTER = 25  # times: how much less the pauses between two tries take here


@pytest.fixture
def account(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account that nothing is in, and all pauses of retries shortened."""
    clock = SimpleNamespace(**{**vars(time), "sleep": lambda s: time.sleep(s / FASTER)})
    monkeypatch.setattr("botocore.endpoint.time", clock)
    monkeypatch.setattr("reconciler.aws.client.time", clock)
    monkeypatch.setattr("reconciler.kinds.parameter.write.time", clock)
    yield Account(world.aws)
    world.aws.hooks, world.aws.after = [], []
