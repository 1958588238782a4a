"""Which commit an environment's files are those of: none, where any of them is not committed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from reconciler.core.errors import UsageError
from reconciler.manifest import files
from reconciler.manifest.branch.concerned import READ
from reconciler.manifest.branch.side import Side
from reconciler.manifest.files import ENVIRONMENT_FILE, RULES_FILE
from reconciler.manifest.gitfiles import Blob, Repository


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


def committed(folder: Path, environment: str) -> Committed:
    """Compare an environment's files with those of the commit that is checked out.

    By git's own digest of each file, so that nothing is converted: no filter of git's runs.
    """
    try:
        repository = Repository(folder)
    except UsageError:
        return Committed()
    head = repository.id("HEAD")
    if head is None:
        return Committed(under=repository.under)
    root = folder.absolute()
    blobs = {path: b for path, b in repository.files(head).items() if path.endswith(READ)}
    present = dict(_present(root))
    paths = {path for path in blobs.keys() | present.keys() if _differs(blobs, present, path, head)}
    if paths:
        paths &= _read_by(root, environment, blobs.keys() | present.keys())
    return Committed(head, tuple(sorted(paths)), repository.under)


def _present(root: Path) -> Iterator[tuple[str, bytes | None]]:
    """What each file holds, None of what is no regular file."""
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.endswith(READ):
                file = Path(folder) / name
                path = file.relative_to(root).as_posix()
                raw, problem = files.read(root, file, path)
                yield path, raw if problem is None else None


def _differs(
    blobs: dict[str, Blob], present: dict[str, bytes | None], path: str, commit: str
) -> bool:
    blob, raw = blobs.get(path), present.get(path)
    if blob is None or raw is None or not blob.regular:
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


def _read_by(root: Path, environment: str, paths: set[str]) -> set[str]:
    """Those that the environment is made of: its folder, what it includes, the rules."""
    own = f"{environment}/{ENVIRONMENT_FILE}"
    raw, _ = files.read(root, root / own, own)
    included = Side({**dict.fromkeys(paths, b""), own: raw}).members(environment)
    inside = {path for path in paths if PurePosixPath(path).parts[0] == environment}
    return inside | included | {RULES_FILE}
