"""A secret that nothing rotates, and that nobody is reminded to rotate."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.kinds.field import NONE
from reconciler.rules.rule import Finding, Subject

CODE = "never-rotated"
REASON = "a secret that nothing rotates stays what it was when it leaked, years ago"

_ROTATION = "rotation"  # where a declaration has no such field, nothing could rotate it
_NOT = (None, NONE)


def find(subject: Subject) -> Iterator[Finding]:
    """Secrets whose value can be changed here, without a rotation and without a ``max_age``."""
    for entry in subject.declared.entries:
        fields = entry.fields
        if fields.get("external") or fields.get("max_age") is not None:
            continue
        if _ROTATION in entry.kind.Declaration.model_fields and fields.get(_ROTATION) in _NOT:
            yield Finding(
                f"nothing rotates {entry.key}: it has neither a rotation nor a `max_age`",
                "give it a `rotation`, or a `max_age` to be reminded of it",
                entry,
            )


def conclusive(subject: Subject) -> bool:
    """Manifests say all of it."""
    return True
