"""A small GitHub for each test, and how to run commands in one of its jobs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github.job import Job, make_job
from tests.github.server import running
from tests.github.state import fresh


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    """A job of a workflow; at its end nothing was sent that no client of GitHub may send."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("reconciler.github.api.FIRST_WAIT", 0.0)
    with running(fresh()) as server:
        made = make_job(tmp_path, server)
        yield made
        assert server.state["violations"] == made.expected_violations
