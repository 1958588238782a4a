"""A file as a whole: written, it is all there or not at all, through no link; read, it is a regular
file of a size that was agreed on."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from reconciler.core.errors import UsageError

_DEVICES = (stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK)
PRIVATE = 0o600  # for its owner alone


def write(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write ``path`` with permissions ``mode``; without, with those of the file that is there, or
    those that the process gives to a new file.

    What takes the place of the file is made beside it, under a name that nobody can have planted,
    and is on the disk before it does. A link at ``path`` gives way to a file. Raises OSError.
    """
    present = _status(path)
    if present is not None and stat.S_IFMT(present.st_mode) in _DEVICES:
        # To whoever may do everything, /dev/null would give way to a file.
        raise OSError(errno.EINVAL, "it is not a regular file")
    if mode is None:
        mode = _mode(present)
    # A folder of its own, which git ignores with all that is in it, should the process be killed.
    with tempfile.TemporaryDirectory(
        dir=path.parent, prefix=f".{path.name}.", ignore_cleanup_errors=True
    ) as folder:
        _fill(Path(folder, ".gitignore"), b"*\n", PRIVATE)
        part = Path(folder, "whole")
        _fill(part, content, mode)
        part.replace(path)


def write_folder(path: Path, contents: Mapping[str, bytes]) -> None:
    """Make a folder with these files, by their paths in it: all there, or nothing. Raises OSError,
    also where something is there."""
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    mode = _mode(None)
    with tempfile.TemporaryDirectory(
        dir=path.parent, prefix=f".{path.name}.", ignore_cleanup_errors=True
    ) as folder:
        _fill(Path(folder, ".gitignore"), b"*\n", PRIVATE)
        part = Path(folder, "whole")
        part.mkdir()
        for name, content in contents.items():
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            _fill(part / name, content, mode)
        part.rename(path)


def _fill(path: Path, content: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fchmod(handle, mode)
        os.fsync(handle)


def save(path: Path, content: str | bytes) -> None:
    """Write a file that a command was asked for. Raises UsageError where it cannot be written."""
    try:
        write(path, content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None


def read(path: Path, largest: int) -> bytes:
    """What a regular file holds. Raises UsageError where it is none, cannot be read, or is larger
    than so many bytes."""
    try:
        # O_NONBLOCK: opening a named pipe must not wait for somebody to write.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            os.close(handle)
            raise UsageError(f"{path} is not a regular file")
        with os.fdopen(handle, "rb") as stream:
            if status.st_size > largest:
                raise UsageError(f"{path} is larger than {largest >> 20} MiB")
            # As many bytes as are asked for are allocated first.
            return stream.read(min(largest, status.st_size + 1))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _mode(present: os.stat_result | None) -> int:
    if present is not None and stat.S_ISREG(present.st_mode):
        return stat.S_IMODE(present.st_mode) & 0o777
    current = os.umask(0o077)
    os.umask(current)
    return 0o666 & ~current
