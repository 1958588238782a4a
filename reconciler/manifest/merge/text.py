"""Three texts merged by git, and what git could not decide."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.core.errors import ReconcilerError, UsageError
from reconciler.manifest.gitfiles import environment

_SIZE = 41  # characters of a conflict's marker: longer than anything that a manifest holds
_MOST = 127  # conflicts that git counts; beyond that it failed


class Unmerged(ReconcilerError):
    """Two branches say different things, and nobody but a person can choose."""

    code = "conflict"


@dataclass(frozen=True)
class Hunk:
    """Lines on which both sides agree (then ``theirs`` is None), or what each has in place of
    ``base``."""

    ours: tuple[bytes, ...]
    theirs: tuple[bytes, ...] | None = None
    base: tuple[bytes, ...] = ()


def hunks(base: bytes, ours: bytes, theirs: bytes) -> list[Hunk]:
    """The merged text, conflict by conflict."""
    merged = git(base, ours, theirs, ("--diff3", f"--marker-size={_SIZE}"))
    found: list[Hunk] = []
    agreed: list[bytes] = []
    sides: dict[bytes, list[bytes]] = {}
    side = b""
    for line in merged.splitlines(keepends=True):
        mark = line[:1] if line[:_SIZE] == line[:1] * _SIZE else b""
        if mark == b"<":
            found.append(Hunk(tuple(agreed)))
            agreed, side, sides = [], b"<", {b"<": [], b"|": [], b"=": []}
        elif mark in (b"|", b"=") and side:
            side = mark
        elif mark == b">" and side:
            found.append(Hunk(*(tuple(sides[mark]) for mark in (b"<", b"=", b"|"))))
            side = b""
        else:
            (sides[side] if side else agreed).append(line)
    found.append(Hunk(tuple(agreed)))
    return found


def git(base: bytes, ours: bytes, theirs: bytes, options: Sequence[str] = ()) -> bytes:
    """What `git merge-file` makes of them, conflicts marked. Raises UsageError where it fails."""
    with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
        paths = []
        for name, content in (("ours", ours), ("base", base), ("theirs", theirs)):
            path = Path(folder) / name
            path.write_bytes(content)
            paths.append(name)
        labels = [part for name in paths for part in ("-L", name)]
        done = subprocess.run(
            ["git", "merge-file", "-p", *options, *labels, *paths],
            cwd=folder, env=environment(), capture_output=True, check=False,
        )  # fmt: skip
    if done.returncode > _MOST or done.returncode < 0:
        raise UsageError("git merge-file cannot merge this file: is it text?")
    return done.stdout
