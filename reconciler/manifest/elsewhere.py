"""Other files of rules, which sops would take in place of the manifests' own.

sops looks for `.sops.yaml` from the folder where it is run upward. One between the top of the
repository and an encrypted file decides for whom its `updatekeys` and `encrypt` encrypt, and
nothing here reads it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from reconciler.core.errors import Problem
from reconciler.core.model import Place
from reconciler.manifest.files import RULES_FILE, folders, shown


def _above(root: Path) -> list[Path]:
    """The folders over the manifests' folder, up to the top of their repository; none outside of
    one."""
    parents = list(root.parents)
    tops = [n for n, folder in enumerate([root, *parents]) if os.path.lexists(folder / ".git")]
    return parents[: tops[0]] if tops else []


def others_above(root: Path) -> list[Path]:
    """The files of rules in those folders."""
    return [file for folder in _above(root) for file in _rules_in(folder)]


def others(root: Path, unseen: list[Problem]) -> list[Path]:
    """Every other file of rules above the manifests' folder and in it, sorted; ``unseen`` gets the
    folders that cannot be looked into."""
    found = others_above(root)
    for entries in folders(root, unseen):
        found += (Path(entry.path) for entry in entries if entry.name.lower() == RULES_FILE)
    return sorted(file for file in found if file != root / RULES_FILE)


def problems(root: Path) -> list[Problem]:
    """The refusal of each, and of a folder that cannot be looked into."""
    unseen: list[Problem] = []
    found = others(root, unseen)
    return unseen + [
        Problem(
            Place(shown(file)),
            "other-rules",
            f"sops run from here takes its rules from this file, not from"
            f" {shown(root / RULES_FILE)}",
            "move what is needed of it there, and remove this file",
        )
        for file in found
    ]


def _rules_in(folder: Path) -> Iterator[Path]:
    # Some file systems do not tell capitals from small letters, and sops finds it all the same.
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.name.lower() == RULES_FILE]
    yield from (folder / name for name in names)
