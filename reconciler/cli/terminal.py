"""What is said where: data on stdout; logs, warnings and progress on stderr."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TextIO

from reconciler.cli.options import Common
from reconciler.render.escape import as_json, message, terminal

_writing = threading.RLock()
_boards: list[Board] = []  # the one that is shown, if any


def out(text: str) -> None:
    """Data, already escaped by whoever rendered it."""
    with _writing:
        for board in _boards:
            board.hide()
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()


def report(text: str) -> None:
    """Data about work that goes on, whether or not anybody still reads it."""
    try:
        out(text)
    except BrokenPipeError:
        # What could not be written stays in the buffer: from here on it goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str, options: Common, *, level: str = "info", lead: str = "") -> None:
    """One message to the person who watches, or to the log that is kept. ``lead`` is what a failure
    begins with: its place and its name. No other message has one, and nothing in a message looks
    like one: its further lines are indented. Of one of several environments it says which."""
    if options.quiet and level in ("info", "debug"):
        return
    of = options.environment
    if options.log_format == "json":
        about = {} if of is None else {"environment": of}
        written = as_json({"level": level, **about, "message": lead + text})
    else:
        lead = lead or ("warning: " if level == "warning" else "")
        first, *rest = map(terminal, text.split("\n"))
        if of is not None and not first.startswith(f"{terminal(of)}:") and not _placed(lead):
            lead = f"{terminal(of)}: {lead}"
        below = (f"\n{line if line.startswith('  ') else f'  {line}'}" for line in rest)
        written = message(lead + first) + "".join(below)
    with _writing:
        for board in _boards:
            board.hide()
        sys.stderr.write(written + "\n")
        sys.stderr.flush()


def _placed(lead: str) -> bool:
    """Whether a message begins with the place of a file, which says enough."""
    return bool(lead) and not lead.startswith(("warning", "error"))


def colour(stream: TextIO, options: Common) -> bool:
    """Whether to colour: by the option, else by NO_COLOR, FORCE_COLOR and the terminal."""
    if options.color != "auto":
        return options.color == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


class Progress:
    """A line on a terminal that says how far things are, and goes away."""

    def __init__(self, what: str, total: int, options: Common) -> None:
        self._what, self._total, self._done = what, total, 0
        # Of several environments one line shows all.
        alone = options.environment is None and not options.quiet
        self._shown = sys.stderr.isatty() and alone and options.log_format == "text"

    def show(self) -> None:
        """Draw the line again."""
        if self._shown:
            sys.stderr.write(f"\r{self._what} {self._done} of {self._total}\x1b[K")
            sys.stderr.flush()

    def advance(self) -> None:
        """One more is done."""
        self._done += 1

    def clear(self) -> None:
        """Take the line away, before something else is said."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


class Board:
    """A line on a terminal that says how many environments have ended, and which run. A context
    manager; safe to use from threads."""

    def __init__(self, total: int, options: Common) -> None:
        self._total, self._ended = total, 0
        self._running: list[str] = []
        watched = sys.stderr.isatty() and not options.quiet and options.log_format == "text"
        self._shown = watched and total > 1

    def __enter__(self) -> Board:
        _boards.append(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.hide()
        _boards.remove(self)

    @contextmanager
    def running(self, environment: str) -> Iterator[None]:
        """One more runs, and then has ended."""
        with _writing:
            self._running.append(environment)
            self._draw()
        try:
            yield
        finally:
            with _writing:
                self._running.remove(environment)
                self._ended += 1
                self._draw()

    def hide(self) -> None:
        """Take the line away, before something else is said."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _draw(self) -> None:
        if self._shown:
            told = f"{self._ended} of {self._total}: {', '.join(map(terminal, self._running))}"
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"\r{told[:width]}\x1b[K")
            sys.stderr.flush()
