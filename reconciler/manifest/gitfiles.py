"""Files of a commit, read from git's objects and from nothing else.

Only plumbing that neither converts nor shows: a configured `git diff` driver prints plaintext, and
a clean or smudge filter runs a program. No child of git's gets a credential or a key.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from reconciler.core.errors import ReconcilerError, UsageError

TIMEOUT = 60.0  # seconds
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "GIT_CEILING_DIRECTORIES")
_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",  # a partial clone would otherwise go to the network
    "GIT_NO_REPLACE_OBJECTS": "1",  # what is read is what was committed
}
_WHOLE = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_BEGINNING = re.compile(r"[0-9a-f]{4,39}")
_STEP = re.compile(r"[~^:]|@\{")  # from a name to another commit
_REGULAR = frozenset({"100644", "100755"})


class GitInsideError(ReconcilerError):
    """A folder that git takes for a repository by what it holds: a branch can bring that along,
    with a history and a configuration of its own. Nobody goes on as if there were none."""


def environment() -> dict[str, str]:
    """The variables that a git that is started here gets: no key, no credential."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | _QUIET


@dataclass(frozen=True)
class Blob:
    """A file in a commit: its object, and whether it is a regular file."""

    object_id: str
    regular: bool


@dataclass(frozen=True)
class Version:
    """What a file has held, and the commit that ended it; None for what it holds in the newest."""

    object_id: str
    until: str | None


class Repository:
    """The repository that a folder is in. Raises UsageError where it is in none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._answers: dict[tuple[str, ...], bytes] = {}
        if not self._folder.is_dir():
            raise UsageError(f"there is no folder {folder}", code="no-manifests")
        refuse_inside(self._folder)
        top = self._git("rev-parse", "--show-toplevel")
        if top is None:
            raise UsageError(
                f"{folder} is not in a git repository", code="no-git", hint="git init, and commit"
            )
        self.top = Path(top.decode().rstrip("\n"))
        self.under = self._folder.resolve().relative_to(self.top.resolve()).as_posix()

    @property
    def around(self) -> Repository | None:
        """The repository that this one is a submodule of: there it stands what is reviewed of it.

        A submodule is known by where git keeps it, and not by what the branch that is checked out
        has there: another may have brought it.
        """
        outer = None if self.top.parent == self.top else _run(self.top.parent, *_OWN)
        inner = _run(self.top, *_OWN)
        if outer is None or inner is None:
            return None
        kept, own = _path(self.top.parent, outer), _path(self.top, inner)
        if own == kept or not own.is_relative_to(kept):
            return None
        return Repository(self.top.parent)

    def submodule(self, commit: str, top: Path) -> str | None:
        """The commit of a submodule that a commit has at this path, None where it has none."""
        path = top.resolve().relative_to(self.top.resolve()).as_posix()
        listed = self._git("ls-tree", "--full-tree", commit, "--", path) or b""
        mode, _, rest = listed.decode(errors="surrogateescape").partition(" commit ")
        return rest.partition("\t")[0] if mode == "160000" else None

    def commit(self, revision: str) -> str:
        """The id of the commit that is meant. Raises UsageError where there is none."""
        found = self.id(revision)
        if found is None:
            raise UsageError(
                f"git knows no commit {revision}",
                code="unknown-revision",
                hint="fetch it: git fetch origin; a shallow clone has only its newest commits",
            )
        return found

    def id(self, revision: str) -> str | None:
        """The id of the commit that is meant, None where git knows of none. Raises UsageError where
        several are called so."""
        if _WHOLE.fullmatch(revision) is None and not self._certain(revision):
            return None
        found = self._once((revision,), "rev-parse", "--verify", "--quiet", "--end-of-options",
                           f"{revision}^{{commit}}")  # fmt: skip
        return None if found is None else found.decode().strip()

    def _certain(self, revision: str) -> bool:
        """Whether a name is not taken for another's: git takes a tag before a branch of the same
        name, a branch before the beginning of a commit's id, and a tag for a whole name that is
        not there. Whoever may push can push a tag, and every clone fetches it. Raises UsageError
        where several are called so."""
        name = _STEP.split(revision, maxsplit=1)[0]
        if name in ("", "@", "HEAD"):
            return True
        whole = name.startswith("refs/")
        kinds = ("",) if whole else ("refs/", "refs/tags/", "refs/heads/", "refs/remotes/")
        places = [f"{kind}{name}" for kind in kinds]
        called = self._there(places)
        if whole:
            return bool(called)
        if called == [f"refs/tags/{name}"]:
            # Where the branch of that name is a remote's alone, or was not fetched.
            remotes = self.remotes()
            called += self._there([f"refs/remotes/{remote}/{name}" for remote in remotes])
            called += [f"refs/remotes/{name}"] if name.partition("/")[0] in remotes else []
        if called and _BEGINNING.fullmatch(name):
            commits = self._git("rev-parse", f"--disambiguate={name}")
            called += (commits or b"").decode().split()
        if len(called) > 1:
            raise UsageError(
                f"{name} can mean several things here: {', '.join(called)}",
                code="ambiguous-revision",
                hint="say which one in full; and see who made the other, if it is new",
            )
        return True

    def _there(self, references: Sequence[str]) -> list[str]:
        """Those of them that there are."""
        if not references:
            return []
        listed = self._git("for-each-ref", "--format=%(refname)", "--", *map(_literal, references))
        found = (listed or b"").decode(errors="replace").split()
        return [reference for reference in found if reference in references]

    def short(self, reference: str) -> str | None:
        """The branch that a reference is, or stands for: ``origin/main`` for what `origin/HEAD`
        points to. None where it is no branch."""
        target = self._git("symbolic-ref", "--quiet", reference)
        found = reference if target is None else target.decode().strip()
        for start in ("refs/heads/", "refs/remotes/"):
            if found.startswith(start):
                return found.removeprefix(start)
        return None

    def remotes(self) -> list[str]:
        """The names of the remotes."""
        return (self._git("remote") or b"").decode(errors="replace").split()

    def configured(self, name: str) -> list[str]:
        """All that git's configuration has of this name: no branch can bring one along."""
        found = self._git("config", "--null", "--get-all", name)
        return [entry for entry in (found or b"").decode(errors="replace").split("\0") if entry]

    def file(self, commit: str, path: str) -> bytes | None:
        """One file below the folder in a commit, None where there is none."""
        inside = path if self.under == "." else f"{self.under}/{path}"
        return self._git("cat-file", "blob", f"{commit}:{inside}")

    def fork_point(self, base: str, head: str) -> str | None:
        """The newest commit that both have in their history, None where git knows of none."""
        found = self._git("merge-base", base, head)
        return None if found is None else found.decode().strip() or None

    def is_ancestor(self, commit: str, of: str) -> bool:
        """Whether git proves that a commit is in the history of another, or is that one."""
        known = self._once((commit, of), "merge-base", "--is-ancestor", commit, of)
        return known is not None

    def count(self, base: str, head: str) -> int | None:
        """How many commits the history of ``head`` has that the history of ``base`` lacks."""
        found = self._once((base, head), "rev-list", "--count", f"{base}..{head}")
        return None if found is None else int(found)

    def remote(self, name: str) -> str | None:
        """The address of a remote as the repository's own configuration has it, None where there is
        none."""
        found = self._git("config", "--local", "--get", f"remote.{name}.url")
        return None if found is None else found.decode(errors="replace").strip()

    def files(self, commit: str, under: str | None = None) -> dict[str, Blob]:
        """All files below the folder in a commit, by their path relative to it; below ``under``,
        a path in the repository, where that was the folder's."""
        arguments = ["ls-tree", "-r", "-z", "--full-tree", commit]
        folder = self.under if under is None else under
        inside = "" if folder == "." else f"{folder}/"
        listed = self._git(*arguments, *(["--", inside] if inside else []))
        found = {}
        for entry in (listed or b"").split(b"\0"):
            if entry:
                about, _, path = entry.partition(b"\t")
                mode, _, object_id = about.decode().split(" ")
                name = path.decode(errors="surrogateescape").removeprefix(inside)
                found[name] = Blob(object_id, mode in _REGULAR)
        return found

    def above(self, commit: str, called: str) -> dict[str, bytes]:
        """What is called so, in capitals or not, in the folders over the folder: its content by its
        path relative to it (``../NAME``)."""
        found: dict[str, bytes] = {}
        parts = () if self.under == "." else PurePosixPath(self.under).parts
        for depth in range(len(parts)):
            inside = "".join(f"{part}/" for part in parts[:depth])
            listed = self._git("ls-tree", "-z", "--name-only", "--full-tree", f"{commit}:{inside}")
            for name in (listed or b"").decode(errors="surrogateescape").split("\0"):
                if name.lower() == called:
                    up = "../" * (len(parts) - depth)
                    content = self._git("cat-file", "blob", f"{commit}:{inside}{name}")
                    found[f"{up}{name}"] = content or b""
        return found

    def versions(self, commit: str, inside: str) -> dict[str, list[Version]]:
        """All that each file below a folder has held in the history of a commit, newest first; a
        file that was renamed under its present path. Paths are relative to the manifests' folder.

        Merges are not looked at: what they bring together stands in their parents.
        """
        prefix = "" if self.under == "." else f"{self.under}/"
        where = f":(top,literal){prefix}{inside}"
        commits = self._git("rev-list", commit, "--", where)
        if not commits:
            return {}
        listed = self._git("diff-tree", "--stdin", "--root", "-r", "-M", "-z", "--raw",
                           "--no-abbrev", "--", where, given=commits)  # fmt: skip
        return _versions((listed or b"").split(b"\0"), prefix)

    def states(
        self, commit: str, folder: str, ending: str, most: int
    ) -> Iterator[tuple[str, frozenset[str]]]:
        """The objects of all files in a folder whose names end so, newest state first, each with
        the commit that brought it. Of a merge only the branch that was merged into is followed:
        what nobody reviewed by itself is no state. At most ``most`` of them."""
        inside = folder if self.under == "." else f"{self.under}/{folder}"
        where = (f":(top,glob){_literal(inside)}/**/*{ending}",)
        listed = self._git("rev-list", "--first-parent", "--parents", f"--max-count={most}",
                           commit, "--", *where)  # fmt: skip
        pairs = [line.split()[:2] for line in (listed or b"").decode().splitlines()]
        asked = "".join(f"{' '.join(pair)}\n" for pair in pairs)
        told = self._git("diff-tree", "--stdin", "--root", "-r", "--no-renames", "-z", "--raw",
                         "--no-abbrev", "--", *where, given=asked.encode())  # fmt: skip
        changes = _changes((told or b"").split(b"\0"))
        now = {
            f"{inside}/{path}": blob.object_id
            for path, blob in self.files(commit, inside).items()
            if path.endswith(ending)
        }
        for commit_, *_ in pairs:
            yield commit_, frozenset(now.values())
            for path, before in changes.get(commit_, ()):
                if before is None:
                    now.pop(path, None)
                else:
                    now[path] = before

    def own(self, name: str) -> Path:
        """Where a file of ours is in git's own folder. Raises UsageError where git has none."""
        found = self._git("rev-parse", "--git-path", name)
        if found is None:
            raise UsageError("git does not say where its folder is", code="no-git")
        return self._folder / found.decode(errors="surrogateescape").rstrip("\n")

    @property
    def shallow(self) -> bool:
        """Whether the clone was made without all of its history."""
        return self._git("rev-parse", "--is-shallow-repository") != b"false\n"

    def contents(self, object_ids: Iterable[str]) -> dict[str, bytes]:
        """As :meth:`read`, of objects by their ids."""
        return self.read(Blob(object_id, regular=True) for object_id in object_ids)

    def read(self, blobs: Iterable[Blob]) -> dict[str, bytes]:
        """The content of each blob by its object id. Raises UsageError where git has lost one."""
        wanted = sorted({blob.object_id for blob in blobs})
        if not wanted:
            return {}
        answer = self._git("cat-file", "--batch", given="\n".join(wanted).encode() + b"\n")
        found: dict[str, bytes] = {}
        at = 0
        while answer is not None and at < len(answer):
            end = answer.index(b"\n", at)
            head = answer[at:end].split(b" ")
            if len(head) != 3:
                break  # "<object> missing"
            size = int(head[2])
            found[head[0].decode()] = answer[end + 1 : end + 1 + size]
            at = end + 1 + size + 1
        if len(found) < len(wanted):
            raise UsageError(
                "git does not have all files of that commit",
                code="unknown-revision",
                hint="the clone is partial: fetch the commit with its files",
            )
        return found

    def _once(self, commits: Sequence[str], *arguments: str) -> bytes | None:
        """As :meth:`_git`, and asked once where all commits are named by their whole ids: what git
        has said of those stays so, and many environments ask the same."""
        known = self._answers.get(arguments)
        if known is not None:
            return known
        found = self._git(*arguments)
        if found is not None and all(map(_WHOLE.fullmatch, commits)):
            self._answers[arguments] = found
        return found

    def _git(self, *arguments: str, given: bytes = b"") -> bytes | None:
        """What git prints; None where it ends with an error. Its own words are not repeated."""
        return _run(self._folder, *arguments, given=given)


_OWN = ("rev-parse", "--git-common-dir")


def _path(folder: Path, said: bytes) -> Path:
    """A path that git says, which may be relative to the folder that it was asked in."""
    return Path(folder, said.decode(errors="surrogateescape").removesuffix("\n")).resolve()


def refuse_inside(folder: Path) -> None:
    """Raises GitInsideError where git's own folder is this one, or one over it: `.git` never is.

    git looks for `HEAD`, `objects` and `refs` in each folder before it looks in the one above.
    """
    found = _run(folder, "rev-parse", "--absolute-git-dir")
    if found is None:
        return
    own = _path(folder, found)
    if folder.resolve().is_relative_to(own):
        raise GitInsideError(
            f"git takes {own} for a repository of its own, by the files in it",
            code="git-inside",
            hint="they may have come with a branch: see what HEAD, config, objects and refs are"
            " there, and remove them",
        )


def _run(folder: Path, *arguments: str, given: bytes = b"") -> bytes | None:
    command: Sequence[str] = ("git", "-C", str(folder), *arguments)
    try:
        done = subprocess.run(
            command, env=environment(), input=given, capture_output=True, timeout=TIMEOUT,
            check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise UsageError("git is not installed", code="no-git") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"git did not answer within {TIMEOUT:g} seconds") from None
    return done.stdout if done.returncode == 0 else None


def _versions(fields: Sequence[bytes], prefix: str) -> dict[str, list[Version]]:
    """What `diff-tree --raw -z` says of each commit: its id, then for each file the modes, objects
    and status, its path, and after a rename the new path."""
    found: dict[str, list[Version]] = {}
    now: dict[str, str] = {}  # a path of the past -> what it was renamed to
    commit = ""
    rest = iter(fields)
    for field in rest:
        if not field.startswith(b":"):
            commit = field.decode()
            continue
        mode, new_mode, old, new, status = field[1:].decode().split(" ")
        paths = [next(rest).decode(errors="surrogateescape").removeprefix(prefix)]
        if status[0] in "RC":
            paths.append(next(rest).decode(errors="surrogateescape").removeprefix(prefix))
        path = now.get(paths[-1], paths[-1])
        if status[0] == "R":
            now[paths[0]] = path
        if path not in found:
            found[path] = [Version(new, None)] if new_mode in _REGULAR else []
        if mode in _REGULAR and status[0] != "C":
            found[path].append(Version(old, commit))
    return found


def _literal(path: str) -> str:
    """A path within a pattern."""
    return re.sub(r"([\\*?\[])", r"\\\1", path)


def _changes(fields: Sequence[bytes]) -> dict[str, list[tuple[str, str | None]]]:
    """What `diff-tree --raw -z` says of each commit, without renames: each path, and its object
    before, None where there was none."""
    found: dict[str, list[tuple[str, str | None]]] = {}
    commit = ""
    rest = iter(fields)
    for field in rest:
        if not field.startswith(b":"):
            commit = field.decode()
            continue
        mode, _, old, _, _ = field[1:].decode().split(" ")
        path = next(rest).decode(errors="surrogateescape")
        found.setdefault(commit, []).append((path, old if mode in _REGULAR else None))
    return found
