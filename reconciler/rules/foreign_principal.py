"""A resource policy that allows another account."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.rules import accounts, policy
from reconciler.rules.rule import Finding, Subject

CODE = "foreign-principal"
REASON = "another account decides by itself which of its people and programs read the secret"


def find(subject: Subject) -> Iterator[Finding]:
    """Principals of other accounts that a declared policy allows something."""
    scope = subject.declared.settings.scope
    for entry in subject.declared.entries:
        for grant in policy.grants(entry):
            if grant.everybody_but:
                continue
            found = {accounts.foreign(principal, scope) for principal in grant.principals}
            for account in sorted(filter(None, found)):
                yield Finding(
                    f"the resource policy of {entry.key} allows account {account}",
                    "take it out, or say in `ignore` whose account it is",
                    entry,
                    grant.field,
                )


def conclusive(subject: Subject) -> bool:
    """Manifests say all of it."""
    return True
