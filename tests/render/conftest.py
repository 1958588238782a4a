"""Snapshots: what a rendering gave when somebody last looked at it.

After a change that is meant: pytest tests/render --update-snapshots, and look at the difference.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "snapshots"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="write what is rendered now")


@pytest.fixture
def same_as_snapshot(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with the snapshot of this name."""

    def compare(name: str, text: str) -> None:
        path = FOLDER / name
        if request.config.getoption("--update-snapshots", default=False):
            path.write_text(text)
        assert text == path.read_text(), f"{path.name} differs"

    return compare
