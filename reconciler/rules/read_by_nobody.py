"""A secret that no application may read, where the environment says which read what."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.manifest.readers import readers
from reconciler.rules.rule import Finding, Subject

CODE = "read-by-nobody"
REASON = "a secret that nothing reads is kept, rotated and paid for, and can only leak"


def find(subject: Subject) -> Iterator[Finding]:
    """Everything declared that no pattern under ``readers`` covers, where there are any."""
    settings = subject.declared.settings
    if not settings.readers:
        return
    for entry in subject.declared.entries:
        if not readers(settings, entry.full_name(settings)):
            yield Finding(
                f"no application may read {entry.key}: nothing under `readers` covers it",
                "name it under `readers` in environment.sops.yaml, or remove it",
                entry,
            )


def conclusive(subject: Subject) -> bool:
    """Manifests say all of it."""
    return True
