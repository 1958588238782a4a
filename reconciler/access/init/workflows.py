"""The workflows of this repository, for another one: with the action that they use at a commit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

FOLDER = ".github/workflows"

_ACTION = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)@(?P<commit>[0-9a-f]{40})\Z", re.ASCII)
_HERE = "uses: $/.github/actions/reconcile\n"


def is_action(text: str) -> bool:
    """Whether this is a repository at a commit; a branch or tag may mean another one tomorrow."""
    return _ACTION.match(text) is not None


def workflows(action: str) -> Mapping[str, str]:
    """Each workflow by its path. ``action`` is OWNER/REPOSITORY@COMMIT of the reconciler's own."""
    repository, _, commit = action.partition("@")
    there = f"uses: {repository}/.github/actions/reconcile@{commit}\n"
    return {
        f"{FOLDER}/{file.name}": file.read_text(encoding="utf-8").replace(_HERE, there)
        for file in _source().iterdir()
        if re.fullmatch(r"secrets-[a-z]+\.yml", file.name)
    }


def _source() -> Traversable:
    """What was packed into the package; in a checkout, the repository's own."""
    packed = resources.files("reconciler.access.init") / "workflows"
    return packed if packed.is_dir() else Path(__file__).parents[3] / FOLDER
