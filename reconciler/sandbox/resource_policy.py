"""Resource policies: which documents AWS takes, and which ones are public."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.policy_validation import VALID_EFFECTS, VALID_STATEMENT_ELEMENTS, VALID_VERSIONS

from .refusal import Refusal

_EITHER = ("Principal", "Action", "Resource")


def parse(text: str) -> dict[str, Any]:
    """The policy in `text`. Raises MalformedPolicyDocumentException: "The resource policy has
    syntax errors."
    """
    try:
        policy = json.loads(text)
    except ValueError:
        raise _malformed("This resource policy contains invalid Json.") from None
    if not isinstance(policy, dict) or not _is_sound(policy):
        raise _malformed("This resource policy contains a syntax error.")
    for statement in statements(policy):
        principal = statement.get("Principal", statement.get("NotPrincipal"))
        if not isinstance(principal, dict) and principal != "*":
            raise _malformed("This resource policy contains an unsupported principal.")
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


def _is_sound(policy: dict[str, Any]) -> bool:
    found = statements(policy)
    return (
        set(policy) <= {"Version", "Id", "Statement"}
        and policy.get("Version", "2012-10-17") in VALID_VERSIONS
        and bool(found)
        and all(isinstance(one, dict) and _is_sound_statement(one) for one in found)
    )


def _is_sound_statement(statement: dict[str, Any]) -> bool:
    return (
        set(statement) <= set(VALID_STATEMENT_ELEMENTS)
        and statement.get("Effect") in VALID_EFFECTS
        and all((name in statement) != (f"Not{name}" in statement) for name in _EITHER)
    )


def _malformed(message: str) -> Refusal:
    return Refusal("MalformedPolicyDocumentException", message)
