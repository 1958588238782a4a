"""What the process does to itself so that no value leaves it through the operating system."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import sys
from types import FrameType

INTERRUPTED = 130  # as a shell reports a process that SIGINT ended

_PR_SET_DUMPABLE = 4


def harden() -> None:
    """No core file, on Linux no memory that another process of the same user may read, and no keys
    of connections to AWS in a file, where TLS libraries write them if this variable is there."""
    os.environ.pop("SSLKEYLOGFILE", None)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def end_at_ctrl_c() -> None:
    """Let Ctrl-C end the process at once.

    A command that only reads has nothing to finish, and threads that wait for an answer would hold
    it back for as long as AWS may take. What writes handles the signal itself.
    """
    signal.signal(signal.SIGINT, _end)


def _end(_number: int, _frame: FrameType | None) -> None:
    os.write(sys.stderr.fileno(), b"\nstopped\n")
    os._exit(INTERRUPTED)


def hold_back_collection() -> None:
    """Look for reference cycles less often: a plan makes tens of thousands of objects and keeps
    them, and looking through all of them again and again costs a tenth of the processor's time."""
    gc.set_threshold(100_000, 50, 50)


def leave_memory_to_the_system() -> None:
    """Look for no more cycles: the process is about to end, and the system takes its memory as a
    whole. Python would first go through every object twice, which costs as much again."""
    gc.freeze()


def without_secrets() -> dict[str, str]:
    """The variables that a child which is neither sops nor ours gets: no key, no credentials."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
    return {name: os.environ[name] for name in kept if name in os.environ}
