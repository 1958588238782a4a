"""A value that should have been changed by now.

Lists say when a secret was last changed in any way: a tag that somebody sets makes it look younger.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.kinds.duration import days
from reconciler.rules.rule import Finding, Subject

CODE = "past-max-age"
REASON = "`max_age` says when the value has to be changed; past it, `drift` ends with 2"


def find(subject: Subject) -> Iterator[Finding]:
    """Live values that are older than their ``max_age``, and that the plan does not replace."""
    written = subject.written
    if not written or subject.now is None:
        return
    for entry in subject.declared.entries:
        max_age = entry.fields.get("max_age")
        if max_age is None:
            continue
        since = written.get(entry.resource_key(subject.declared.settings))
        age = 0 if since is None else (subject.now - since).days
        if age > days(max_age):
            yield Finding(
                f"the value of {entry.key} was written {age} days ago, and its `max_age` is"
                f" {max_age}",
                "change it where it is used, and then here: reconciler set"
                f" {subject.environment} {entry.key}",
                entry,
                ("max_age",),
            )


def conclusive(subject: Subject) -> bool:
    """What is live has to be known."""
    return subject.written is not None
