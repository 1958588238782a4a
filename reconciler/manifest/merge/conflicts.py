"""What two commits conflict in, and whether anybody but a person can resolve it: manifests whose
content both changed, and locks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from reconciler.core.errors import UsageError
from reconciler.manifest.files import ENCRYPTED, ENVIRONMENT_FILE, RULES_FILE
from reconciler.manifest.lock.names import is_one
from reconciler.manifest.merge.text import Unmerged
from reconciler.manifest.merge.trees import Attempt, Entry, Trees

Sides = Mapping[int, Entry]  # base, ours and theirs, by git's numbers 1, 2, 3
_LOCALLY = "merge it in a clone of yours, and push"
_SHOWN = 5  # paths of others that are named


@dataclass(frozen=True)
class Conflicts:
    """Of ``ours``, a branch, with ``theirs``, which is merged into it. ``tree`` is what git made of
    the two. ``manifests`` have the three entries of each file in conflict, and ``environments`` are
    those that they and the locks in conflict are of. Where there are none, ``nothing`` says why.
    ``under`` is the manifests' folder, by its path in the repository."""

    ours: str
    theirs: str
    under: str
    tree: str = ""
    manifests: Mapping[str, Sides] = field(default_factory=dict)
    environments: tuple[str, ...] = ()
    nothing: str = ""

    def inside(self, path: str) -> str | None:
        """A path below the manifests' folder, None where it is not there."""
        if self.under == ".":
            return path
        start = f"{self.under}/"
        return path.removeprefix(start) if path.startswith(start) else None

    def path(self, inside: str) -> str:
        """The path in the repository of one below the manifests' folder."""
        return inside if self.under == "." else f"{self.under}/{inside}"


def find(trees: Trees, ours: str, theirs: str, under: str) -> Conflicts:
    """Raises Unmerged where a person has to resolve it, or where the branch has what no merge by a
    job may take: other rules for encryption, a symlink or a submodule among the manifests."""
    none = Conflicts(ours, theirs, under)
    bases = trees.bases(ours, theirs)
    if theirs in bases:
        return Conflicts(ours, theirs, under, nothing="the branch has all of it already")
    if len(bases) != 1:
        count = f"{len(bases)} common ancestors" if bases else "no common ancestor"
        raise Unmerged(f"the branch and what is merged have {count}", hint=_LOCALLY)
    attempt = trees.merge(ours, theirs)
    if attempt.clean:
        return Conflicts(ours, theirs, under, nothing="git merges the two by itself")
    manifests, environments = _sorted(none, attempt)
    merged, reviewed = trees.entries(attempt.tree), trees.entries(theirs)
    _refuse_rules(none, merged, reviewed)
    _refuse_odd(none, merged, reviewed)
    for name in environments:
        path = none.path(f"{name}/{ENVIRONMENT_FILE}")
        if path not in reviewed or path not in merged:
            raise UsageError(f"one side has no environment {name}", code="unknown-environment")
    return Conflicts(ours, theirs, under, attempt.tree, manifests, environments)


def _sorted(where: Conflicts, attempt: Attempt) -> tuple[dict[str, Sides], tuple[str, ...]]:
    """The manifests in conflict, and the environments. Raises Unmerged for all else."""
    manifests: dict[str, Sides] = {}
    environments, others = set(), set(attempt.other)
    for path, sides in attempt.conflicts.items():
        inside = PurePosixPath(where.inside(path) or "")
        regular = all(entry.regular for entry in sides.values())
        if len(inside.parts) < 2 or not regular or path in others:
            others.add(path)
        elif is_one(path):
            environments.add(inside.parts[0])
        elif path.endswith(ENCRYPTED) and len(sides) == 3 and sides[2].mode == sides[3].mode:
            environments.add(inside.parts[0])
            manifests[path] = sides
        else:
            others.add(path)
    if others or not environments:
        raise Unmerged(f"a person has to resolve: {_some(others)}", hint=_LOCALLY)
    return manifests, tuple(sorted(environments))


def _refuse_rules(
    where: Conflicts, merged: Mapping[str, Entry], reviewed: Mapping[str, Entry]
) -> None:
    """Values that only main has had would be written for whom the branch names."""
    path = where.path(RULES_FILE)
    if merged.get(path) != reviewed.get(path):
        raise Unmerged(
            f"the branch changes {path}: for whom files are encrypted",
            hint=f"let that be a pull request of its own; or {_LOCALLY}",
        )


def _refuse_odd(
    where: Conflicts, merged: Mapping[str, Entry], reviewed: Mapping[str, Entry]
) -> None:
    parents = {where.under, *map(str, PurePosixPath(where.under).parents)}
    odd = {
        path
        for path, entry in merged.items()
        if not entry.regular
        and entry != reviewed.get(path)
        and (path in parents or where.inside(path) is not None)
    }
    if odd:
        raise Unmerged(
            f"the branch has a symlink or a submodule where manifests are: {_some(odd)}",
            hint="put the file itself there",
        )


def _some(paths: set[str]) -> str:
    shown = sorted(path.encode(errors="replace").decode() for path in paths)
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more
