"""The pull request that a job was started for, by its number: whose it is, and what it is of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.core.errors import GithubError, StalePlanError, UsageError
from reconciler.github.api import Api
from reconciler.github.job import SHA
from reconciler.render.escape import terminal

_NEEDS = "pull-requests: read"


class HeadMovedError(StalePlanError):
    """The branch has gone on since; nothing was pushed."""

    code = "branch-moved"


@dataclass(frozen=True)
class Pull:
    """An open pull request of a branch of this repository: the branch, and its newest commit."""

    number: int
    branch: str
    head: str


def find(api: Api, number: int, into: str) -> Pull:
    """The pull request into the branch ``into``. Raises UsageError where it is closed, into another
    branch, or of a fork, whose branch is not this repository's to write; GithubError."""
    try:
        found = api.get(f"/pulls/{number}", needs=_NEEDS)
    except GithubError as error:
        if error.status == 404:
            raise UsageError(f"there is no pull request {number}") from None
        raise
    try:
        state, merged = str(found["state"]), found["merged_at"]
        base, head = found["base"], found["head"]
        branch, sha, target = str(head["ref"]), str(head["sha"]), str(base["ref"])
        repository = _name(head["repo"])
    except (KeyError, TypeError):
        raise GithubError("GitHub answers in a form that its reference does not describe") from None
    if state != "open":
        raise UsageError(f"pull request {number} is {'merged' if merged else 'closed'}")
    if repository != api.repository:
        raise UsageError(
            f"pull request {number} is of a fork: its branch is not written to",
            hint="whoever has the key merges it in a clone, and pushes it as a branch here",
        )
    if target != into or branch == into:
        raise UsageError(f"pull request {number} is into {terminal(target)}, and not into {into}")
    if not SHA.fullmatch(sha) or re.search(r"[\x00-\x20\x7f]|\.\.|@\{", branch):
        raise GithubError("GitHub answers in a form that its reference does not describe")
    return Pull(number, branch, sha)


def moved(pull: Pull) -> HeadMovedError:
    """The error where the branch is no longer what was merged."""
    return HeadMovedError(
        f"the branch of pull request {pull.number} has moved since {pull.head[:12]}:"
        " nothing was pushed",
        hint="run the workflow again",
    )


def _name(repository: Any) -> str | None:
    """A repository's full name; None for one that was deleted."""
    return str(repository["full_name"]) if isinstance(repository, Mapping) else None
