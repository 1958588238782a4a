"""The files that a step adds to: its outputs, and its summary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from reconciler.core.errors import UsageError
from reconciler.render.escape import terminal

SUMMARY_LIMIT = 1024 * 1024  # bytes; GitHub refuses the whole of a larger one
_LEAST = 4096  # bytes below which there is no use in a summary


def add_outputs(file: Path, outputs: Mapping[str, str]) -> None:
    """Add outputs, a line each: no value can begin another output. Raises UsageError."""
    _append(file, "".join(f"{name}={terminal(value)}\n" for name, value in outputs.items()))


def add_summary(file: Path, make: Callable[[int], str]) -> bool:
    """Add what ``make`` renders in at most so many characters, so that the whole stays within
    GitHub's limit. Returns False where there is no room. Raises UsageError."""
    try:
        used = file.stat().st_size if file.exists() else 0
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    room = SUMMARY_LIMIT - used - 2
    if room < _LEAST:
        return False
    text = make(room)
    # The limit counts bytes, and a character has up to four.
    if len(text.encode()) > room:
        text = make(room // 4)
    _append(file, ("\n" if used else "") + text.rstrip("\n") + "\n")
    return True


def _append(file: Path, text: str) -> None:
    try:
        with file.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
