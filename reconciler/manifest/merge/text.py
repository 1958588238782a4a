"""Three texts merged by git, with what it could not decide marked in them."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from reconciler.core.errors import ReconcilerError, UsageError
from reconciler.manifest.gitfiles import environment

_MOST = 127  # conflicts that git counts; beyond that it failed


class Unmerged(ReconcilerError):
    """Two branches say different things, and nobody but a person can choose."""

    code = "conflict"


def git(base: bytes, ours: bytes, theirs: bytes) -> bytes:
    """What `git merge-file` makes of them, conflicts marked. Raises UsageError where it fails."""
    with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
        paths = []
        for name, content in (("ours", ours), ("base", base), ("theirs", theirs)):
            path = Path(folder) / name
            path.write_bytes(content)
            paths.append(name)
        labels = [part for name in paths for part in ("-L", name)]
        done = subprocess.run(
            ["git", "merge-file", "-p", *labels, *paths],
            cwd=folder, env=environment(), capture_output=True, check=False,
        )  # fmt: skip
    if done.returncode > _MOST or done.returncode < 0:
        raise UsageError("git merge-file cannot merge this file: is it text?")
    return done.stdout
