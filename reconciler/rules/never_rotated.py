"""A secret that nothing rotates, and that nobody is reminded to rotate."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.kinds.rotation.declare import NONE
from reconciler.kinds.secret.declare import Declaration
from reconciler.rules.rule import Finding, Subject

CODE = "never-rotated"
REASON = "a secret that nothing rotates stays what it was when it leaked, years ago"


def find(subject: Subject) -> Iterator[Finding]:
    """Secrets whose value is ours to change, without a rotation and without a ``max_age``."""
    for entry in subject.declared.entries:
        secret = entry.declared
        if not isinstance(secret, Declaration) or secret.external or secret.max_age is not None:
            continue
        if secret.rotation in (None, NONE):
            yield Finding(
                f"nothing rotates {entry.key}: it has neither a rotation nor a `max_age`",
                "give it a `rotation`, or a `max_age` to be reminded of it",
                entry,
            )


def conclusive(subject: Subject) -> bool:
    """Manifests say all of it."""
    return True
