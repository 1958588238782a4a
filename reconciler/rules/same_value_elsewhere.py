"""One value in two environments."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.manifest.encrypted import VALUE
from reconciler.rules.rule import Finding, Subject
from reconciler.rules.same_value import by_digest, more, what

CODE = "same-value-elsewhere"
REASON = "whoever may read staging must not know production's secrets too"


def find(subject: Subject) -> Iterator[Finding]:
    """Values, and secret parts of them, that another environment of the run has as well."""
    digests = subject.digests
    if not digests or not subject.others:
        return
    elsewhere = [
        (other, by_digest(other.digests)) for other in subject.others if other.digests is not None
    ]
    for entry in subject.declared.entries:
        told: set[str] = set()
        for known in digests.get(entry.resource_key(subject.declared.settings), ()):
            same = {
                other.environment: (other, min(holders[known.digest]))
                for other, holders in elsewhere
                if known.digest in holders and other.environment not in told
            }
            if not known.part:
                told = set(same)
            if same:
                environment = min(same)
                other, (key, part) = same[environment]
                name = key.name.removeprefix(other.declared.settings.scope.under)
                there = "" if (name, part) == (entry.key, known.part) else f"{what(name, part)} "
                yield Finding(
                    f"{what(entry.key, known.part)} is the same as {there}in"
                    f" {environment}{more(len(same) - 1)}",
                    "give each environment a value of its own",
                    entry,
                    (VALUE,),
                )


def conclusive(subject: Subject) -> bool:
    """The values of all environments have to be known."""
    known = [subject, *subject.others]
    return subject.all_others and all(one.digests is not None for one in known)
