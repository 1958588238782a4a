"""What is said where: data on stdout; logs, warnings and progress on stderr."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from reconciler.cli.options import Common
from reconciler.render.escape import as_json, message, terminal


def out(text: str) -> None:
    """Data, already escaped by whoever rendered it."""
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
    like one: its further lines are indented."""
    if options.quiet and level in ("info", "debug"):
        return
    if options.log_format == "json":
        sys.stderr.write(as_json({"level": level, "message": lead + text}) + "\n")
    else:
        lead = lead or ("warning: " if level == "warning" else "")
        first, *rest = map(terminal, text.split("\n"))
        below = (f"\n{line if line.startswith('  ') else f'  {line}'}" for line in rest)
        sys.stderr.write(message(lead + first) + "".join(below) + "\n")
    sys.stderr.flush()


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
        self._shown = sys.stderr.isatty() and not options.quiet and options.log_format == "text"

    def show(self) -> None:
        """Draw the line anew."""
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
