"""Files below the manifests' folder that no environment reads.

Whoever adds one expects it to be applied, and thinks that its values are checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reconciler.core.errors import Problem
from reconciler.manifest import encrypted, files
from reconciler.manifest.environment import environments, includes


def problems(root: Path) -> list[Problem]:
    """One for each YAML or JSON file that is in no environment's folder and that none includes, and
    one for each value in it that is in clear text. Hidden files and folders are not looked at."""
    root = root.absolute()
    found: list[Problem] = []
    names = environments(root)
    included = {file for name in names for file in _included(root, root / name)}
    folders = {root / name for name in names}
    for file in files.manifests(root):
        if file in included or not folders.isdisjoint(file.parents):
            continue
        document = files.load(root, file)
        found.append(document.error((), "unclaimed", "no environment reads this file", _hint(file)))
        found += document.problems
        found += encrypted.in_clear(document)
    return found


def _included(root: Path, folder: Path) -> Iterator[Path]:
    for _, pattern in includes(files.load(root, folder / files.ENVIRONMENT_FILE)):
        yield from files.included(root, folder, pattern)[0]


def _hint(file: Path) -> str:
    own = files.shown(file.parent / files.ENVIRONMENT_FILE)
    if file.name.endswith(files.ENCRYPTED):
        return f"move it into an environment's folder, or make this one an environment: write {own}"
    return "name it in an environment's `include`, or move it out of the manifests' folder"
