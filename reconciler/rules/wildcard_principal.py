"""A resource policy that allows everybody."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.rules import policy
from reconciler.rules.policy import Grant
from reconciler.rules.rule import Finding, Subject

CODE = "wildcard-principal"
REASON = "a policy that allows every principal allows everybody who has an AWS account"

# A condition on one of these says who, or from where.
_NARROWING = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "aws:vpcsourceip",
    }
)


def find(subject: Subject) -> Iterator[Finding]:
    """Statements that allow ``*``, or everybody but some, with no condition that narrows it."""
    for entry in subject.declared.entries:
        for grant in policy.grants(entry):
            if _is_open(grant):
                yield Finding(
                    f"the resource policy of {entry.key} allows "
                    + ("everybody but those it names" if grant.everybody_but else "everybody"),
                    "name the roles that need it, or add a condition on aws:PrincipalOrgID",
                    entry,
                    grant.field,
                )


def opens(content: object) -> bool:
    """Whether a policy, wherever it is from, allows everybody."""
    return any(map(_is_open, policy.granted(content)))


def _is_open(grant: Grant) -> bool:
    return _wide(grant) and not grant.conditions & _NARROWING


def _wide(grant: Grant) -> bool:
    return grant.everybody_but or any("*" in principal for principal in grant.principals)


def conclusive(subject: Subject) -> bool:
    """Manifests say all of it."""
    return True
