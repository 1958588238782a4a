"""A structure that one environment declares and another does not have."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.manifest.encrypted import VALUE
from reconciler.manifest.entries import Entry
from reconciler.rules.rule import Finding, Subject
from reconciler.rules.together import Together, named, part_names

CODE = "missing-elsewhere"
REASON = (
    "what works in one environment fails in another where a secret, or a part of it, is missing"
)


def find(subject: Subject) -> Iterator[Finding]:
    """Declarations, and parts of their values, that another environment of the run lacks: of those
    that have anything in common with this one. What has nothing is of another application."""
    together = subject.together
    if together is None:
        return
    entries = subject.declared.entries
    alike: set[str] = set()
    for entry in entries:
        alike |= together.declaring[entry.path]
        if len(alike) == len(together.subjects):
            break
    for entry in entries:
        declaring = together.declaring[entry.path]
        if lacking := sorted(alike - declaring):
            yield Finding(
                f"{entry.key} is declared here and not in {named(lacking)}",
                "declare it there, or say in `ignore` why it is here only",
                entry,
            )
        yield from _parts(entry, together)


def _parts(entry: Entry, together: Together) -> Iterator[Finding]:
    if not isinstance(entry.shape, dict):
        return
    having = together.parts[entry.path]
    for name in sorted(part_names(entry.shape)):
        if len(having[name]) < len(having[""]):
            lacking = sorted(having[""] - having[name])
            yield Finding(
                f"the value of {entry.key} has a `{name}` here and not in {named(lacking)}",
                "add it there, or say in `ignore` why it is here only",
                entry,
                (VALUE,),
            )


def conclusive(subject: Subject) -> bool:
    """All environments have to be part of the run."""
    return subject.together is not None and subject.together.complete
