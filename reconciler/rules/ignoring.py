"""``ignore``: what a manifest says need not be told, and why.

An ignored rule whose reason is not given, that nobody knows, or that finds nothing, is told itself:
a list of exceptions that nobody looks at grows until it hides what it was not written for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.manifest import explain
from reconciler.manifest.entries import Entry
from reconciler.rules.rule import Finding, Subject

FIELD = "ignore"

REASONS: Mapping[str, str] = {
    "ignore-reason": "without a reason nobody can tell whether an exception still holds",
    "ignore-unknown": "a misspelt code ignores nothing",
    "ignore-unused": "an exception that is no longer needed hides the next thing that it fits",
}


@dataclass
class Ignored:
    """The exceptions of one environment, and which of them have served."""

    subject: Subject
    known: Collection[str]
    _served: set[tuple[tuple[str, ...], str]] = field(default_factory=set)

    def covers(self, code: str, finding: Finding) -> bool:
        """Whether a finding is ignored: by its own declaration, or by the environment."""
        there = [self._environment]
        if finding.entry is not None:
            there.append(finding.entry.fields.get(FIELD) or {})
        paths: list[tuple[str, ...]] = [(), finding.entry.path if finding.entry else ()]
        covered = False
        for path, reasons in zip(paths, there, strict=False):
            if _given(reasons.get(code)):
                self._served.add((path, code))
                covered = True
        return covered

    def flaws(self, conclusive: Collection[str]) -> Iterator[tuple[str, Finding]]:
        """What is wrong with the exceptions themselves. ``conclusive`` are the rules that saw all
        that they need: of the others nobody knows whether they would find something."""
        yield from self._flaws(None, self._environment, conclusive)
        for entry in self.subject.declared.entries:
            reasons = entry.fields.get(FIELD)
            if reasons:
                yield from self._flaws(entry, reasons, conclusive)

    def _flaws(
        self, entry: Entry | None, reasons: Mapping[str, str], conclusive: Collection[str]
    ) -> Iterator[tuple[str, Finding]]:
        path = () if entry is None else entry.path
        for code, reason in reasons.items():
            at = (FIELD, code)
            if code not in self.known:
                hint = explain.meant(code, self.known)
                yield "ignore-unknown", Finding(f"there is no rule {code}", hint, entry, at)
            elif not _given(reason):
                message = f"{code} is not ignored: the reason is missing"
                yield "ignore-reason", Finding(message, "say why", entry, at)
            elif code in conclusive and (path, code) not in self._served:
                message = f"{code} is ignored here and finds nothing"
                yield "ignore-unused", Finding(message, "take it out", entry, at)

    @property
    def _environment(self) -> Mapping[str, str]:
        return self.subject.declared.settings.ignore


def _given(reason: object) -> bool:
    return isinstance(reason, str) and bool(reason.strip())
