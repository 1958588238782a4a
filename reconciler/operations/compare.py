"""Two environments side by side: what each declares, and which values are equal. Never a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.core.model import Key
from reconciler.manifest import Cleartext
from reconciler.manifest.encrypted import Shape
from reconciler.manifest.entries import PLAINTEXT, Entry
from reconciler.rules.equality import RunKey
from reconciler.values.sensitive import Sealed, Sensitive

Values = Mapping[Key, Sealed] | None  # None: the environment was not decrypted


@dataclass(frozen=True)
class Pair:
    """What both declare, by section and name. ``fields`` differ in clear; ``only`` are the keys of
    the value that one of the two has, by its place of the two; ``equal`` says whether the values
    are, None where that cannot be told."""

    section: str
    name: str
    fields: tuple[str, ...]
    only: tuple[tuple[str, ...], tuple[str, ...]]
    equal: bool | None


@dataclass(frozen=True)
class Compared:
    """Two environments: what only one declares, and what both do."""

    names: tuple[str, str]
    only: tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]
    pairs: tuple[Pair, ...]


def compare(
    one: Cleartext, other: Cleartext, values_of_one: Values, values_of_other: Values
) -> Compared:
    """What is the same in both and what is not."""
    entries = [{entry.path: entry for entry in side.entries} for side in (one, other)]
    first, second = entries
    digests = _Digests((one, values_of_one), (other, values_of_other))
    pairs = tuple(
        Pair(
            *path,
            tuple(sorted(_differing(first[path], second[path]))),
            (
                tuple(sorted(_keys(first[path].shape) - _keys(second[path].shape))),
                tuple(sorted(_keys(second[path].shape) - _keys(first[path].shape))),
            ),
            digests.equal(first[path], second[path]),
        )
        for path in sorted(first.keys() & second.keys())
    )
    only = (
        tuple(sorted(first.keys() - second.keys())),
        tuple(sorted(second.keys() - first.keys())),
    )
    names = (one.settings.scope.environment, other.settings.scope.environment)
    return Compared(names, only, pairs)


class _Digests:
    """Values of two environments under a key of the run."""

    def __init__(self, *sides: tuple[Cleartext, Values]) -> None:
        self._key = RunKey()
        self._sides = sides

    def equal(self, *entries: Entry) -> bool | None:
        """Whether the values of the two are, as they are written to AWS."""
        found = [
            self._of(entry, side, values)
            for entry, (side, values) in zip(entries, self._sides, strict=True)
        ]
        return None if None in found else found[0] == found[1]

    def _of(self, entry: Entry, side: Cleartext, values: Values) -> bytes | None:
        if PLAINTEXT in entry.fields:
            return self._key.digest(Sensitive(repr(entry.fields[PLAINTEXT])))
        sealed = None if values is None else values.get(entry.resource_key(side.settings))
        if entry.shape is None or sealed is None or sealed.content is None:
            return None
        return self._key.digest(sealed.content)


def _differing(one: Entry, other: Entry) -> Iterator[str]:
    for name in one.fields.keys() | other.fields.keys():
        if name != PLAINTEXT and one.fields.get(name) != other.fields.get(name):
            yield name
    if (one.shape is None) != (other.shape is None):
        yield "value"


def _keys(shape: Shape | None, under: str = "") -> frozenset[str]:
    if not isinstance(shape, dict):
        return frozenset()
    found: set[str] = set()
    for name, inner in shape.items():
        found |= _keys(inner, f"{under}{name}.") or {under + name}
    return frozenset(found)
