"""An environment and an account for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.sandbox.server import Sandbox
from tests.e2e.world import World, make_world


@pytest.fixture
def world(
    tmp_path: Path, embedded_aws: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """An empty account; the process's AWS variables lead to it and to nowhere else."""
    yield from account(tmp_path, embedded_aws, monkeypatch)


def account(
    tmp_path: Path, embedded_aws: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """What :func:`world` is, for fixtures that live longer than a test."""
    aws = embedded_aws
    aws.reset()
    aws.latency = aws.list_staleness = 0.0
    aws.throttle = aws.empty_pages = aws.forgets_unsent = False
    aws.hooks, aws.after = [], []
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setattr("reconciler.kinds.parameter.write.AFTER_DELETE", 0.0)
    monkeypatch.chdir(tmp_path)
    yield make_world(tmp_path, aws)
    assert aws.failures == []
