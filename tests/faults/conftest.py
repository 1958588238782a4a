"""An empty account for each test, on the embedded AWS of the process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from reconciler.sandbox.server import Sandbox
from tests.e2e.conftest import world
from tests.faults.account import Account

__all__ = ["account", "world"]

FASTER = 25  # times: how much less the pauses between two tries take here


@pytest.fixture
def account(
    tmp_path: Path, embedded_aws: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Account]:
    """An account that nothing is in, and all pauses of retries shortened."""
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
    clock = SimpleNamespace(**{**vars(time), "sleep": lambda s: time.sleep(s / FASTER)})
    monkeypatch.setattr("botocore.endpoint.time", clock)
    monkeypatch.setattr("reconciler.aws.time", clock)
    monkeypatch.setattr("reconciler.kinds.parameter.write.time", clock)
    yield Account(aws)
    aws.hooks, aws.after = [], []
    assert aws.failures == []
