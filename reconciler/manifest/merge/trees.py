"""Two commits merged by git without a checkout: in a bare repository of our own over a clone's
objects, so that no hook, filter, attribute, merge driver or configuration of the clone's acts.

No file of a branch is written to the disk, and a symlink, a submodule or a name is data.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.core.errors import UsageError
from reconciler.manifest.gitfiles import Repository

REGULAR = frozenset({"100644", "100755"})
_LEAST = (2, 38)  # the first with `git merge-tree --write-tree`
_TIMEOUT = 120.0  # seconds
_CONTENTS = "CONFLICT (contents)"
_ALONE = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


@dataclass(frozen=True)
class Entry:
    """What a tree holds at a path: git's mode, and the object."""

    mode: str
    object_id: str

    @property
    def regular(self) -> bool:
        """Whether it is a file, and no symlink or submodule."""
        return self.mode in REGULAR


@dataclass(frozen=True)
class Attempt:
    """What git made of two commits. ``conflicts`` has for each path the entries of base, ours and
    theirs, as far as they are there, by git's numbers 1, 2, 3. ``other`` are paths in conflict
    about more than their content. Where there are conflicts, the tree has git's marks in it."""

    tree: str
    clean: bool
    conflicts: Mapping[str, Mapping[int, Entry]] = field(default_factory=dict)
    other: frozenset[str] = frozenset()


class Trees:
    """Lives in ``folder``, which is new and empty. Raises UsageError where git is too old, and
    where it fails."""

    def __init__(self, repository: Repository, folder: Path) -> None:
        self._folder = folder
        if repository.shallow:
            raise UsageError(
                "the clone is shallow, and git cannot merge in it",
                hint="check out with fetch-depth: 0",
            )
        told = self._git("version").decode(errors="replace")
        found = re.search(r"(\d+)\.(\d+)", told)
        if found is None or (int(found[1]), int(found[2])) < _LEAST:
            least = ".".join(map(str, _LEAST))
            raise UsageError(f"this takes git {least} or newer, and here is {told.strip()}")
        self._git("init", "--quiet", "--bare", "--template=", str(folder))
        objects = repository.own("objects").absolute()
        (folder / "objects" / "info").mkdir(exist_ok=True)
        (folder / "objects" / "info" / "alternates").write_text(f"{objects}\n")

    def bases(self, one: str, other: str) -> list[str]:
        """The newest commits that both have in their history: mostly one."""
        return self._git("merge-base", "--all", one, other, may_be=(0, 1)).decode().split()

    def merge(self, ours: str, theirs: str) -> Attempt:
        """What git makes of two commits."""
        told = self._git("merge-tree", "--write-tree", "-z", ours, theirs, may_be=(0, 1))
        fields = [part.decode(errors="surrogateescape") for part in told.split(b"\0")]
        tree, rest = fields[0], fields[1:]
        if not any(rest):
            return Attempt(tree, clean=True)
        conflicts: dict[str, dict[int, Entry]] = {}
        at = 0
        for at, told_ in enumerate(rest):  # noqa: B007
            about, tab, path = told_.partition("\t")
            if not tab:
                break
            mode, object_id, stage = about.split(" ")
            conflicts.setdefault(path, {})[int(stage)] = Entry(mode, object_id)
        return Attempt(tree, False, conflicts, _other(rest[at + 1 :]))

    def entries(self, tree: str) -> dict[str, Entry]:
        """All that a commit or a tree holds, by path; of folders what is in them."""
        listed = self._git("ls-tree", "-r", "-z", "--full-tree", tree)
        found = {}
        for line in listed.split(b"\0"):
            if line:
                about, _, path = line.partition(b"\t")
                mode, _, object_id = about.decode().split(" ")
                found[path.decode(errors="surrogateescape")] = Entry(mode, object_id)
        return found

    def tree(self, commit: str) -> str:
        """The id of a commit's tree."""
        return self._git("rev-parse", "--verify", f"{commit}^{{tree}}").decode().strip()

    def read(self, object_ids: Iterable[str]) -> dict[str, bytes]:
        """The content of each blob by its object id."""
        wanted = sorted(set(object_ids))
        if not wanted:
            return {}
        answer = self._git("cat-file", "--batch", given="".join(f"{o}\n" for o in wanted).encode())
        found: dict[str, bytes] = {}
        at = 0
        for object_id in wanted:
            end = answer.index(b"\n", at)
            head = answer[at:end].split(b" ")
            if head[1:2] != [b"blob"]:
                raise UsageError(
                    "git does not have all files of these commits",
                    hint="the clone is partial: check out without a filter",
                )
            size = int(head[2])
            found[object_id] = answer[end + 1 : end + 1 + size]
            at = end + 1 + size + 1
        return found

    def keep(self, content: bytes) -> str:
        """The id of a blob with this content, which is there from now on."""
        return self._git("hash-object", "-w", "--stdin", given=content).decode().strip()

    def changed(self, tree: str, changes: Mapping[str, Entry | None]) -> str:
        """The tree that another becomes with these entries; None takes one away."""
        lines = [
            f"0 {'0' * 40}\t{path}" if entry is None else f"{entry.mode} {entry.object_id}\t{path}"
            for path, entry in changes.items()
        ]
        self._git("read-tree", tree)
        given = "".join(f"{line}\0" for line in lines).encode(errors="surrogateescape")
        self._git("update-index", "-z", "--index-info", given=given)
        return self._git("write-tree").decode().strip()

    def _git(self, *arguments: str, given: bytes = b"", may_be: Iterable[int] = (0,)) -> bytes:
        """What git prints. Its own words are not repeated: they can hold what a branch says."""
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self._folder)}
        try:
            done = subprocess.run(
                ("git", f"--git-dir={self._folder}", *arguments), cwd=self._folder,
                env=environment | _ALONE, input=given, capture_output=True, timeout=_TIMEOUT,
                check=False,
            )  # fmt: skip
        except FileNotFoundError:
            raise UsageError("git is not installed", code="no-git") from None
        except subprocess.TimeoutExpired:
            raise UsageError(f"git did not answer within {_TIMEOUT:g} seconds") from None
        if done.returncode not in may_be:
            raise UsageError(f"git {arguments[0]} failed with exit code {done.returncode}")
        return done.stdout


def _other(fields: list[str]) -> frozenset[str]:
    """The paths of conflicts that are about more than content, from git's messages: each is the
    number of its paths, these, its type and a text."""
    found: set[str] = set()
    rest = iter(fields)
    for count in rest:
        if not count:
            break
        paths = [next(rest) for _ in range(int(count))]
        type_, _ = next(rest), next(rest)
        if type_.startswith("CONFLICT") and type_ != _CONTENTS:
            found.update(paths)
    return frozenset(found)
