"""A structure that one environment declares and another does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from reconciler.manifest.encrypted import VALUE, Shape
from reconciler.manifest.entries import Entry
from reconciler.rules.rule import Finding, Subject

CODE = "missing-elsewhere"
REASON = (
    "what works in one environment fails in another where a secret, or a part of it, is missing"
)

_Entries = Mapping[tuple[str, str], Entry]


def find(subject: Subject) -> Iterator[Finding]:
    """Declarations, and parts of their values, that another environment of the run lacks."""
    if not subject.others:
        return
    others = {
        other.environment: {entry.path: entry for entry in other.declared.entries}
        for other in subject.others
    }
    for entry in subject.declared.entries:
        lacking = sorted(name for name, entries in others.items() if entry.path not in entries)
        if lacking:
            yield Finding(
                f"{entry.key} is declared here and not in {', '.join(lacking)}",
                "declare it there, or say in `ignore` why it is here only",
                entry,
            )
        yield from _parts(entry, others)


def _parts(entry: Entry, others: Mapping[str, _Entries]) -> Iterator[Finding]:
    if not isinstance(entry.shape, dict):
        return
    here = _names(entry.shape)
    missing: dict[str, list[str]] = {}
    for environment, entries in sorted(others.items()):
        other = entries.get(entry.path)
        if other is not None and isinstance(other.shape, dict):
            for name in here - _names(other.shape):
                missing.setdefault(name, []).append(environment)
    for name, environments in sorted(missing.items()):
        yield Finding(
            f"the value of {entry.key} has a `{name}` here and not in {', '.join(environments)}",
            "add it there, or say in `ignore` why it is here only",
            entry,
            (VALUE,),
        )


def _names(shape: dict[str, Shape], under: str = "") -> Set[str]:
    found = set()
    for name, inner in shape.items():
        found.add(under + name)
        if isinstance(inner, dict):
            found |= _names(inner, f"{under}{name}.")
    return found


def conclusive(subject: Subject) -> bool:
    """All environments have to be part of the run."""
    return subject.all_others
