"""What a branch has changed since a commit that was reviewed."""

from __future__ import annotations

from reconciler.core.errors import GithubError, StalePlanError, UsageError
from reconciler.github import touched
from reconciler.github.api import Api
from reconciler.render.escape import terminal

_NEEDS = "contents: read"
_LISTED = 300  # files that GitHub names at most in a comparison, however many there are
_AGAIN = (
    "approve the run of the newest commit, which has planned all of it; where there is none, push,"
    " or run the workflow by hand"
)


class MovedError(StalePlanError):
    """The branch has gone on in what the plan was made of; nothing was written."""

    code = "branch-moved"


def changed(api: Api, sha: str, branch: str) -> list[str]:
    """The files that differ between a commit and a branch that has gone on from it.

    Raises MovedError where that cannot be told: the branch no longer contains the commit, or more
    files differ than GitHub lists. Raises GithubError, UsageError.
    """
    if not branch or ".." in branch or branch.startswith("-"):
        raise UsageError(f"{branch!r} is no branch")
    # In full: GitHub would take a tag of the same name for the branch.
    answer = api.get(f"/compare/{sha}...refs/heads/{branch}", needs=_NEEDS)
    content = answer if isinstance(answer, dict) else {}
    status, files = content.get("status"), content.get("files")
    shown = terminal(branch)
    if status in ("behind", "diverged"):
        raise MovedError(f"{shown} does not contain {sha[:12]} (any more)", hint=_AGAIN)
    if status not in ("ahead", "identical") or not isinstance(files, list):
        raise GithubError("GitHub does not say how the branch and the commit differ")
    if len(files) >= _LISTED:
        raise MovedError(
            f"{shown} has changed {_LISTED} files or more since {sha[:12]}: GitHub does not list"
            " them all",
            hint=_AGAIN,
        )
    return touched.names(files)


def moved(environment: str, branch: str, files: list[str]) -> MovedError:
    """The error that names what has moved."""
    more = f" and {len(files) - 5} more" if len(files) > 5 else ""
    told = ", ".join(terminal(name) for name in files[:5])
    return MovedError(
        f"{terminal(branch)} has since changed what {environment} is planned from: {told}{more}",
        hint=_AGAIN,
    )
