"""Applications, and which declared names each of them may read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.core.errors import Problem
from reconciler.kinds.kind import Settings
from reconciler.manifest import explain
from reconciler.manifest.cleartext import Cleartext
from reconciler.manifest.document import Document
from reconciler.manifest.entries import Entry
from reconciler.manifest.patterns import covering, covers


def readers(settings: Settings, name: str) -> tuple[str, ...]:
    """The applications that may read what has this full name, sorted."""
    return tuple(sorted(covering(settings.readers, settings.scope.under, name)))


def readable(declared: Cleartext, application: str) -> Cleartext:
    """The environment with nothing declared but what an application may read."""
    settings = declared.settings
    return replace(
        declared,
        entries=tuple(
            entry
            for entry in declared.entries
            if application in readers(settings, entry.full_name(settings))
        ),
    )


def check(document: Document, entries: Iterable[Entry], settings: Settings) -> Iterator[Problem]:
    """Patterns that cover nothing that is declared: mostly a name that is misspelt, or gone."""
    names = sorted({entry.full_name(settings) for entry in entries})
    for application, patterns in settings.readers.items():
        for index, pattern in enumerate(patterns):
            if not any(covers(settings.scope.under, pattern, name) for name in names):
                yield document.error(
                    ("readers", application, index),
                    "reader",
                    f"{application} may read {pattern}, and nothing of this name is declared",
                    explain.meant(pattern, (n.removeprefix(settings.scope.under) for n in names)),
                )
