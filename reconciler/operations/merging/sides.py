"""The manifests of a commit or a tree as files: in a folder of our own, which nothing else looks
into. Only text that is in git stands there, and no link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath

from reconciler import manifest
from reconciler.core.errors import ManifestError, Problem
from reconciler.manifest import Cleartext, files
from reconciler.manifest.branch.concerned import READ
from reconciler.manifest.merge.conflicts import Conflicts
from reconciler.manifest.merge.trees import Entry, Trees
from reconciler.manifest.surroundings import Surroundings
from reconciler.manifest.trust import Trust

_READ = (*READ, ".json")
_NEVER = frozenset({"", ".", "..", ".git"})


def write(
    trees: Trees, entries: Mapping[str, Entry], found: Conflicts, folder: Path
) -> Surroundings:
    """Write the manifests of a tree into a new folder. What no pull of git's would write is left
    out: `read` says what is missing."""
    wanted = {
        path: entry
        for path, entry in entries.items()
        if path.endswith(_READ)
        and entry.regular
        and found.inside(path) is not None
        and _NEVER.isdisjoint(path.split("/"))
    }
    contents = trees.read(entry.object_id for entry in wanted.values())
    root = folder / found.under
    root.mkdir(parents=True)
    for path, entry in wanted.items():
        file = folder / PurePosixPath(path)
        with suppress(OSError):  # a name that this system has no file for
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(contents[entry.object_id])
    return Surroundings(root)


def read(around: Surroundings, environment: str, trust: Trust) -> Cleartext:
    """An environment of it. ``trust`` is that of the clone, since the folder is in none. Raises
    ManifestError."""
    around.trust = trust
    return manifest.read(around, environment)


def named(error: ManifestError, folders: Iterable[Path]) -> ManifestError:
    """The error with files called as git calls them, not as they are called here."""
    starts = [f"{files.shown(folder)}/" for folder in folders]

    def cut(text: str) -> str:
        for start in starts:
            text = text.replace(start, "")
        return text

    def of(problem: Problem) -> Problem:
        place = replace(problem.place, path=cut(problem.place.path))
        hint = None if problem.hint is None else cut(problem.hint)
        return replace(problem, place=place, message=cut(problem.message), hint=hint)

    return ManifestError([of(problem) for problem in error.problems])
