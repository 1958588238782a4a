"""One message to a chat at each change of drift: posted to an address that only the environment
knows, and that shows nowhere. It holds names and classes, and no value."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from reconciler import __version__
from reconciler.core.checked import Checked
from reconciler.core.digest import content_digest
from reconciler.core.errors import GithubError, UsageError
from reconciler.github.api import in_words, through
from reconciler.render import names
from reconciler.render.escape import terminal

URL = "RECONCILER_NOTIFY_URL"  # the variable that holds the address
_NAMED = 10  # resources
_TIMEOUT = 10.0  # seconds
_LOCAL = ("127.0.0.1", "::1", "localhost")
_STATE = re.compile(r"<!-- reconciler told ([0-9a-f]{16}) -->")


class Form(StrEnum):
    """Which chat is to take it."""

    SLACK = "slack"  # and whatever takes a text: Mattermost, Google Chat, …
    TEAMS = "teams"  # an adaptive card


def state(found: Checked) -> str:
    """What somebody has to act on, as 16 hex digits: another where any of it is another."""
    acting = sorted([e.key.kind, e.key.name, e.kind_of.value] for e in found.acting)
    record = found.applied.untold if found.applied.acts else None
    return content_digest({"acting": acting, "record": record})


def line(told: str) -> str:
    """The hidden line by which the issue remembers what was told."""
    return f"<!-- reconciler told {told} -->\n"


def told(body: str | None) -> str | None:
    """What was told last, by the body of the issue."""
    found = None if body is None else _STATE.search(body)
    return None if found is None else found[1]


def drifted(found: Checked, link: str, form: Form) -> Mapping[str, Any]:
    """The message that there is drift, or another."""
    counts = Counter(entry.kind_of.value for entry in found.acting)
    what = [f"{count} {name}" for name, count in counts.items()]
    if found.applied.acts:
        what.append("the applied record was changed")
    scope = found.scope
    lines = [f"Drift in {scope.environment} (account {scope.account}, {scope.region}):"
             f" {', '.join(what)}"]  # fmt: skip
    lines += [f"{e.kind_of.value}: {names.with_kind(e.key, scope)}" for e in found.acting[:_NAMED]]
    if len(found.acting) > _NAMED:
        lines.append(f"and {len(found.acting) - _NAMED} more")
    return _message([*lines, link], form)


def over(found: Checked, link: str, form: Form) -> Mapping[str, Any]:
    """The message that it is gone."""
    return _message([f"The drift in {found.scope.environment} is gone", link], form)


def _message(lines: list[str], form: Form) -> Mapping[str, Any]:
    plain = [terminal(line) for line in lines]
    if form is Form.SLACK:
        # "& < >" are all that Slack gives a meaning of its own; a mention is `<!channel>`.
        text = "\n".join(plain)
        for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            text = text.replace(character, entity)
        return {"text": text}
    blocks = [{"type": "TextBlock", "text": line, "wrap": True} for line in plain]
    card = {"type": "AdaptiveCard", "version": "1.2", "body": blocks}
    held = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [held]}


def check(url: str) -> None:
    """Raises UsageError where nothing may be posted to this address."""
    split = urlsplit(url)
    if not split.hostname or split.scheme not in ("https", "http"):
        raise UsageError(f"{URL} is not an address that begins with https://")
    if split.scheme == "http" and split.hostname not in _LOCAL:
        raise UsageError(f"{URL} is not https: whoever listens could post in its place")


def post(url: str, message: Mapping[str, Any]) -> None:
    """Post it once. The address is as good as a password, and no redirect is followed.

    Raises GithubError, which does not name it.
    """
    split = urlsplit(url)
    proxy = None
    if split.hostname not in _LOCAL and not proxy_bypass(split.hostname or ""):
        proxy = getproxies().get(split.scheme)
    pool = urllib3.PoolManager() if proxy is None else through(proxy)
    headers = {"Content-Type": "application/json", "User-Agent": f"reconciler/{__version__}"}
    problem = None
    try:
        # urllib3's own repeats are logged with the address.
        answer = pool.request(
            "POST", url, body=json.dumps(message).encode(), headers=headers, timeout=_TIMEOUT,
            retries=False, redirect=False,
        )  # fmt: skip
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        problem = in_words(error)
    else:
        if not 200 <= answer.status < 300:
            problem = f"it answers with HTTP {answer.status}"
    if problem is not None:
        raise GithubError(
            f"the message was not taken by the address in {URL}: {problem}",
            hint="the next run tells it again",
        )
