"""The environments of a run, put side by side once for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.core.model import Key
from reconciler.manifest.encrypted import Shape
from reconciler.rules.equality import by_digest

if TYPE_CHECKING:
    from reconciler.rules.rule import Subject

_NAMED = 3  # environments that a finding names

Path = tuple[str, str]  # a section, and a key in it


class Together:
    """What each environment is compared with: ``complete`` where these are all that there are."""

    def __init__(self, subjects: Mapping[str, Subject], *, complete: bool) -> None:
        self.subjects = subjects
        self.complete = complete

    @cached_property
    def decrypted(self) -> bool:
        """Whether the values of all of them are known."""
        return all(one.digests is not None for one in self.subjects.values())

    @cached_property
    def holders(self) -> Mapping[bytes, Mapping[str, tuple[Key, str]]]:
        """The environments that have a value, by its digest, each with the first place of it."""
        found: dict[bytes, dict[str, tuple[Key, str]]] = {}
        for name, one in self.subjects.items():
            for digest, places in by_digest(one.digests or {}).items():
                found.setdefault(digest, {})[name] = min(places)
        return found

    @cached_property
    def declaring(self) -> Mapping[Path, Set[str]]:
        """The environments that declare something."""
        found: dict[Path, set[str]] = {}
        for name, one in self.subjects.items():
            for entry in one.declared.entries:
                found.setdefault(entry.path, set()).add(name)
        return found

    @cached_property
    def parts(self) -> Mapping[Path, Mapping[str, Set[str]]]:
        """The environments whose value is a mapping with a part of this name; under the empty name
        all whose value is a mapping."""
        found: dict[Path, dict[str, set[str]]] = {}
        for name, one in self.subjects.items():
            for entry in one.declared.entries:
                if isinstance(entry.shape, dict):
                    parts = found.setdefault(entry.path, {})
                    for part in ("", *part_names(entry.shape)):
                        parts.setdefault(part, set()).add(name)
        return found


def part_names(shape: Mapping[str, Shape], under: str = "") -> Set[str]:
    """The names of all parts of a mapping, with a dot between those inside one another."""
    found = set()
    for name, inner in shape.items():
        found.add(under + name)
        if isinstance(inner, dict):
            found |= part_names(inner, f"{under}{name}.")
    return found


def named(environments: Sequence[str]) -> str:
    """Some of them by name, and how many more there are."""
    return ", ".join(environments[:_NAMED]) + more(len(environments) - _NAMED)


def more(count: int) -> str:
    """That there are others, too."""
    return f" and {count} other{'' if count == 1 else 's'}" if count > 0 else ""
