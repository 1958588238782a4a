"""What the environments of a folder have in common, looked at once for all that a run reads: the
work for each of them is then the same, however many there are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any

from reconciler.core.errors import Problem, UsageError
from reconciler.manifest import elsewhere
from reconciler.manifest.document import Document
from reconciler.manifest.environment import canonical, environments, territory
from reconciler.manifest.files import ENVIRONMENT_FILE, load
from reconciler.manifest.gitfiles import Blob, Repository
from reconciler.manifest.rules import Rules
from reconciler.manifest.rules import read as read_rules
from reconciler.manifest.trust import Trust

_LAST = chr(0x10FFFF)  # after every character that a prefix may have


@dataclass(frozen=True)
class Commit:
    """A commit, and the regular and other files below the folder that it holds, by the first part
    of their paths, which are relative to the folder."""

    id: str
    folders: Mapping[str, Mapping[str, Blob]]

    def blobs(self, folder: str | None = None) -> Mapping[str, Blob]:
        """The files below one folder, or all of them."""
        if folder is not None:
            return self.folders.get(folder, {})
        return {path: blob for held in self.folders.values() for path, blob in held.items()}


@dataclass(frozen=True)
class Others:
    """Environments by where their names and prefixes meet those of others."""

    alike: Mapping[str, Sequence[str]]
    unread: tuple[str, ...] = ()  # whose own file does not tell where it is
    _prefixes: Mapping[tuple[str, str], Sequence[tuple[str, str]]] = field(default_factory=dict)

    def overlapping(self, account: str, region: str, prefix: str) -> Iterator[str]:
        """Those of this account and Region whose prefix is this one, above it, or below it. It ends
        in a slash."""
        known = self._prefixes.get((account, region), ())
        start = bisect_left(known, (prefix, ""))
        for _, name in known[start : bisect_left(known, (prefix + _LAST, ""))]:
            yield name
        parts = prefix.split("/")[1:-1]
        for depth in range(1, len(parts)):
            above = f"/{'/'.join(parts[:depth])}/"
            at = bisect_left(known, (above, ""))
            for found, name in known[at:]:
                if found != above:
                    break
                yield name


class Surroundings:
    """Each is read when it is first needed, and as it was then for as long as this lives: whoever
    writes manifests makes a new one. Safe to use from threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder  # as it was named
        self.root = folder.absolute()
        self.trust = Trust(self.root)
        self._lock = RLock()

    @property
    def environments(self) -> frozenset[str]:
        """The names of all."""
        with self._lock:
            return self._environments

    @property
    def rules(self) -> Rules:
        """For whom files may be encrypted."""
        with self._lock:
            return self._rules

    @property
    def other_rules(self) -> Sequence[Problem]:
        """What is wrong with files of rules that sops would find elsewhere."""
        with self._lock:
            return self._other_rules

    @property
    def others(self) -> Others:
        """How names and prefixes meet."""
        with self._lock:
            return self._others

    @property
    def repository(self) -> Repository | None:
        """The repository that the folder is in; None outside git."""
        with self._lock:
            return self._repository

    @property
    def head(self) -> Commit | None:
        """What is checked out; None outside git, and before the first commit."""
        with self._lock:
            return self._head

    @cached_property
    def _environments(self) -> frozenset[str]:
        return frozenset(environments(self.root))

    @cached_property
    def _rules(self) -> Rules:
        return read_rules(self.root)

    @cached_property
    def _other_rules(self) -> Sequence[Problem]:
        return elsewhere.problems(self.root)

    @cached_property
    def _others(self) -> Others:
        alike: dict[str, list[str]] = {}
        prefixes: dict[tuple[str, str], list[tuple[str, str]]] = {}
        unread = []
        for name in sorted(self._environments):
            alike.setdefault(canonical(name), []).append(name)
            there = territory(self.own(name))
            if there is None:
                unread.append(name)
            else:
                account, region, prefix = there
                prefixes.setdefault((account, region), []).append((prefix, name))
        for known in prefixes.values():
            known.sort()
        return Others(alike, tuple(unread), prefixes)

    @cached_property
    def _repository(self) -> Repository | None:
        try:
            return Repository(self.folder)
        except UsageError:
            return None

    @cached_property
    def _head(self) -> Commit | None:
        repository = self._repository
        commit = None if repository is None else repository.id("HEAD")
        if repository is None or commit is None:
            return None
        folders: dict[str, dict[str, Any]] = {}
        for path, blob in repository.files(commit).items():
            folders.setdefault(path.split("/", 1)[0], {})[path] = blob
        return Commit(commit, folders)

    def own(self, environment: str) -> Document:
        """An environment's own file, read anew."""
        return load(self.root, self.root / environment / ENVIRONMENT_FILE)
