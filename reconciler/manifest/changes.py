"""New contents of manifests, checked together in a copy before any of them is written."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from reconciler.core import wholefile
from reconciler.core.errors import ManifestError, Problem
from reconciler.manifest import files
from reconciler.manifest.cleartext import Cleartext
from reconciler.manifest.edit import EditError, replace_file
from reconciler.manifest.read import read
from reconciler.manifest.surroundings import Surroundings
from reconciler.manifest.trust import Trust


class Reads(Protocol):
    """Reads an environment by its name."""

    def __call__(self, environment: str, *, may_be_empty: bool = False) -> Cleartext: ...


@dataclass
class Changes:
    """Files below the manifests' folder ``root``, each by its path from there: what it held when
    it was read, None where it is new, and what it shall hold."""

    root: Path
    _before: dict[Path, bytes | None] = field(default_factory=dict)
    _after: dict[Path, bytes] = field(default_factory=dict)
    _without: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.root = self.root.absolute()

    def now(self, file: Path) -> bytes | None:
        """What a file shall hold, as far as it is known; None where nothing is said of it."""
        return self._after.get(file.relative_to(self.root))

    def put(self, file: Path, before: bytes | None, content: bytes) -> None:
        """Let a file hold something else, once :meth:`write` is called."""
        path = file.relative_to(self.root)
        self._before.setdefault(path, before)
        self._after[path] = content

    def leave_out(self, file: Path) -> None:
        """Let :meth:`staged` look at the environment as if a file were not there."""
        self._without.add(file.relative_to(self.root))

    @contextmanager
    def staged(self, environment: str, *, may_be_empty: bool = False) -> Iterator[Cleartext]:
        """The environment as it will be, with every check that takes no key. Raises ManifestError
        with all that is wrong in it."""
        with self.copied() as read_one:
            yield read_one(environment, may_be_empty=may_be_empty)

    @contextmanager
    def copied(self) -> Iterator[Reads]:
        """What reads environments as they will be, from one copy of the manifests that is gone
        afterwards; each raises ManifestError."""
        with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
            copy = Path(folder) / self.root.name
            self._copy(copy)
            around = Surroundings(copy)

            def one(environment: str, *, may_be_empty: bool = False) -> Cleartext:
                try:
                    made = read(around, environment, may_be_empty=may_be_empty)
                except ManifestError as error:
                    wrong = [_here(problem, copy, self.root) for problem in error.problems]
                else:
                    # What sops may be run for is what the repository says, which the copy is not
                    # in.
                    return replace(made, trust=Trust(self.root))
                raise ManifestError(wrong)

            yield one

    def write(self, *, before: Callable[[], None] = lambda: None) -> list[Path]:
        """Write each file, whole or not at all, in the order in which they were put, and what is in
        a new folder together; those that were written. ``before`` is called when nothing has
        changed meanwhile. Raises EditError."""
        for path, content in self._before.items():
            file = self.root / path
            there = file.read_bytes() if file.is_file() else None
            if there != content or file.is_symlink():
                raise EditError(f"{files.shown(file)} has changed meanwhile", hint="run again")
        before()
        changed = {p: c for p, c in self._after.items() if c != self._before[p]}
        for path, content in changed.items():
            new = self.root / path.parts[0]
            if len(path.parts) > 1 and not new.exists():
                _make(new, {p: c for p, c in changed.items() if p.parts[0] == path.parts[0]})
            file = self.root / path
            if not (file.is_file() and file.read_bytes() == content):
                _folder(file.parent)
                replace_file(file, content)
        return [self.root / path for path in changed]

    def _copy(self, copy: Path) -> None:
        copy.mkdir()
        there = [self.root / files.RULES_FILE, *files.manifests(self.root)]
        for file in there:
            left_out = file.relative_to(self.root) in self._without
            if file.is_file() and not file.is_symlink() and not left_out:
                target = copy / file.relative_to(self.root)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
        for path, content in self._after.items():
            target = copy / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def _make(folder: Path, contents: Mapping[Path, bytes]) -> None:
    inside = {Path(*path.parts[1:]).as_posix(): content for path, content in contents.items()}
    try:
        wholefile.write_folder(folder, inside)
    except OSError as error:
        raise EditError(f"{folder} cannot be made: {error.strerror}") from None


def _folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EditError(f"{folder} cannot be made: {error.strerror}") from None


def _here(problem: Problem, copy: Path, root: Path) -> Problem:
    """A problem of the copy, told of the file that it is a copy of."""
    there, here = files.shown(copy), files.shown(root)
    place = replace(problem.place, path=problem.place.path.replace(there, here))
    hint = None if problem.hint is None else problem.hint.replace(there, here)
    message = problem.message.replace(there, here)
    return replace(problem, place=place, message=message, hint=hint)
