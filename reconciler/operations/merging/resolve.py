"""Manifests in conflict merged by path, with the key, and the locks of their environments made.

Nothing of a branch decides who reads what: encrypted is for whom the reviewed branch's files and
rules say, fingerprints are made with its keys, and sops asks what it names.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.core.errors import ManifestError, Problem, ReconcilerError, SopsError
from reconciler.core.model import Place
from reconciler.manifest import lock
from reconciler.manifest.document import parse
from reconciler.manifest.merge import Unmerged, merge_encrypted, paths
from reconciler.manifest.merge.conflicts import Conflicts, Sides
from reconciler.manifest.merge.trees import Entry, Trees
from reconciler.manifest.metadata import BLOCK, key_types
from reconciler.manifest.rules import Rules
from reconciler.manifest.surroundings import Surroundings
from reconciler.manifest.trust import Trust
from reconciler.operations.merging import locks, sides
from reconciler.operations.merging.locks import Made
from reconciler.values.sops import Sops

_REGULAR = "100644"
_NO_IDENTITY = Unmerged(
    "only KMS decrypts it, and the job that merges has no identity in AWS",
    hint="merge in a clone of yours, where `reconciler merge-driver --install` was run",
)
_SEAL = frozenset(route[1] for route in paths.SEAL)


@dataclass(frozen=True)
class Resolved:
    """The merged tree, the manifests that were put together, and what was made of locks."""

    tree: str
    files: tuple[str, ...]
    made: tuple[Made, ...]


def resolve(trees: Trees, found: Conflicts, trust: Trust, sops: Sops) -> Resolved:
    """What the two become. ``trust`` is that of the clone.

    Raises ManifestError with every file that both sides changed in one field, that is not in order
    on a side, or that this key does not decrypt; SopsError where there is no sops.
    """
    with tempfile.TemporaryDirectory(prefix="reconciler-") as name:
        folders = {side: Path(name) / side for side in ("ours", "theirs", "merged")}
        try:
            return _Resolving(trees, found, trust, sops, folders).run()
        except ManifestError as error:
            raise sides.named(error, folders.values()) from None


@dataclass(frozen=True)
class _Resolving:
    trees: Trees
    found: Conflicts
    trust: Trust
    sops: Sops
    folders: Mapping[str, Path]

    def run(self) -> Resolved:
        refuse(self.trees, self.found)
        ours = self._written("ours", self.found.ours)
        theirs = self._written("theirs", self.found.theirs)
        merged = self._manifests(theirs.rules)
        tree = self.trees.changed(self.found.tree, merged)
        around = self._written("merged", tree)
        changes: dict[str, Entry | None] = {}
        made = []
        for environment in self.found.environments:
            changed, new = self._locks(environment, (ours, theirs), around)
            changes |= changed
            made.append(new)
        return Resolved(self.trees.changed(tree, changes), tuple(sorted(merged)), tuple(made))

    def _written(self, side: str, tree: str) -> Surroundings:
        return sides.write(self.trees, self.trees.entries(tree), self.found, self.folders[side])

    def _manifests(self, rules: Rules) -> dict[str, Entry]:
        """Each manifest in conflict, merged."""
        merged: dict[str, Entry] = {}
        problems: list[Problem] = []
        for path, entries in sorted(self.found.manifests.items()):
            texts = _texts(self.trees, entries)
            relative = self.found.inside(path) or path
            try:
                content = merge_encrypted(*texts, path=path, relative=relative, rules=rules,
                                          trust=self.trust, sops=self.sops)  # fmt: skip
            except (Unmerged, SopsError) as error:
                if error.code == "sops-missing":
                    raise
                problems.append(_problem(path, error))
            except ManifestError as error:
                problems += error.problems
            else:
                merged[path] = Entry(entries[3].mode, self.trees.keep(content))
        if problems:
            raise ManifestError(problems)
        return merged

    def _locks(
        self, environment: str, both: tuple[Surroundings, Surroundings], around: Surroundings
    ) -> tuple[dict[str, Entry | None], Made]:
        """What has to change for an environment's locks to be right, and what of it is new."""
        declared = sides.read(around, environment, self.trust)
        ours, theirs = (
            locks.Side(sides.read(one, environment, self.trust), lock.load(one.root, environment))
            for one in both
        )
        if declared.keys_ciphertext != theirs.declared.keys_ciphertext:
            # Whoever knows a fingerprint key can test guesses of values against a lock.
            raise ManifestError([declared.document.error(
                ("fingerprint_keys",), "conflict", "the branch changes the fingerprint keys",
                "let that be a pull request of its own, or merge in a clone of yours",
            )])  # fmt: skip
        desired = declared.decrypt(self.sops)
        locks.refuse_lies((ours, theirs), declared, desired)
        if ours.lock is None and theirs.lock is None:
            return {}, Made(environment)
        now = lock.make(declared, desired)
        renewal = lock.renew(around.root, now, declared)
        start = self.found.path(environment)
        changes: dict[str, Entry | None] = {
            f"{start}/{name}": Entry(_REGULAR, self.trees.keep(text))
            for name, text in renewal.changed.items()
        }
        changes |= dict.fromkeys(f"{start}/{name}" for name in renewal.gone)
        resolved = {path.removeprefix(f"{start}/") for path in self.found.manifests}
        return changes, locks.made(now, declared, (ours, theirs), frozenset(resolved))


def refuse(trees: Trees, found: Conflicts, *, kms: bool = True) -> None:
    """What no key is needed for: raises ManifestError with every file that both sides changed in
    one field, that the branch changes for whom it is encrypted, or that only KMS decrypts, where
    that cannot be asked."""
    problems = []
    for path, entries in sorted(found.manifests.items()):
        base, ours, theirs = _texts(trees, entries)
        if not kms and key_types(parse(Path(path), path, theirs)) == {"kms"}:
            problems.append(_problem(path, _NO_IDENTITY))
            continue
        try:
            raw = paths.merge(base, ours, theirs, path).raw
            if _block(path, raw) != _block(path, theirs):
                raise Unmerged(
                    "the branch changes for whom the file is encrypted, or its data key",
                    hint="let that be a pull request of its own, or merge in a clone of yours",
                )
        except Unmerged as error:
            problems.append(_problem(path, error))
    if problems:
        raise ManifestError(problems)


def _texts(trees: Trees, entries: Sides) -> tuple[bytes, bytes, bytes]:
    """A file at the base, on our side and on theirs."""
    contents = trees.read(entry.object_id for entry in entries.values())
    base, ours, theirs = (contents[entries[stage].object_id] for stage in (1, 2, 3))
    return base, ours, theirs


def _problem(path: str, error: ReconcilerError) -> Problem:
    said = error.message.removeprefix(f"{path}: ")
    return Problem(Place(path), error.code, said, error.hint)


def _block(path: str, raw: bytes) -> Mapping[str, Any]:
    """What sops says of a file, but for what it says of its content as a whole."""
    data = parse(Path(path), path, raw).data
    block = data.get(BLOCK) if isinstance(data, dict) else None
    found = block if isinstance(block, dict) else {}
    return {name: said for name, said in found.items() if name not in _SEAL}
