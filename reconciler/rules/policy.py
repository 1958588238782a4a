"""What a resource policy allows, and to whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.manifest.entries import Entry

FIELD = "resource_policy"


@dataclass(frozen=True)
class Grant:
    """One statement that allows: to whom, and which keys its conditions demand (in lower case).

    ``everybody_but`` says that it names those whom it leaves out.
    """

    field: tuple[str | int, ...]
    principals: tuple[str, ...]
    conditions: frozenset[str]
    everybody_but: bool = False


def grants(entry: Entry) -> Iterator[Grant]:
    """The statements of a declared policy that allow something."""
    return granted(entry.fields.get(FIELD))


def granted(policy: Any) -> Iterator[Grant]:
    """The statements of a policy that allow something."""
    if not isinstance(policy, dict):
        return
    statements = policy.get("Statement")
    single = isinstance(statements, dict)
    for index, statement in enumerate([statements] if single else _list(statements)):
        if not isinstance(statement, dict) or statement.get("Effect") != "Allow":
            continue
        field: tuple[str | int, ...] = (FIELD, "Statement", *(() if single else (index,)))
        conditions = frozenset(_conditions(statement.get("Condition")))
        for name in ("Principal", "NotPrincipal"):
            if name in statement:
                principals = tuple(_principals(statement[name]))
                yield Grant((*field, name), principals, conditions, name == "NotPrincipal")


def _principals(principal: Any) -> Iterator[str]:
    """Principals that are accounts, users and roles; services and identity providers are none."""
    if isinstance(principal, Mapping):
        principal = principal.get("AWS")
    for one in [principal] if isinstance(principal, str) else _list(principal):
        if isinstance(one, str):
            yield one


def _conditions(condition: Any) -> Iterator[str]:
    """The keys that a request has to have, with a value that is named. Operators that say what may
    not be, or that let a request without the key pass, demand nothing."""
    for operator, tests in condition.items() if isinstance(condition, Mapping) else ():
        name = str(operator).lower()
        if "not" in name or name == "null" or name.endswith("ifexists") or "forall" in name:
            continue
        for key, wanted in tests.items() if isinstance(tests, Mapping) else ():
            if "*" not in (wanted if isinstance(wanted, list) else [wanted]):
                yield str(key).lower()


def _list(node: Any) -> list[Any]:
    return node if isinstance(node, list) else []
