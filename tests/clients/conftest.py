"""Clients that people use, each in an environment of its own, on the embedded AWS."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.embedded import Embedded
from tests.trees import REGION, clean_environ

ROOT = Path(__file__).parents[2]
MINUTES = 600.0  # seconds at most, the first time for what pip and npm install
COUNT = 12
"""More than a page of Parameter Store has by default."""


@dataclass(frozen=True)
class Runner:
    """Runs clients that know the sandbox and nothing else."""

    aws: Embedded
    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        kept = {name: value for name, value in clean_environ().items() if "MAKE" not in name}
        return {
            **kept,
            "AWS_ENDPOINT_URL": self.aws.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
        }

    def run(self, *command: str, cwd: Path | None = None, **more: str) -> str:
        """What a client prints; it must not fail."""
        done = self.ends(*command, cwd=cwd, **more)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ends(
        self, *command: str, cwd: Path | None = None, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """How a client ends."""
        return subprocess.run(
            command,
            cwd=cwd or self.folder,
            env=self.variables | more,
            capture_output=True,
            text=True,
            check=False,
            timeout=MINUTES,
        )


def make(target: str) -> None:
    """Install what a target of the Makefile installs."""
    variables = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    done = subprocess.run(
        ["make", "--no-print-directory", target],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=MINUTES,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def runner(embedded_aws: Embedded, tmp_path: Path) -> Iterator[Runner]:
    embedded_aws.reset()
    embedded_aws.hooks, embedded_aws.after = [], []
    embedded_aws.latency = embedded_aws.list_staleness = 0.0
    embedded_aws.throttle = embedded_aws.keeps_pending = False
    embedded_aws.empty_pages = True
    embedded_aws.settling.calls = 0
    yield Runner(embedded_aws, tmp_path)
    assert embedded_aws.failures == []
