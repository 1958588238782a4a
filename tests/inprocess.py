"""The command line in this process, apart from it: half a second less than a process of its own.

What a process alone can show (signals, its arguments and variables, what it imports) is tested
with one.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from unittest import mock

from reconciler.aws.pacing import Pacing
from reconciler.cli import connections
from reconciler.cli.main import run
from tests.limit import has_to_end

_LOGGERS = ("", "boto3", "botocore", "urllib3", "reconciler")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
FAST = 1000.0  # times AWS's quotas, which would make tests wait


def reconciler(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    cwd: Path | None = None,
    stdin: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """How a command ends that is run without a terminal, with these variables and no other, in
    this folder; all that it changes of this process is as before."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    given = io.TextIOWrapper(io.BytesIO((stdin or "").encode()), "utf-8")
    with (
        has_to_end(),
        contextlib.chdir(cwd or Path.cwd()),
        _variables(environment),
        mock.patch.multiple(sys, stdin=given, stdout=out, stderr=err),
        mock.patch.object(connections, "Pacing", lambda pace: Pacing(max(pace, FAST))),
        _logging(),
        _handlers(),
        _threads(),
    ):
        code = run(list(arguments))
    shown = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(["reconciler", *arguments], code, *shown)


@contextlib.contextmanager
def _variables(given: Mapping[str, str]) -> Iterator[None]:
    """Only those that are others are set: most are the same from one command to the next."""
    before = dict(os.environ)
    _become(given)
    try:
        yield
    finally:
        _become(before)


def _become(wanted: Mapping[str, str]) -> None:
    for name in [name for name in os.environ if name not in wanted]:
        del os.environ[name]
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


@contextlib.contextmanager
def _logging() -> Iterator[None]:
    loggers = [logging.getLogger(name or None) for name in _LOGGERS]
    before = [(logger.level, logger.handlers[:]) for logger in loggers]
    try:
        yield
    finally:
        for logger, (level, handlers) in zip(loggers, before, strict=True):
            if logger.level != level:  # setting one looks through all loggers
                logger.setLevel(level)
            logger.handlers[:] = handlers


@contextlib.contextmanager
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _threads() -> Iterator[None]:
    """Waits for the command's own threads, as the end of a process does; those of the embedded
    AWS, one a connection, live on."""
    before = set(threading.enumerate())
    try:
        yield
    finally:
        for thread in set(threading.enumerate()) - before:
            if "process_request_thread" not in thread.name and "rotation" not in thread.name:
                thread.join()
