"""One value in two environments."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.manifest.encrypted import VALUE
from reconciler.rules.rule import Finding, Subject
from reconciler.rules.same_value import what
from reconciler.rules.together import more

CODE = "same-value-elsewhere"
REASON = "whoever may read staging must not know production's secrets too"


def find(subject: Subject) -> Iterator[Finding]:
    """Values, and secret parts of them, that another environment of the run has as well."""
    digests, together = subject.digests, subject.together
    if not digests or together is None:
        return
    for entry in subject.declared.entries:
        told: set[str] = set()
        for known in digests.get(entry.resource_key(subject.declared.settings), ()):
            holders = together.holders[known.digest]
            if len(holders) == 1:
                continue
            same = holders.keys() - told - {subject.environment}
            if not known.part:
                told = set(same)
            if same:
                environment = min(same)
                key, part = holders[environment]
                scope = together.subjects[environment].declared.settings.scope
                name = key.name.removeprefix(scope.under)
                there = "" if (name, part) == (entry.key, known.part) else f"{what(name, part)} "
                yield Finding(
                    f"{what(entry.key, known.part)} is the same as {there}in"
                    f" {environment}{more(len(same) - 1)}",
                    "give each environment a value of its own",
                    entry,
                    (VALUE,),
                    pair=frozenset(f"{where} {k} {p}" for where, (k, p) in holders.items()),
                )


def conclusive(subject: Subject) -> bool:
    """The values of all environments have to be known."""
    together = subject.together
    return together is not None and together.complete and together.decrypted
