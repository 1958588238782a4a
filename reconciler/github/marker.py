"""The hidden line by which a comment or an issue is known again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

_RUN = re.compile(r"(?<=/actions/runs/)[0-9]+")


def marker(what: str, configuration: str, environment: str) -> str:
    """The first line of a text about ``what`` (plan, drift); it is unlike that of every other
    configuration and environment, and ends no HTML comment early."""
    names = ((configuration, "configuration"), (environment, "environment"))
    told = " ".join(
        f'{name}="{quote(value, safe="").replace("--", "-%2D")}"' for value, name in names
    )
    return f"<!-- reconciler {what} {told} -->"


def environment(mark: str, what: str, configuration: str) -> str | None:
    """The environment that a marker is of; None where it is none of this kind and configuration."""
    before, _, after = marker(what, configuration, "").rpartition('""')
    begin, end = f'{before}"', f'"{after}'
    if len(mark) < len(begin) + len(end) or not (mark.startswith(begin) and mark.endswith(end)):
        return None
    name = unquote(mark[len(begin) : -len(end)])
    return name if mark == marker(what, configuration, name) else None


def is_ours(entry: Any, mark: str, login: str) -> bool:
    """Whether a comment or an issue has the marker *and* the author: anybody can write a marker."""
    user = entry.get("user") if isinstance(entry, Mapping) else None
    author = user.get("login") if isinstance(user, Mapping) else None
    return author == login and first(entry) == mark


def first(entry: Any) -> str | None:
    """The line of a comment or an issue in which its marker stands, if it has one."""
    body = entry.get("body") if isinstance(entry, Mapping) else None
    return lines(body)[0] if isinstance(body, str) else None


def same(one: Any, other: str) -> bool:
    """Whether GitHub has this text already; it may write line ends in its own way. Which run says
    it does not matter: the link to the first one is as good."""
    return isinstance(one, str) and lines(_RUN.sub("", one)) == lines(_RUN.sub("", other))


def lines(text: str) -> list[str]:
    """The lines of a text, whatever its line ends are."""
    return text.replace("\r\n", "\n").rstrip().split("\n")
