"""The calls of all commands, recorded once for all tests that look at them."""

from __future__ import annotations

import pytest

from tests.access.iam.calls import Run, record
from tests.embedded import Embedded
from tests.world import account

__all__ = ["runs"]


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory, embedded_aws: Embedded) -> list[Run]:
    """Each run of a command, with its role, the role's policy, and the calls."""
    with pytest.MonkeyPatch.context() as patch:
        for one in account(tmp_path_factory.mktemp("runs"), embedded_aws, patch):
            found = record(one, patch)
    return found
