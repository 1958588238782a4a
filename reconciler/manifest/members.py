"""Which files an environment is made of: one rule, whether a folder holds them or a commit.

Paths are relative to the manifests' folder. Hidden files and folders are no part of anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from reconciler.manifest.document import Data
from reconciler.manifest.files import ENCRYPTED, matches


class WrongPattern(ValueError):
    """A pattern under ``include`` that can name no file, with what is wrong with it."""


def own(paths: Iterable[str], environment: str) -> Iterator[str]:
    """The encrypted files in the environment's folder, its own file among them."""
    for path in paths:
        folder, *inside = path.split("/")
        if folder == environment and inside and path.endswith(ENCRYPTED) and not _hidden(inside):
            yield path


def included(paths: Iterable[str], environment: str, data: Data) -> Iterator[str]:
    """What an environment's own file includes; a pattern that is wrong names nothing."""
    patterns = []
    for _, pattern in includes(data):
        try:
            patterns.append(wanted(environment, pattern))
        except WrongPattern:
            continue
    for path in paths:
        parts = path.split("/")
        if any(len(parts) == len(one) and all(map(matches, parts, one)) for one in patterns):
            yield path


def includes(data: Data) -> Iterator[tuple[int, str]]:
    """The patterns under ``include`` in an environment's own file, each with its place in the
    list, as far as the file is well-formed."""
    patterns = data.get("include") if isinstance(data, dict) else None
    for index, pattern in enumerate(patterns if isinstance(patterns, list) else ()):
        if isinstance(pattern, str):
            yield index, pattern


def wanted(environment: str, pattern: str) -> tuple[str, ...]:
    """The parts of a path that a pattern names, relative to the manifests' folder; the pattern is
    relative to the environment's. Raises WrongPattern."""
    parts = PurePosixPath(pattern).parts
    if not parts or pattern.startswith("/"):
        raise WrongPattern("write a path relative to this file's folder")
    at = [environment]
    while parts and parts[0] in ("..", "."):
        if parts[0] == "..":
            if not at:
                raise WrongPattern("it leads out of the manifests' folder")
            at.pop()
        parts = parts[1:]
    if ".." in parts:
        raise WrongPattern("`..` may stand only at the beginning")
    if not parts:
        raise WrongPattern("it names a folder; write for instance `/*.yaml` after it")
    return (*at, *parts)


def _hidden(parts: Sequence[str]) -> bool:
    return any(part.startswith(".") for part in parts)
