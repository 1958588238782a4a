"""Environments side by side."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

INTERRUPTED = 130
RUN = """
import os, signal, threading, time
from reconciler.cli import process
from reconciler.operations import beside

def work(name):
    time.sleep(1)  # until the other thread waits
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)
    time.sleep(60)
    os._exit(0)

process.end_at_ctrl_c()
list(beside.each(["production"], work, 1))
"""


def test_a_signal_that_does_not_wake_the_wait_is_seen() -> None:
    """As one that comes after Python has looked for it, and before it waits."""
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert (done.returncode, done.stderr.split()) == (INTERRUPTED, [b"stopped"])
