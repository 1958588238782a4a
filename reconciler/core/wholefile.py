"""Writing a file: the whole of it or nothing, and through no link."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from reconciler.core.errors import UsageError

PRIVATE = 0o600  # for its owner alone


def write(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write ``path`` with permissions ``mode``; without, with those of the file that is there, or
    those that the process gives to a new file.

    What takes the place of the file is made beside it, under a name that nobody can have planted,
    and is on the disk before it does. A link at ``path`` gives way to a file. Raises OSError.
    """
    if mode is None:
        mode = _mode(path)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fchmod(handle, mode)
            os.fsync(handle)
        Path(part).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(part).unlink()
        raise


def save(path: Path, content: str | bytes) -> None:
    """Write a file that a command was asked for. Raises UsageError where it cannot be written."""
    try:
        write(path, content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None


def _mode(path: Path) -> int:
    try:
        present = path.lstat()
    except FileNotFoundError:
        present = None
    if present is not None and stat.S_ISREG(present.st_mode):
        return stat.S_IMODE(present.st_mode) & 0o777
    current = os.umask(0o077)
    os.umask(current)
    return 0o666 & ~current
