"""A declaration that was renamed, and is still there under its old name."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.manifest.declaring import MOVED, MOVED_FROM
from reconciler.manifest.entries import Entry
from reconciler.rules.rule import Finding, Subject

CODE = "moved"
REASON = "a value under two names is changed under one of them, and forgotten under the other"


def find(subject: Subject) -> Iterator[Finding]:
    """By `moved_to`, which `move` writes."""
    names = {entry.path for entry in subject.declared.entries}
    for entry in subject.declared.entries:
        new = target(entry)
        if new is None:
            continue
        if (entry.section, new) in names:
            command = f"reconciler remove {subject.environment} {entry.key}"
            hint = f"when nobody reads it any more: {command}"
            yield Finding(f"{entry.key} was moved to {new}", hint, entry, (MOVED,))
        else:
            message = f"{entry.key} was moved to {new}, which is not declared"
            yield Finding(message, "declare it, or take `moved_to` away", entry, (MOVED,))
    yield from _without_source(subject)


def _without_source(subject: Subject) -> Iterator[Finding]:
    """What takes over the value of something that is declared no more: `remove` does not leave it,
    an editor may."""
    settings = subject.declared.settings
    known = {(e.section, e.full_name(settings)) for e in subject.declared.entries}
    for entry in subject.declared.entries:
        source = entry.fields.get(MOVED_FROM)
        if isinstance(source, str) and (entry.section, source) not in known:
            message = f"{entry.key} takes over the value of {source}, which is not declared"
            hint = f"once it has the value, take `{MOVED_FROM}` away"
            yield Finding(message, hint, entry, (MOVED_FROM,))


def target(entry: Entry) -> str | None:
    """The new name of what was moved."""
    new = entry.fields.get(MOVED)
    return new if isinstance(new, str) else None


def conclusive(subject: Subject) -> bool:
    """Manifests say all of it."""
    return True
