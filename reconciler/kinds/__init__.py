"""The kinds of resource, in dependency order: creates and updates go in it, prunes against it.

Everything else here follows from ``KINDS``. It is looked up at each call, so that a kind is known
everywhere as soon as it stands there. A kind's code is imported when somebody first asks for it:
a saved plan is shown by the titles alone, in every pull request.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

from reconciler.core.model import Key, Scope

if TYPE_CHECKING:
    from reconciler.kinds.kind import Kind, Named, Part, Section


@dataclass(frozen=True, eq=False)
class Entry:
    """A kind's line: what it is called, what heads several of it, and the package that has it."""

    name: str
    title: str
    package: str


KINDS: tuple[Entry, ...] = (
    Entry("secret", "Secrets", "reconciler.kinds.secret"),
    Entry("keys", "Keys of rotated secrets", "reconciler.kinds.keys"),
    Entry("parameter", "Parameters", "reconciler.kinds.parameter"),
    Entry("rotation", "Rotation schedules", "reconciler.kinds.rotation"),
)


def of(name: str) -> Kind:
    """The kind of this name. Raises KeyError."""
    return _by_name(KINDS)[name]


def named(name: str) -> Named:
    """The same of what people name, which a part is not. Raises KeyError."""
    return _named(KINDS)[name]


def names() -> Collection[str]:
    """The names of all kinds."""
    return _titles(KINDS).keys()


def order(name: str) -> int:
    """Where a kind stands among the others. Raises ValueError."""
    return list(_titles(KINDS)).index(name)


def all_of_them() -> Mapping[str, Kind]:
    """Every kind by its name, in order."""
    return _by_name(KINDS)


def wholes() -> Mapping[str, Named]:
    """The kinds that people name, and AWS lists, by name; the others are parts of these."""
    return _named(KINDS)


def sections() -> Mapping[str, Section]:
    """What manifests may declare, by the name of its section."""
    return _sections(KINDS)


def opening(section: str) -> frozenset[str]:
    """The fields of a declaration that say who gets at the value: those that its kind's table, or
    that of a part of it, says so of; its name, and which findings nobody is told."""
    name = _sections(KINDS)[section].NAME
    rows = {row.name for row in of(name).FIELDS if row.opens is not None}
    parts = {
        part
        for part, kind in _by_name(KINDS).items()
        if part != name and name == kind.READS and any(row.opens for row in kind.FIELDS)
    }
    return frozenset({*rows, *parts, "name", "ignore"})


def titles() -> Mapping[str, str]:
    """What heads several of a kind, by its name, in order."""
    return _titles(KINDS)


def holder(key: Key) -> Key:
    """The resource that people name: of a part (a schedule, keys that git owns) the one that it is
    declared in, else itself."""
    return Key(of(key.kind).READS, key.name)


def parts(whole: Key) -> Sequence[Key]:
    """The keys that the parts of a resource have, whether declared or not."""
    every = _by_name(KINDS).items()
    return [Key(n, whole.name) for n, k in every if n != whole.kind and whole.kind == k.READS]


def outside(declared: Iterable[Key], scope: Scope) -> Mapping[str, Sequence[str]]:
    """The declared names that are not below the prefix, sorted, by the kind that people name."""
    found: dict[str, list[str]] = {name: [] for name in wholes()}
    for key in sorted(declared):
        if key.kind in found and not key.name.startswith(scope.under):
            found[key.kind].append(key.name)
    return found


@cache
def _by_name(kinds: tuple[Entry, ...]) -> Mapping[str, Named | Part]:
    # A package with these names is one: each says so to mypy by itself.
    return {entry.name: cast("Named | Part", import_module(entry.package)) for entry in kinds}


@cache
def _titles(kinds: tuple[Entry, ...]) -> Mapping[str, str]:
    return {entry.name: entry.title for entry in kinds}


@cache
def _named(kinds: tuple[Entry, ...]) -> Mapping[str, Named]:
    return {name: kind for name, kind in _by_name(kinds).items() if kind.section is not None}


@cache
def _sections(kinds: tuple[Entry, ...]) -> Mapping[str, Section]:
    return {kind.section.SECTION: kind.section for kind in _named(kinds).values()}
