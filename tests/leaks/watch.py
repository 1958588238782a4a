"""Run a command in this process, and keep everything that could carry a value out of it.

That is what it prints; every line of every logger at DEBUG, botocore's and urllib3's too; and of
each error that was raised all that an error reporter would send: the locals of its frames and of
those of its causes.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from reconciler.cli import failure
from reconciler.cli.main import run
from reconciler.core.errors import ReconcilerError
from tests import nearby
from tests.leaks.calls import Call
from tests.world import World

TESTS = str(Path(__file__).parents[1])


class _Replaced(BaseException):
    """The process would be another program now."""


class _Log(logging.Handler):
    """Each line once. What the embedded AWS says in this process is AWS's own."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        theirs = "process_request_thread" in (record.threadName or "") or nearby.answering()
        if not theirs:
            self.lines.add(f"{record.name} {self.format(record)}")


def frames(error: BaseException) -> bytes:
    """All that a debugger, or an error reporter, would send of an error: each frame's locals, of
    its causes and contexts too; but those of the tests, which know the values."""
    shown: list[str] = []
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        told = traceback.TracebackException.from_exception(one, capture_locals=True)
        if one.__traceback__ is not None:
            shown += told.format_exception_only()
        for frame in told.stack:
            if not frame.filename.startswith(TESTS):
                # A line each: what many frames hold is searched once.
                shown += [
                    f"{name} {json.dumps(text, ensure_ascii=False)}"
                    for name, text in (frame.locals or {}).items()
                ]
        todo += [one.__cause__, one.__context__]
    return "\n".join(shown).encode()


def watch(world: World, call: Call, *options: str, value: str) -> tuple[int, bytes]:
    """Run one call; its exit code, and all that came out but for what it hands out by design."""
    out, err, log = io.StringIO(), io.StringIO(), _Log()
    stdin = (call.stdin or "").replace("{value}", value)
    at = call.arguments.index("--") if "--" in call.arguments else len(call.arguments)
    arguments = (*call.arguments[:at], *options, *call.arguments[at:])
    argv: list[str] = []

    def replace(where: str, program: tuple[str, ...], environment: object) -> None:
        argv.extend([where, *program])
        raise _Replaced

    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()))),
        mock.patch.dict(os.environ, world.tree.environ),
        mock.patch.object(os, "execve", replace),
        _listening(log),
        _errors() as errors,
    ):
        try:
            code = run(arguments)
        except _Replaced:
            code = 0
    if call.into is not None:
        # Not write_text: a test of a full disk makes that fail, and the shell's `>` is not ours.
        with Path(call.into).open("w") as file:
            file.write(out.getvalue())
    if call.hands_out:
        _take_away(call.arguments)
    shown = [err.getvalue(), *sorted(log.lines), *argv, "" if call.hands_out else out.getvalue()]
    assert "Traceback" not in err.getvalue(), call
    return code, b"\n".join([*(text.encode() for text in shown), *map(frames, errors)])


def _take_away(arguments: tuple[str, ...]) -> None:
    if "--out" in arguments:
        Path(arguments[arguments.index("--out") + 1]).unlink(missing_ok=True)


@contextlib.contextmanager
def _listening(log: _Log) -> Iterator[None]:
    """Everything that is logged, as if somebody had asked for all of it."""
    root = logging.getLogger()
    noisy = [root, *(logging.getLogger(n) for n in ("boto3", "botocore", "urllib3", "reconciler"))]
    before = [logger.level for logger in noisy]
    others, root.handlers = root.handlers, [log]
    for logger in noisy:
        logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.handlers = others
        for logger, level in zip(noisy, before, strict=True):
            logger.setLevel(level)


@contextlib.contextmanager
def _errors() -> Iterator[list[BaseException]]:
    """Every error of ours that is made, and every other that ends a run."""
    made: list[BaseException] = []
    make, unexpected = ReconcilerError.__init__, failure.unexpected

    def keep(self: ReconcilerError, *arguments: object, **more: object) -> None:
        make(self, *arguments, **more)  # type: ignore[arg-type]
        made.append(self)

    def tell(error: BaseException, options: object) -> None:
        made.append(error)
        unexpected(error, options)  # type: ignore[arg-type]

    with (
        mock.patch.object(ReconcilerError, "__init__", keep),
        mock.patch.object(failure, "unexpected", tell),
    ):
        yield made
