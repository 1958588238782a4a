"""Files below the manifests' folder that no environment reads.

Whoever adds one expects it to be applied, and thinks that its values are checked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from reconciler.core.errors import Problem
from reconciler.manifest import encrypted, files, members
from reconciler.manifest.document import Data
from reconciler.manifest.environment import environments


def problems(root: Path) -> list[Problem]:
    """One for each YAML or JSON file that is in no environment's folder and that none includes, and
    one for each value in it that is in clear text. Hidden files and folders are not looked at."""
    root = root.absolute()
    found: list[Problem] = []
    names = environments(root)
    owns = {name: files.load(root, root / name / files.ENVIRONMENT_FILE) for name in names}
    taken = {file for name, own in owns.items() for file in included(root, name, own.data)}
    folders = {root / name for name in names}
    for file in files.manifests(root):
        if file in taken or not folders.isdisjoint(file.parents):
            continue
        document = files.load(root, file)
        found.append(document.error((), "unclaimed", "no environment reads this file", _hint(file)))
        found += document.problems
        found += encrypted.in_clear(document)
    return found


def included(root: Path, environment: str, data: Data) -> Iterator[Path]:
    """The files that an environment includes and that are there, by what its own file holds."""
    for _, pattern in members.includes(data):
        with contextlib.suppress(members.WrongPattern):
            yield from files.included(root, members.wanted(environment, pattern))


def _hint(file: Path) -> str:
    own = files.shown(file.parent / files.ENVIRONMENT_FILE)
    if file.name.endswith(files.ENCRYPTED):
        return f"move it into an environment's folder, or make this one an environment: write {own}"
    return "name it in an environment's `include`, or move it out of the manifests' folder"
