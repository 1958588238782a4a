"""A name that AWS takes and advises against."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.rules.rule import Finding, Subject

CODE = "name-like-arn"
REASON = "AWS takes such an ending for the one that it adds to ARNs: a read by part of one fails"

_HINT = "read it by its name or its whole ARN, and say so in `ignore`; or choose another name"


def find(subject: Subject) -> Iterator[Finding]:
    """By full names, as AWS has them."""
    for entry in subject.declared.entries:
        doubt = entry.kind.doubt(entry.full_name(subject.declared.settings))
        if doubt is not None:
            yield Finding(f"the name of {entry.key} {doubt}", _HINT, entry, ("name",))


def conclusive(subject: Subject) -> bool:
    """Manifests say all of it."""
    return True
