"""What all tests of one process share: one embedded AWS, and how much hypothesis tries."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from reconciler.cli import process
from tests import boto, nearby, remembered
from tests.embedded import Embedded
from tests.world import World, account

settings.register_profile(
    "local",
    max_examples=80,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# The same examples on every run.
settings.register_profile("ci", settings.get_profile("local"), derandomize=True)
LONGEST = ("tests/drift/test_machine", "tests/faults/", "tests/workflows/", "tests/leaks/")

boto.share_models()
remembered.remember()
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that no worker is left with one of them when the others have ended."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_collection_finish() -> None:
    """What is imported and collected stays to the end: no collection of garbage looks at it again,
    and one comes less often, as in a process of the program."""
    gc.collect()
    gc.freeze()
    process.hold_back_collection()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--stale-lists", action="store_true", help="let lists lag five minutes behind in each world"
    )


@pytest.fixture(scope="session")
def embedded_aws() -> Iterator[Embedded]:
    """The server, whatever state the last test left it in."""
    with Embedded() as sandbox:
        nearby.install(sandbox)
        yield sandbox


@pytest.fixture
def over_http() -> Iterator[None]:
    """For tests of what is on the way to AWS."""
    with nearby.far():
        yield


@pytest.fixture
def world(
    tmp_path: Path,
    embedded_aws: Embedded,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[World]:
    """An environment in git, and an empty account."""
    for made in account(tmp_path, embedded_aws, monkeypatch):
        if request.config.getoption("--stale-lists"):
            made.aws.list_staleness = 300.0
        yield made
