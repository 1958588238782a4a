"""The account that the contract is asked of: the sandbox, or the real one in a run of
`make test-aws`, which sets CONTRACT_RUN.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.account import Account
from tests.contract.sweep import sweep
from tests.embedded import Embedded


@pytest.fixture(scope="session")
def whole_run(request: pytest.FixtureRequest) -> Iterator[Account]:
    """The account of the whole run."""
    run = os.environ.get("CONTRACT_RUN")
    if run:
        found = Account(run=run)
        yield found
        found.save(Path(os.environ["CONTRACT_REPORT"]))
    else:
        aws = request.getfixturevalue("embedded_aws")
        yield Account(aws.url, wait=aws.wait_for_rotations)


@pytest.fixture
def account(whole_run: Account, request: pytest.FixtureRequest) -> Iterator[Account]:
    """The account, with nothing of this run in it."""
    whole_run.test = request.node.name
    whole_run.number += 1
    if not whole_run.is_real:
        fresh(request.getfixturevalue("embedded_aws"))
    yield whole_run
    if whole_run.is_real:
        sweep(whole_run, whole_run.run)
    else:
        request.getfixturevalue("embedded_aws").settling.calls = 0


def fresh(aws: Embedded) -> None:
    """Empty the sandbox, and let it be as it is by default."""
    aws.reset()
    aws.hooks, aws.after = [], []
    aws.latency = aws.list_staleness = 0.0
    aws.throttle = aws.keeps_pending = False
    aws.empty_pages = True
    aws.settling.calls, aws.settling.seconds = 1, 2.0
