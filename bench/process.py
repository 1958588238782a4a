"""How long a process takes, how much of that it computes, and how large it gets."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class FailedError(Exception):
    """A command that was to be measured did not end with 0."""


@dataclass(frozen=True)
class Run:
    """One process, its children with it: seconds of wall clock and of processor. ``memory`` is the
    size in MiB of the largest one of them, sops left out where it is smaller."""

    wall: float
    cpu: float
    memory: float


def measure(command: Sequence[str], folder: Path, environment: dict[str, str]) -> Run:
    """Run a process to its end. Raises FailedError."""
    began = time.monotonic()
    child = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert child.stderr is not None
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - began
    if child.returncode:
        raise FailedError(f"{command} ended with {child.returncode}: {said.decode()[-2000:]}")
    unit = 1024 if sys.platform == "linux" else 1024 * 1024
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def median(runs: Sequence[Run]) -> Run:
    """The median of each time, and the greatest size."""
    return Run(
        statistics.median(run.wall for run in runs),
        statistics.median(run.cpu for run in runs),
        max(run.memory for run in runs),
    )
