"""Where a new repository is made: a folder of its own, or the top of a repository that exists."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from reconciler.core.errors import UsageError
from reconciler.manifest.gitfiles import environment
from reconciler.manifest.trust import KEY


@dataclass(frozen=True)
class Target:
    """The folder, and whether it is a repository already."""

    top: Path
    is_repository: bool

    def refuse_existing(self, paths: Iterable[str]) -> None:
        """Raises UsageError where one of these files is there: nothing is overwritten."""
        there = sorted(path for path in paths if os.path.lexists(self.top / path))
        if there:
            raise UsageError(
                f"{self.top}: already there: {', '.join(there)}",
                code="exists",
                hint="nothing was written; choose another folder, or move these away",
            )

    def make_repository(self) -> None:
        """Raises UsageError where git refuses."""
        if self.is_repository:
            return
        if _git(self.top, "init", "--quiet") is None:
            raise UsageError(f"git init failed in {self.top}", code="no-git")

    def trust(self, key: str) -> None:
        """Let sops ask a key that the user has named: see `manifest.trust`. Raises UsageError where
        git refuses."""
        if _git(self.top, "config", "--add", KEY, key) is None:
            raise UsageError(f"git config {KEY} failed in {self.top}", code="no-git")


def find(folder: Path) -> Target:
    """Raises UsageError for a folder within a repository: workflows are read at its top only."""
    top = folder.absolute()
    if os.path.lexists(top) and not top.is_dir():
        raise UsageError(f"{folder} is not a folder", code="exists")
    above = next((path for path in (top, *top.parents) if path.is_dir()), top)
    found = _git(above, "rev-parse", "--show-toplevel")
    if found is None:
        return Target(top, is_repository=False)
    if Path(found).resolve() != top.resolve():
        raise UsageError(
            f"{folder} lies in the repository {found}",
            code="in-repository",
            hint="GitHub reads workflows at the top of a repository only: run init there",
        )
    return Target(top, is_repository=True)


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            env=environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
