"""Values in a file: for its owner alone, through no link, and only where git ignores it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from reconciler.core import wholefile
from reconciler.core.errors import UsageError
from reconciler.manifest.gitfiles import refuse_inside

_GIT_TIMEOUT = 10.0  # seconds
_IGNORED, _NO_REPOSITORY = 0, 128


def check(path: Path, environment: Mapping[str, str]) -> None:
    """Raises UsageError for a link, for what is no regular file, and for a path that git does not
    ignore; ``environment`` is what git gets. Outside of any repository every path is good."""
    if path.is_symlink():
        raise UsageError(f"{path} is a link, and values are not written through one")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a regular file")
    folder = path.parent
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}")
    refuse_inside(folder)  # what such a one ignores, the repository around it may not
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), "check-ignore", "--quiet", "--", path.name],
            env=dict(environment),
            capture_output=True,
            timeout=_GIT_TIMEOUT,
            check=False,
        ).returncode
    except (OSError, subprocess.TimeoutExpired):
        answer = -1
    if answer == _IGNORED or (answer == _NO_REPOSITORY and not _in_repository(folder)):
        return
    raise UsageError(
        f"git does not ignore {path}, and values would be one `git add` away from a commit",
        hint=f"echo {path.name} >> .gitignore",
    )


def _in_repository(folder: Path) -> bool:
    absolute = folder.resolve()
    return any((parent / ".git").exists() for parent in (absolute, *absolute.parents))


def write(path: Path, text: str) -> str | None:
    """Write a whole file with mode 0600, or none; what went wrong. It does not raise: the frame of
    an exception would hold the text."""
    try:
        wholefile.write(path, text.encode(), wholefile.PRIVATE)
    except OSError as error:
        return os.strerror(error.errno or 0)
    return None
