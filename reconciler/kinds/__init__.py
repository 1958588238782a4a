"""The kinds of resource, in dependency order: creates and updates go in it, prunes against it.

Everything else here follows from ``KINDS``. It is looked up at each call, so that a kind is known
everywhere as soon as it stands there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache

import reconciler.kinds.keys as keys
import reconciler.kinds.parameter as parameter
import reconciler.kinds.rotation as rotation
import reconciler.kinds.secret as secret
from reconciler.core.model import Key
from reconciler.kinds.kind import Kind, Named, Part, Section

KINDS: tuple[Named | Part, ...] = (
    secret,
    keys,
    parameter,
    rotation,
)


def kind(name: str) -> Kind:
    """The kind of this name. Raises KeyError."""
    return _by_name(KINDS)[name]


def named(name: str) -> Named:
    """The same of what people name, which a part is not. Raises KeyError."""
    return _named(KINDS)[name]


def names() -> Collection[str]:
    """The names of all kinds."""
    return _by_name(KINDS).keys()


def order(name: str) -> int:
    """Where a kind stands among the others. Raises KeyError."""
    return list(_by_name(KINDS)).index(name)


def wholes() -> Mapping[str, Named]:
    """The kinds that people name, and AWS lists, by name; the others are parts of these."""
    return _named(KINDS)


def sections() -> Mapping[str, Section]:
    """What manifests may declare, by the name of its section."""
    return _sections(KINDS)


def titles() -> Mapping[str, str]:
    """What heads several of a kind, by its name, in order."""
    return _titles(KINDS)


def holder(key: Key) -> Key:
    """The resource that people name: of a part (a schedule, keys that git owns) the one that it is
    declared in, else itself."""
    return Key(kind(key.kind).READS, key.name)


@cache
def _by_name(kinds: tuple[Named | Part, ...]) -> Mapping[str, Kind]:
    return {kind.NAME: kind for kind in kinds}


@cache
def _titles(kinds: tuple[Named | Part, ...]) -> Mapping[str, str]:
    return {kind.NAME: kind.TITLE for kind in kinds}


@cache
def _named(kinds: tuple[Named | Part, ...]) -> Mapping[str, Named]:
    return {kind.NAME: kind for kind in kinds if kind.section is not None}


@cache
def _sections(kinds: tuple[Named | Part, ...]) -> Mapping[str, Section]:
    return {kind.section.SECTION: kind.section for kind in _named(kinds).values()}
