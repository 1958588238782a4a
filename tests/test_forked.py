"""The process that forks the program for tests: it outlives whoever asks."""

from __future__ import annotations

import array
import marshal
import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests import forked
from tests.trees import clean_environ

ROOT = Path(__file__).parents[1]


def asked(what: str) -> bytes:
    """What a script sends, with its length before it."""
    text = marshal.dumps(("reconciler", [what], dict(os.environb), str(ROOT), 0o22))
    return len(text).to_bytes(8, "big") + text


@pytest.mark.parametrize("said", [0, 8, 20, None], ids=["nothing", "length", "half", "all"])
def test_one_that_is_killed_while_it_asks_ends_no_other(tmp_path: Path, said: int | None) -> None:
    program = forked.program()
    streams = [os.open(tmp_path / str(n), os.O_RDWR | os.O_CREAT) for n in range(3)]
    for _ in range(20):
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(program.parent / "socket"))
            text = asked("--version")[:said]
            if text:
                rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", streams))]
                line.sendmsg([text], rights)
    for stream in streams:
        os.close(stream)
    done = subprocess.run(
        [program, "--version"], env=clean_environ(), capture_output=True, text=True, check=False,
        timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("reconciler, version ")
