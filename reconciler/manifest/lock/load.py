"""The locks that lie in an environment's folder."""

from __future__ import annotations

from pathlib import Path

from reconciler.core.errors import ManifestError, Problem
from reconciler.manifest import files
from reconciler.manifest.lock import texts
from reconciler.manifest.lock.file import Lock
from reconciler.manifest.lock.names import FILE, is_one


def load(directory: Path, environment: str) -> Lock | None:
    """An environment's lock, None where it has none.

    Raises ManifestError where a file of it is none that :func:`texts.dumps` writes.
    """
    found = present(directory, environment)
    if FILE not in found:
        return None
    folder = files.shown(directory.absolute() / environment)
    return texts.loads(found, folder, environment)


def present(directory: Path, environment: str) -> dict[str, bytes]:
    """Every lock in an environment's folder, by its path there. Raises ManifestError where one is
    no regular file."""
    root = directory.absolute()
    folder = root / environment
    if not folder.is_dir():
        return {}
    problems: list[Problem] = []
    found: dict[str, bytes] = {}
    for entries in files.folders(folder, []):  # `read` says what is wrong with folders
        for entry in entries:
            path = Path(entry.path)
            name = path.relative_to(folder).as_posix()
            if not is_one(name) or (entry.name == FILE and name != FILE):
                continue
            raw, problem = files.read(root, path, files.shown(path))
            if problem is not None:
                problems.append(problem)
            else:
                found[name] = raw
    if problems:
        raise ManifestError(problems)
    return found
