"""Environments that a branch takes out of git, and those that it renames: git and AWS know an
environment by its folder's name, so that a folder with another name is another environment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.manifest.branch.compare import renames
from reconciler.manifest.branch.side import Side

_PLACE = ("account", "region", "prefix")


@dataclass(frozen=True)
class Removed:
    """An environment that only the base declares. ``place`` is its account, Region and prefix,
    ``owner`` the name of its owner, ``declared`` how many resources each section has. ``renamed``
    is the environment that has its files now, and ``at`` where that is."""

    environment: str
    place: tuple[str, str, str]
    owner: str
    declared: Mapping[str, int]
    renamed: str | None = None
    at: tuple[str, str, str] | None = None

    @property
    def same_names(self) -> bool:
        """Whether the new environment declares the old one's names."""
        return self.place == self.at


def removed(base: Side, head: Side) -> tuple[Removed, ...]:
    """All environments that are in ``base`` and not in ``head``, by name."""
    gone = sorted(base.environments() - head.environments())
    if not gone:
        return ()
    fresh = head.environments() - base.environments()
    moved: dict[str, str] = {}
    for path, old in renames(base, head).items():
        one, other = old.partition("/")[0], path.partition("/")[0]
        if other in fresh:
            moved.setdefault(one, other)
    return tuple(_removed(base, head, name, moved.get(name)) for name in gone)


def _removed(base: Side, head: Side, name: str, renamed: str | None) -> Removed:
    was = base.view(name)
    return Removed(
        name,
        _place(was.settings),
        str(was.settings.get("owner", "")),
        Counter(section for section, _ in was.declarations),
        renamed,
        None if renamed is None else _place(head.view(renamed).settings),
    )


def _place(settings: Mapping[str, Any]) -> tuple[str, str, str]:
    account, region, prefix = (str(settings.get(name, "")) for name in _PLACE)
    return account, region, prefix
