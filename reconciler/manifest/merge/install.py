"""Telling git of the driver: attributes in the repository, the command in its configuration."""

from __future__ import annotations

import subprocess
from pathlib import Path

from reconciler.core import wholefile
from reconciler.core.errors import UsageError
from reconciler.manifest.gitfiles import environment

ATTRIBUTES = ("*.sops.yaml merge=reconciler", "*fingerprints.lock merge=reconciler")
DRIVER = "reconciler merge-driver %O %A %B %P"
NAME = "the reconciler's: MACs and locks"


def install(top: Path) -> list[str]:
    """Name the driver in a repository, once; what was changed, in words.

    git runs no command that a repository brings along, so each clone has to be told by itself.
    Raises UsageError where git refuses.
    """
    changed = []
    file = top / ".gitattributes"
    present = file.read_text().splitlines() if file.exists() else []
    missing = [line for line in ATTRIBUTES if line not in present]
    if missing:
        wholefile.save(file, "\n".join([*present, *missing]) + "\n")
        changed.append(f"{file}: {'; '.join(missing)}")
    for key, value in (("merge.reconciler.name", NAME), ("merge.reconciler.driver", DRIVER)):
        if _config(top, key) != value:
            if _config(top, key, value) is None:
                raise UsageError(f"git config {key} failed in {top}", code="no-git")
            changed.append(f"git config {key}")
    return changed


def named_only(top: Path) -> bool:
    """Whether the repository names the driver, and this clone does not know it: git then merges
    line by line, and says nothing of it."""
    file = top / ".gitattributes"
    lines = file.read_text(errors="replace").splitlines() if file.is_file() else []
    return not set(ATTRIBUTES).isdisjoint(lines) and _config(top, "merge.reconciler.driver") is None


def _config(top: Path, *arguments: str) -> str | None:
    done = subprocess.run(
        ["git", "-C", str(top), "config", *arguments],
        env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip() if done.returncode == 0 else None
