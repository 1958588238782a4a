"""One comment for each environment on a pull request, edited in place."""

from __future__ import annotations

from typing import Any

from reconciler.core.errors import GithubError
from reconciler.github import marker
from reconciler.github.api import Api

LIMIT = 60_000  # characters; GitHub refuses more than 65,536
_NEEDS = "pull-requests: write"
_LOOKS = 3  # how often it is looked for again where GitHub's answer to making it was lost


def keep(
    api: Api, number: int, mark: str, text: str, *, make: bool = True, needs: str = _NEEDS
) -> str:
    """Let the pull request, or an issue, have this text in its one comment with this marker.

    Returns what was done: ``created``, ``edited``, ``untouched``, or ``none`` where there is no
    comment and ``make`` is False. Raises GithubError.
    """
    body = f"{mark}\n{text}"
    login = api.login()
    for look in range(1, _LOOKS + 1):
        found = _find(api, number, mark, login, needs)
        if found:
            return _edit(api, found, body, needs)
        if not make:
            return "none"
        try:
            api.post(f"/issues/{number}/comments", {"body": body}, needs=needs)
        except GithubError as error:
            if not error.uncertain or look == _LOOKS:
                raise
        else:
            return "created"
    raise AssertionError("unreachable")


def _find(api: Api, number: int, mark: str, login: str, needs: str) -> list[dict[str, Any]]:
    """Our comments, the oldest first."""
    every = api.pages(f"/issues/{number}/comments", needs=needs)
    return [comment for comment in every if marker.is_ours(comment, mark, login)]


def _edit(api: Api, found: list[dict[str, Any]], body: str, needs: str) -> str:
    first, *others = found
    # Two jobs that ran at once have made two.
    for other in others:
        api.delete(f"/issues/comments/{int(other['id'])}", needs=needs)
    if marker.same(first["body"], body):
        return "untouched"
    api.patch(f"/issues/comments/{int(first['id'])}", {"body": body}, needs=needs)
    return "edited"
