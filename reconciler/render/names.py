"""How resources and scopes are called where people read them."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.core.model import Key, Scope
from reconciler.render.escape import terminal


def short(key: Key, scope: Scope) -> str:
    """A name below the prefix, or the whole name of what lies elsewhere; never cut."""
    rest = key.name.removeprefix(scope.under)
    if rest != key.name and rest and not rest.startswith("/"):
        return terminal(rest)
    whole = terminal(key.name)
    return whole if key.name.startswith("/") else f"{whole} (outside the prefix)"


def with_kind(key: Key, scope: Scope) -> str:
    """A name after its kind."""
    return f"{terminal(key.kind)} {short(key, scope)}"


def title(kind: str, titles: Mapping[str, str]) -> str:
    """What a group of one kind is headed with."""
    return titles.get(kind) or terminal(kind)


def order(kind: str, titles: Mapping[str, str]) -> tuple[int, str]:
    """Where a kind stands among the others."""
    known = list(titles)
    return (known.index(kind) if kind in titles else len(known), kind)


def scope_line(scope: Scope) -> str:
    """Which environment this is about, and where names are relative to."""
    return (
        f"environment {terminal(scope.environment)}: account {terminal(scope.account)},"
        f" {terminal(scope.region)}, names below {terminal(scope.prefix)}"
    )
