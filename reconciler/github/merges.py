"""The pull requests that a push merged: one, or several where a merge queue merges them at once."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from reconciler.core.errors import GithubError
from reconciler.github.api import Api

_LATEST = 300  # pull requests among which those of a longer push are looked for: three requests
_PULLS = "pull-requests: read"
_CONTENTS = "contents: read"


def of_push(api: Api, before: str | None, sha: str, branch: str) -> list[Mapping[str, Any]]:
    """Those that were merged as commits which a push brought to a branch, the oldest first. Without
    ``before`` only what was merged as the commit itself is known. Raises GithubError."""
    chain = [sha] if before is None else _chain(api, before, sha)
    if len(chain) == 1:
        pulls = api.pages(f"/commits/{sha}/pulls", needs=_PULLS)
    else:
        sorting = {"state": "closed", "base": branch, "sort": "updated", "direction": "desc"}
        pulls = islice(api.pages("/pulls", needs=_PULLS, **sorting), _LATEST)
    found = [
        pull
        for pull in pulls
        if pull["merged_at"]
        and pull["merge_commit_sha"] in chain
        and pull["base"]["ref"] == branch
        and name(pull["base"]["repo"]) == api.repository
    ]
    return sorted(found, key=lambda pull: chain.index(pull["merge_commit_sha"]))


def _chain(api: Api, before: str, sha: str) -> list[str]:
    """The commits of the branch itself that a push brought, the oldest first: not those of the
    branches that were merged."""
    try:
        path = f"/compare/{before}...{sha}"
        listed = list(api.pages(path, needs=_CONTENTS, under="commits"))
    except GithubError as error:
        if error.status != 404:
            raise
        return [sha]  # a force push has left it behind
    first = {one["sha"]: one["parents"][0]["sha"] for one in listed if one["parents"]}
    chain = [sha]
    while (parent := first.get(chain[-1])) in first:
        chain.append(str(parent))
    return chain[::-1]


def name(repository: Any) -> str | None:
    """A repository's full name; None for one that was deleted."""
    return None if repository is None else str(repository["full_name"])
