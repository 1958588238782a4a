"""Run the command line as a user without anything does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.inprocess import reconciler
from tests.trees import clean_environ

COMMAND = (sys.executable, "-m", "reconciler.cli.main")


def environ(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """A user's variables: no key, no credentials, and this code."""
    return {**clean_environ(), "PYTHONPATH": os.pathsep.join(sys.path), **(more or {})}


def cli(
    *arguments: str, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``reconciler`` without a terminal."""
    return reconciler(arguments, cwd=cwd, environment=environ(environment))


def python(code: str, environment: Mapping[str, str] | None = None) -> str:
    """What a program prints that runs in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environ(environment),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return done.stdout
