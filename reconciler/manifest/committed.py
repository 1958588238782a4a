"""Which commit an environment's files are those of: none, where any of them is not committed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reconciler.manifest import files, members
from reconciler.manifest.branch.concerned import READ
from reconciler.manifest.document import Data
from reconciler.manifest.files import RULES_FILE
from reconciler.manifest.gitfiles import Blob
from reconciler.manifest.surroundings import Surroundings
from reconciler.manifest.unclaimed import included


@dataclass(frozen=True)
class Committed:
    """``commit`` is what is checked out, None outside git and before the first commit.
    ``uncommitted`` are the environment's files, below the manifests' folder, that it does not hold
    as they are; ``under`` is that folder in the repository."""

    commit: str | None = None
    uncommitted: tuple[str, ...] = ()
    under: str = "."

    @property
    def clean(self) -> str | None:
        """The commit, where it holds every file as it is."""
        return None if self.uncommitted else self.commit


def committed(around: Surroundings, environment: str) -> Committed:
    """Compare an environment's files with those of the commit that is checked out.

    By git's own digest of each file, so that nothing is converted: no filter of git's runs.
    """
    repository, head, root = around.repository, around.head, around.root
    if repository is None:
        return Committed()
    if head is None:
        return Committed(under=repository.under)
    data = around.own(environment).data
    folders = {environment, RULES_FILE, *_folders(environment, data)}
    blobs = {
        path: blob
        for folder in folders
        for path, blob in head.blobs(folder).items()
        if path.endswith(READ)
    }
    paths = _read_by(root, environment, data, blobs)
    differing = sorted(path for path in paths if _differs(root, path, blobs.get(path), head.id))
    return Committed(head.id, tuple(differing), repository.under)


def _folders(environment: str, data: Data) -> Iterator[str | None]:
    """The first parts of the paths that an environment includes; None where a pattern names
    them."""
    for _, pattern in members.includes(data):
        with suppress(members.WrongPattern):
            first = members.wanted(environment, pattern)[0]
            yield None if any(character in first for character in "*?[") else first


def _read_by(root: Path, environment: str, data: Data, blobs: Collection[str]) -> set[str]:
    """All files that the environment is made of, committed or there: its folder, what it includes,
    the rules."""
    found = {path for path in blobs if path.split("/", 1)[0] == environment}
    found |= {RULES_FILE, *members.included(blobs, environment, data)} & set(blobs)
    there = [root / RULES_FILE, *_walk(root / environment), *included(root, environment, data)]
    return found | {file.relative_to(root).as_posix() for file in there if os.path.lexists(file)}


def _walk(top: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(folder) / name for name in names if name.endswith(READ))


def _differs(root: Path, path: str, blob: Blob | None, commit: str) -> bool:
    raw, problem = files.read(root, root / path, path)
    if problem is not None or blob is None or not blob.regular:
        return True
    if _object_id(raw, commit) == blob.object_id:
        return False
    # git may check text out with the line ends of another system.
    return b"\r\n" not in raw or _object_id(raw.replace(b"\r\n", b"\n"), commit) != blob.object_id


def _object_id(raw: bytes, commit: str) -> str:
    """git's name of a file's content, in a repository whose names are as long as this one."""
    made = hashlib.new("sha256" if len(commit) == 64 else "sha1", usedforsecurity=False)
    made.update(b"blob %d\0" % len(raw))
    made.update(raw)
    return made.hexdigest()
