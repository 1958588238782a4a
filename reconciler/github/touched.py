"""Which of the files that a branch or a pull request changes matter to an environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.core.errors import GithubError

CODE = (".github", "reconciler", "requirements", "pyproject.toml")  # what plans and applies


def names(files: Iterable[Any]) -> list[str]:
    """The paths that GitHub lists as changed; of a renamed file both. Raises GithubError."""
    found: list[str] = []
    for file in files:
        content = file if isinstance(file, Mapping) else {}
        for key in ("filename", "previous_filename"):
            name = content.get(key)
            if isinstance(name, str) and name:
                found.append(name)
            elif key == "filename":
                raise GithubError("GitHub lists a changed file without its name")
    return found


def below(changed: Iterable[str], paths: Iterable[str]) -> list[str]:
    """Those of the changed files that are one of the paths, or lie below one."""
    roots = tuple(path.strip("/") for path in paths)
    return [name for name in changed if any(name == r or name.startswith(f"{r}/") for r in roots)]
