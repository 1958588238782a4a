"""The commit that a branch is compared with, as whoever starts a job names it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.cli.options import Common
from reconciler.cli.terminal import say

if TYPE_CHECKING:
    from reconciler.manifest.gitfiles import Repository

_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")  # of a commit, in full


def nothing(base: str, repository: Repository) -> str | None:
    """Why there is no such commit to compare with, where GitHub names one all the same: zeros for a
    new branch, and after a force push the one that it took away. Nothing leads to that any more, so
    no fetch brings it; a shallow clone cannot tell."""
    if base and not base.strip("0"):
        return "there is no commit before"
    if _ID.fullmatch(base) and repository.id(base) is None and not repository.shallow:
        return f"git has no commit {base[:12]}, as after a force push"
    return None


def start(
    base: str, head: str, repository: Repository, options: Common, *, direct: bool = False
) -> str:
    """The commit where ``head`` left ``base``; with ``direct`` that of ``base`` itself, which a
    force push may have left behind. Raises UsageError."""
    asked = repository.commit(base)
    if direct:
        return asked
    left = repository.fork_point(asked, head)
    if left is None:
        say(f"git finds no common commit: compared with {base} itself", options)
    return left or asked
