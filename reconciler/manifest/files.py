"""Finding and reading manifest files: no symlink is followed, nothing outside is read."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from reconciler.core.errors import Problem
from reconciler.core.model import Place
from reconciler.manifest.document import Document, parse

ENVIRONMENT_FILE = "environment.sops.yaml"
ENCRYPTED = ".sops.yaml"
RULES_FILE = ".sops.yaml"
MAX_SIZE = 64 * 1024 * 1024  # bytes of one file
MAX_FOLDERS = 32  # inside one another

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
    status = os.fstat(opened)
    if not stat.S_ISREG(status.st_mode):
        os.close(opened)
        return b"", _not_a_file(name)
    with os.fdopen(opened, "rb") as stream:
        if status.st_size > MAX_SIZE:
            return b"", Problem(
                Place(name), "too-large", f"the file is over {MAX_SIZE >> 20} MiB", "split it"
            )
        # As many bytes as are asked for are allocated first.
        return stream.read(min(MAX_SIZE, status.st_size + 1)), None


def _not_a_file(name: str) -> Problem:
    return Problem(Place(name), "not-a-file", "this is not a regular file")


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
    for entries in folders(folder, listing.problems):
        for entry in entries:
            if not entry.name.startswith("."):
                _list(entry, folder, listing)
    listing.files.sort()
    listing.others.sort()
    return listing


def manifests(root: Path) -> list[Path]:
    """All YAML and JSON files below a folder, sorted; no hidden ones, and none behind a symlink."""
    return sorted(
        Path(entry.path)
        for entries in folders(root, [])
        for entry in entries
        if entry.name.endswith(_LOOKS_LIKE_A_MANIFEST)
        and not entry.name.startswith(".")
        and not entry.is_dir(follow_symlinks=False)
    )


def _list(entry: os.DirEntry[str], folder: Path, listing: Listing) -> None:
    path = Path(entry.path)
    like_a_manifest = entry.name.endswith(_LOOKS_LIKE_A_MANIFEST)
    if entry.is_symlink():
        if like_a_manifest or path.is_dir():
            listing.problems.append(symlink(shown(path)))
    elif not like_a_manifest:
        return
    elif entry.is_dir():
        listing.problems.append(_not_a_file(shown(path)))
    elif not entry.name.isprintable():
        listing.problems.append(_bad_name(shown(path)))
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
    else:
        listing.others.append(path)


def folders(root: Path, problems: list[Problem]) -> Iterator[list[os.DirEntry[str]]]:
    """What each folder holds, ``root`` first, sorted by name; hidden folders and links are not
    entered. What is too deep, or has a name that is no text, is a problem, and not entered."""
    waiting = [(root, 0)]
    while waiting:
        folder, depth = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            problems.append(_unreadable(shown(folder), error))
            continue
        yield found
        for entry in reversed(found):
            if entry.name.startswith(".") or not entry.is_dir(follow_symlinks=False):
                continue
            path = Path(entry.path)
            if not entry.name.isprintable():
                problems.append(_bad_name(shown(path)))
            elif depth == MAX_FOLDERS:
                message = f"more than {MAX_FOLDERS} folders inside one another"
                problems.append(Problem(Place(shown(path)), "too-deep", message))
            else:
                waiting.append((path, depth + 1))


def _bad_name(name: str) -> Problem:
    return Problem(
        Place(name),
        "file-name",
        "the name is not printable UTF-8",
        "rename it: names of manifests are text without control characters",
    )


def matches(name: str, pattern: str) -> bool:
    """Whether a file or folder is named by one part of a pattern: ``*`` and ``?`` stand for
    anything but a slash, and for nothing that is hidden."""
    return not name.startswith(".") and fnmatchcase(name, pattern)


def included(root: Path, wanted: tuple[str, ...]) -> list[Path]:
    """The files below ``root`` that the parts of a pattern name, sorted."""
    return _match(root, wanted)


def _match(folder: Path, parts: tuple[str, ...]) -> list[Path]:
    if not folder.is_dir():
        return []
    hits = sorted(path for path in folder.iterdir() if matches(path.name, parts[0]))
    if len(parts) == 1:
        return [hit for hit in hits if not hit.is_dir()]
    found: list[Path] = []
    for hit in hits:
        # Nothing behind a link: links to where they stand multiply.
        found += [hit] if hit.is_symlink() else _match(hit, parts[1:])
    return found
