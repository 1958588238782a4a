"""One value under two names."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.core.model import Key
from reconciler.manifest.encrypted import VALUE
from reconciler.rules import moved
from reconciler.rules.equality import by_digest
from reconciler.rules.rule import Finding, Subject
from reconciler.rules.together import more

CODE = "same-value"
REASON = "whoever learns one of two equal secrets knows both, and rotating one leaves the other"


def find(subject: Subject) -> Iterator[Finding]:
    """Values, and secret parts of them, that another name in the environment has as well."""
    digests = subject.digests or {}
    # What was moved has its value under both names, and is told by itself.
    old = {
        entry.resource_key(subject.declared.settings)
        for entry in subject.declared.entries
        if moved.target(entry) is not None
    }
    holders = by_digest({key: own for key, own in digests.items() if key not in old})
    for entry in subject.declared.entries:
        key = entry.resource_key(subject.declared.settings)
        if key in old:
            continue
        whole: set[Key] = set()
        for known in digests.get(key, ()):
            same = {k: part for k, part in holders[known.digest] if k != key and k not in whole}
            if not known.part:
                whole = set(same)
            if same:
                first = min(same)
                shown = first.name.removeprefix(subject.declared.settings.scope.under)
                yield Finding(
                    f"{what(entry.key, known.part)} is the same as"
                    f" {what(shown, same[first])}{more(len(same) - 1)}",
                    "give each a value of its own",
                    entry,
                    (VALUE,),
                    pair=frozenset(f"{k} {part}" for k, part in holders[known.digest]),
                )


def what(name: str, part: str) -> str:
    """A value, or a part of one, as it is told."""
    return f"`{part}` of {name}" if part else f"the value of {name}"


def conclusive(subject: Subject) -> bool:
    """The values have to be known."""
    return subject.digests is not None
