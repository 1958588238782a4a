"""Resource policies: which documents AWS takes, and which ones are public."""

from __future__ import annotations

import json
from typing import Any

from .refusal import Refusal

_STATEMENT_KEYS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)


def parse(text: str) -> dict[str, Any]:
    """The policy in `text`. Raises MalformedPolicyDocumentException: "The resource policy has
    syntax errors."
    """
    try:
        policy = json.loads(text)
    except ValueError:
        raise _malformed("This resource policy contains invalid Json.") from None
    if not isinstance(policy, dict) or not set(policy) <= {"Version", "Id", "Statement"}:
        raise _malformed("This resource policy contains a syntax error.")
    if policy.get("Version", "2012-10-17") not in ("2012-10-17", "2008-10-17"):
        raise _malformed("This resource policy contains a syntax error.")
    found = statements(policy)
    if not found:
        raise _malformed("This resource policy contains a syntax error.")
    for statement in found:
        _check(statement)
    return policy


def statements(policy: dict[str, Any]) -> list[Any]:
    """The statements of a policy, which JSON may hold as one object or as a list."""
    found = policy.get("Statement")
    return found if isinstance(found, list) else [found] if found is not None else []


def is_public(policy: dict[str, Any]) -> bool:
    """Whether it allows everyone: "for example those that use a wildcard for the principal"."""
    for statement in statements(policy):
        if statement["Effect"] != "Allow" or statement.get("Condition"):
            continue
        principal = statement.get("Principal")
        if principal is None:
            return True
        named = principal.get("AWS", []) if isinstance(principal, dict) else principal
        if "*" in (named if isinstance(named, list) else [named]):
            return True
    return False


def principals(policy: dict[str, Any]) -> list[str]:
    """The users and roles that it names by their ARN."""
    found: list[str] = []
    for statement in statements(policy):
        principal = statement.get("Principal")
        named = principal.get("AWS", []) if isinstance(principal, dict) else []
        found += named if isinstance(named, list) else [named]
    return [one for one in found if ":role/" in one or ":user/" in one]


def _check(statement: Any) -> None:
    if not isinstance(statement, dict) or not set(statement) <= _STATEMENT_KEYS:
        raise _malformed("This resource policy contains a syntax error.")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise _malformed("This resource policy contains a syntax error.")
    for name in ("Principal", "Action", "Resource"):
        if (name in statement) == (f"Not{name}" in statement):
            raise _malformed("This resource policy contains a syntax error.")
    principal = statement.get("Principal", statement.get("NotPrincipal"))
    if not isinstance(principal, dict) and principal != "*":
        raise _malformed("This resource policy contains an unsupported principal.")


def _malformed(message: str) -> Refusal:
    return Refusal("MalformedPolicyDocumentException", message)
