"""The program as a process of its own, without its start: a process that has imported it forks.

Starting Python and importing the program takes longer than most of its commands, and a workflow
runs a dozen of them. What is forked has its own arguments, variables, folder, streams and exit
code; what only a start from nothing shows (imports, its own script) is tested with one.

A ``program`` stands in the place of the script ``reconciler``, a ``python`` in that of Python
before a file. It hands its three streams to the process that forks, and ends as the forked process
does, or the forked one with it. It imports almost nothing, and so is cheap.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import gc
import marshal
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from tests.trees import clean_environ

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[1]
_PROGRAM = """#!{python} -IS
import _socket, marshal, os, signal, sys
asked = marshal.dumps(({what!r}, sys.argv[1:], dict(os.environb), os.getcwd(), os.umask(0o22)))
line = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
line.connect({address!r})
streams = b"".join(n.to_bytes(4, sys.byteorder) for n in range(3))
line.sendmsg([len(asked).to_bytes(8, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
while asked:
    asked = asked[line.send(asked):]
child = int(line.recv(8))
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, _: os.kill(child, number))
status = int(line.recv(8) or b"9")
if status < 0:
    signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)
os._exit(status)
"""


def program(package: Path = ROOT) -> Path:
    """A script that stands for the ``reconciler`` of a folder."""
    return _serving(package) / "reconciler"


def python() -> Path:
    """A script that stands for a Python that runs a file."""
    return _serving(ROOT) / "python"


def run_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sandbox fork the process of each Lambda function."""

    def popen(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        assert command[0] == sys.executable
        return subprocess.Popen([str(python()), *command[2:]], **options)

    forking = SimpleNamespace(**{**vars(subprocess), "Popen": popen})
    monkeypatch.setattr("reconciler.sandbox.awslambda.subprocess", forking)


@cache
def _serving(package: Path) -> Path:
    """The folder of the scripts; what forks for them ends with this process."""
    folder = Path(tempfile.mkdtemp(prefix="forked-"))
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.forked", str(folder / "socket")],
        cwd=package, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={
            **clean_environ(),
            "PYTHONPATH": os.pathsep.join([str(package), str(ROOT), *sys.path]),
        },
    )  # fmt: skip
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    for what in ("reconciler", "python"):
        address = str(folder / "socket")
        text = _PROGRAM.format(python=sys.executable, address=address, what=what)
        (folder / what).write_text(text)
        (folder / what).chmod(0o755)

    def end() -> None:
        server.communicate(timeout=300)
        for path in (*folder.iterdir(), folder):
            path.rmdir() if path.is_dir() else path.unlink()

    atexit.register(end)
    return folder


# --- the process that forks -------------------------------------------------------------------


def serve(address: str) -> None:
    """Fork for each that asks, and say how it ended, until standard input ends."""
    _import_all()
    gc.collect()
    gc.freeze()
    ended, wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    lines: dict[int, socket.socket] = {}
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen(64)
        print("ready", flush=True)
        while True:
            readable, _, _ = select.select([listening, 0, ended, *lines.values()], [], [])
            for child, line in lines.items():
                if line in readable:  # whoever asked was killed
                    os.kill(child, signal.SIGKILL)
            if listening in readable:
                line, _ = listening.accept()
                heard = _heard(line)
                if heard is None:
                    line.close()
                    continue
                asked, streams = heard
                child = os.fork()
                if child == 0:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    for other in (listening, line, *lines.values()):
                        other.close()
                    _become(streams, *asked)
                for stream in streams:
                    os.close(stream)
                with contextlib.suppress(OSError):  # it was killed, which the next look shows
                    line.sendall(b"%8d" % child)
                lines[child] = line
            if ended in readable:
                os.read(ended, 1 << 10)
                _tell(lines)
            if 0 in readable:
                break


def _heard(line: socket.socket) -> tuple[Any, array.array[int]] | None:
    """What is asked for, and its streams; None of one that was killed before it had said all."""
    try:
        head, ancillary, _, _ = line.recvmsg(8, socket.CMSG_LEN(12))
        streams = array.array("i", ancillary[0][2][:12] if ancillary else b"")
        size, asked = int.from_bytes(head, "big"), b""
        while len(asked) < size and (more := line.recv(1 << 16)):
            asked += more
    except ConnectionError:
        return None
    if streams and len(asked) == size:
        return marshal.loads(asked), streams
    for stream in streams:
        os.close(stream)
    return None


def _tell(lines: dict[int, socket.socket]) -> None:
    while lines:
        child, status = os.waitpid(-1, os.WNOHANG)
        if child == 0:
            return
        with lines.pop(child) as line, contextlib.suppress(OSError):
            line.sendall(b"%8d" % os.waitstatus_to_exitcode(status))


def _import_all() -> None:
    import importlib
    import pkgutil

    import boto3

    import reconciler
    from reconciler.cli.main import COMMANDS
    from tests import boto

    boto.share_models()
    for found in pkgutil.walk_packages(reconciler.__path__, "reconciler."):
        if ".sandbox" not in found.name:
            importlib.import_module(found.name)
    assert COMMANDS
    session = boto3.session.Session("a", "b", region_name="us-west-2")
    for service in ("sts", "secretsmanager", "ssm"):
        session.client(service)


def _become(
    streams: array.array[int],
    what: str,
    arguments: list[str],
    variables: dict[bytes, bytes],
    folder: str,
    mask: int,
) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environb.clear()
    os.environb.update(variables)
    os.chdir(folder)
    os.umask(mask)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv[:] = ["reconciler", *arguments] if what == "reconciler" else arguments
    sys.stdin, sys.stdout, sys.stderr = (
        open(0, encoding="utf-8"),  # noqa: SIM115
        open(1, "w", encoding="utf-8"),  # noqa: SIM115
        open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1),  # noqa: SIM115
    )
    from reconciler.cli.main import main

    code: object = 1
    try:
        if what == "reconciler":
            main(arguments)
        else:
            runpy.run_path(arguments[0], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code
    finally:
        import threading

        threading._shutdown()  # type: ignore[attr-defined]
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(sys.argv[1])
