"""Finding and reading manifest files: no symlink is followed, nothing outside is read."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from reconciler.core.errors import Problem
from reconciler.core.model import Place
from reconciler.manifest.document import Document, parse

ENVIRONMENT_FILE = "environment.sops.yaml"
ENCRYPTED = ".sops.yaml"
RULES_FILE = ".sops.yaml"
MAX_SIZE = 64 * 1024 * 1024  # bytes of one file

_LOOKS_LIKE_A_MANIFEST = (".yaml", ".yml", ".json")


@dataclass
class Listing:
    """What an environment's folder holds: files to read, and what is wrong with the rest."""

    files: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)  # YAML that nothing reads, unless included
    problems: list[Problem] = field(default_factory=list)


def shown(path: Path) -> str:
    """A path as errors show it: from the working directory, if it is below that."""
    here = Path.cwd()
    absolute = here / path
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)


def load(root: Path, file: Path, *, anchors: bool = False) -> Document:
    """One document below ``root``; a file that cannot be read has its problem, and no data."""
    name = shown(file)
    raw, problem = read(root, file, name)
    if problem is not None:
        return Document(file, name, problems=[problem])
    document = parse(file, name, raw, anchors=anchors)
    if document.data is None and not document.problems:
        document.problems.append(Problem(Place(name, 1, 1), "empty-file", "the file is empty"))
    return document


def read(root: Path, file: Path, name: str) -> tuple[bytes, Problem | None]:
    """The bytes of a regular file, opened folder by folder so that no symlink is in the way; or
    what is wrong with it. ``name`` is how the problem calls it."""
    *folders, last = file.relative_to(root).parts
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folders:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        # O_NONBLOCK: opening a named pipe must not wait for somebody to write.
        opened = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError as error:
        return b"", _unreadable(name, error)
    finally:
        os.close(folder)
    with os.fdopen(opened, "rb") as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            return b"", Problem(Place(name), "not-a-file", "this is not a regular file")
        if status.st_size > MAX_SIZE:
            return b"", Problem(
                Place(name), "too-large", f"the file is over {MAX_SIZE >> 20} MiB", "split it"
            )
        return stream.read(MAX_SIZE), None


def _unreadable(name: str, error: OSError) -> Problem:
    if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK):
        return symlink(name)
    return Problem(Place(name), "unreadable", f"cannot read: {os.strerror(error.errno or 0)}")


def symlink(name: str) -> Problem:
    """The refusal of a symlink: what is reviewed has to be what is read."""
    return Problem(
        Place(name),
        "symlink",
        "this is a symlink, or lies behind one",
        "put the file itself here, or name it in `include`",
    )


def environment_files(folder: Path) -> Listing:
    """All manifests of one environment, at any depth, sorted; hidden files are not looked at."""
    listing = Listing()
    for entry in _walk(folder):
        path = Path(entry.path)
        if entry.is_symlink():
            if entry.name.endswith(_LOOKS_LIKE_A_MANIFEST) or path.is_dir():
                listing.problems.append(symlink(shown(path)))
        elif entry.name == ENVIRONMENT_FILE:
            if path.parent != folder:
                listing.problems.append(
                    Problem(
                        Place(shown(path)),
                        "nested-environment",
                        "an environment inside another",
                        "an environment's folder lies directly in the manifests' folder",
                    )
                )
        elif entry.name.endswith(ENCRYPTED):
            listing.files.append(path)
        elif entry.name.endswith(_LOOKS_LIKE_A_MANIFEST):
            listing.others.append(path)
    return listing


def manifests(root: Path) -> Iterator[Path]:
    """All YAML and JSON files below a folder, sorted; no hidden ones, and none behind a symlink."""
    for entry in _walk(root):
        if entry.name.endswith(_LOOKS_LIKE_A_MANIFEST):
            yield Path(entry.path)


def _walk(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        else:
            yield entry


def included(root: Path, folder: Path, pattern: str) -> tuple[list[Path], str | None]:
    """The files that an ``include`` pattern names, sorted, or what is wrong with the pattern.

    The pattern is relative to the environment's ``folder``; ``*`` and ``?`` stand for anything but
    a slash, in the file's name and in folders' names.
    """
    parts = PurePosixPath(pattern).parts
    if not parts or pattern.startswith("/"):
        return [], "write a path relative to this file's folder"
    at = [*folder.relative_to(root).parts]
    while parts and parts[0] in ("..", "."):
        if parts[0] == "..":
            if not at:
                return [], "it leads out of the manifests' folder"
            at.pop()
        parts = parts[1:]
    if ".." in parts:
        return [], "`..` may stand only at the beginning"
    if not parts:
        return [], "it names a folder; write for instance `/*.yaml` after it"
    found = _match(root.joinpath(*at), parts)
    return found, None if found else "it matches no file"


def _match(folder: Path, parts: tuple[str, ...]) -> list[Path]:
    if not folder.is_dir():
        return []
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    hits = [folder / name for name in names if fnmatchcase(name, parts[0])]
    if len(parts) == 1:
        return [hit for hit in hits if not hit.is_dir()]
    return [path for hit in hits for path in _match(hit, parts[1:])]
