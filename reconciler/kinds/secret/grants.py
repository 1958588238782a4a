"""Whom a resource policy allows something, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def principals(policy: Any) -> set[str]:
    """Everybody whom a statement allows something, whatever its conditions: ARNs and accounts as
    they are, others after their type, and ``*`` for everybody."""
    statements = policy.get("Statement") if isinstance(policy, Mapping) else None
    found: set[str] = set()
    for statement in _list(statements):
        if isinstance(statement, Mapping) and statement.get("Effect") == "Allow":
            found |= set(_named(statement.get("Principal")))
            if "NotPrincipal" in statement:
                but = ", ".join(sorted(_named(statement["NotPrincipal"])))
                found.add(f"everybody but {but}")
    return found


def _named(principal: Any) -> Iterator[str]:
    if isinstance(principal, Mapping):
        for kind, named in principal.items():
            for one in _list(named):
                yield str(one) if kind == "AWS" else f"{kind} {one}"
    else:
        yield from (str(one) for one in _list(principal))


def _list(node: Any) -> list[Any]:
    if node is None:
        return []
    return node if isinstance(node, list) else [node]
