"""A file that is not encrypted for all the keys that ``.sops.yaml`` names."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.manifest.codes import CODES
from reconciler.rules.rule import Finding, Subject

CODE = "keys-differ"
REASON = CODES[CODE]


def find(subject: Subject) -> Iterator[Finding]:
    """What reading the manifests has found already. A key too many is an error there."""
    for problem in subject.declared.warnings:
        if problem.code == CODE:
            yield Finding(problem.message, problem.hint or "", place=problem.place)


def conclusive(subject: Subject) -> bool:
    """Manifests say all of it."""
    return True
