"""One open issue for each environment, made, kept and closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from reconciler.core.errors import GithubError
from reconciler.github import comment, marker
from reconciler.github.api import Api

LIMIT = comment.LIMIT
_NEEDS = "issues: write"
_LATEST = 300  # issues among which one is looked for that is only linked to: three requests
_LOOKS = 3  # how often it is looked for again where GitHub's answer to making it was lost


@dataclass(frozen=True)
class Kept:
    """What was done (``opened``, ``updated``, ``untouched``, ``closed`` or ``none``), and the
    issue's number."""

    done: str
    number: int | None = None


def keep(api: Api, mark: str, title: str, text: str) -> Kept:
    """Let the one open issue with this marker have this text; a closed one is never opened again.

    Raises GithubError.
    """
    content = {"title": title, "body": f"{mark}\n{text}"}
    login = api.login()
    for look in range(1, _LOOKS + 1):
        found = _open(api, mark, login)
        if found:
            number = int(found[0]["number"])
            # Two jobs that ran at once have made two.
            for other in found[1:]:
                _close(api, int(other["number"]), mark, f"#{number} tells the same.")
            return Kept(_update(api, found[0], content), number)
        try:
            made = api.post("/issues", content, needs=_NEEDS)
        except GithubError as error:
            if not error.uncertain or look == _LOOKS:
                raise
        else:
            return Kept("opened", int(made["number"]))
    raise AssertionError("unreachable")


def close(api: Api, mark: str, line: str) -> Kept:
    """Close what is open with this marker, with a line that says why. Raises GithubError."""
    number = None
    for found in _open(api, mark, api.login()):
        number = int(found["number"])
        _close(api, number, mark, line)
    return Kept("none") if number is None else Kept("closed", number)


def close_all(
    api: Api,
    concerns: Callable[[str], str | None],
    line: Callable[[str], str],
) -> dict[int, str]:
    """Close our open issues whose marker ``concerns`` somebody that nobody looks after any more,
    each with its ``line``; their numbers, and whom they were about. Raises GithubError."""
    login, closed = api.login(), {}
    every = list(api.pages("/issues", needs=_NEEDS, state="open", sort="created", direction="asc"))
    for found in every:
        mark = marker.first(found)
        about = None if mark is None or "pull_request" in found else concerns(mark)
        if mark is None or about is None or not marker.is_ours(found, mark, login):
            continue
        number = int(found["number"])
        _close(api, number, mark, line(about), reason="not_planned")
        closed[number] = about
    return closed


def body(api: Api, mark: str) -> str | None:
    """What the open issue with this marker says, None where there is none. Raises GithubError."""
    found = _open(api, mark, api.login())
    return str(found[0].get("body") or "") if found else None


def number(api: Api, mark: str) -> int | None:
    """The open issue with this marker, among those that changed last. Raises GithubError."""
    login = api.login()
    latest = api.pages("/issues", needs="issues: read", state="open", sort="updated")
    for one in islice(latest, _LATEST):
        if marker.is_ours(one, mark, login) and "pull_request" not in one:
            return int(one["number"])
    return None


def _open(api: Api, mark: str, login: str) -> list[Mapping[str, Any]]:
    """Our open issues, the oldest first. GitHub's own filter by author is not used: on some
    GitHub it does not know the login of a job."""
    every = api.pages("/issues", needs=_NEEDS, state="open", sort="created", direction="asc")
    return [i for i in every if marker.is_ours(i, mark, login) and "pull_request" not in i]


def _update(api: Api, present: Mapping[str, Any], content: Mapping[str, str]) -> str:
    if marker.same(present["body"], content["body"]) and present.get("title") == content["title"]:
        return "untouched"
    api.patch(f"/issues/{int(present['number'])}", content, needs=_NEEDS)
    return "updated"


def _close(api: Api, number: int, mark: str, line: str, *, reason: str = "completed") -> None:
    comment.keep(api, number, mark, line, needs=_NEEDS)
    state = {"state": "closed", "state_reason": reason}
    api.patch(f"/issues/{number}", state, needs=_NEEDS)
