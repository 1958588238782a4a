"""What is said after a command has changed manifests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from reconciler.cli import walk
from reconciler.cli.options import Common
from reconciler.cli.terminal import out, say
from reconciler.manifest import lock


def tell(paths: Iterable[Path], environment: str, options: Common) -> None:
    """The files that were written, and that a lock is behind them now."""
    here = Path.cwd()
    for path in paths:
        shown = path.relative_to(here) if path.is_relative_to(here) else path
        out(f"{shown} written")
    if (walk.folder(options) / environment / lock.FILE).exists():
        say(f"the lock is behind now: run reconciler lock {environment}", options)
