"""Which keys sops may be run for: those that it asks over a network with this user's credentials.

A file's ``sops:`` block and ``.sops.yaml`` come with a branch, and name addresses, roles and keys.
They agree with each other, and that proves nothing: whoever made the branch wrote both. So the
credentials go only to what the *base* names, the branch that everybody has reviewed, or to what the
user's own git configuration names. What is outside of git is the user's own.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from reconciler.core.errors import Problem, UsageError
from reconciler.manifest import rules
from reconciler.manifest.document import Document, parse
from reconciler.manifest.files import RULES_FILE
from reconciler.manifest.gitfiles import Repository
from reconciler.manifest.recipients import Group, Recipient, covers

BASE = "reconciler.trusted-base"  # names of git's configuration
KEY = "reconciler.trusted-key"
VARIABLE = "RECONCILER_TRUSTED_BASE"  # of the environment: the base, and nothing of git's

_MAIN = ("main", "master")


@dataclass(frozen=True)
class _Base:
    """What may be asked, and who says so; ``named`` is None where nobody does."""

    named: str | None
    keys: Group = frozenset()
    own: frozenset[str] = frozenset()  # as the user has them in git's configuration
    hint: str = ""


class Trust:
    """What sops may ask on behalf of the manifests in a folder. git is read once, and only where a
    file names a key that is asked over a network."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def refuse(self, documents: Iterable[Document]) -> dict[Document, list[Problem]]:
        """The documents that sops may not be run for, with what is wrong; a key that several files
        name is told once."""
        refused: dict[Document, list[Problem]] = {}
        told: set[Recipient] = set()
        for document in documents:
            foreign = self.foreign(document.recipients)
            if foreign:
                fresh = [key for key in foreign if key not in told]
                told.update(fresh)
                refused[document] = [self.problem(document, key) for key in fresh]
        return refused

    def foreign(self, recipients: Group) -> list[Recipient]:
        """Those among recipients that sops would ask and may not."""
        return sorted((r for r in recipients if r.remote and not self._named(r)), key=str)

    def problem(self, document: Document, key: Recipient) -> Problem:
        """Why sops is not run for a document, and how the user can say otherwise."""
        base = self._base
        own = f"; or, if it is your own: git config --add {KEY} {shlex.quote(str(key))}"
        if VARIABLE in os.environ:
            own = ""
        if base is not None and base.named is None:
            return document.error(("sops",), "untrusted-key",
                f"sops is not run: nothing says whether {key} may get this machine's credentials",
                f"{base.hint}{own}")  # fmt: skip
        said = "" if base is None else base.named
        return document.error(("sops",), "untrusted-key",
            f"sops is not run: {said} does not name {key}, which would get this machine's"
            " credentials",
            f"merge the key into {said} first, without files encrypted for it{own}",
        )  # fmt: skip

    def _named(self, recipient: Recipient) -> bool:
        base = self._base
        if base is None or covers(base.keys, recipient):
            return True
        one_line = not any(part.split() != [part] for part in recipient.identity if part)
        return one_line and str(recipient) in base.own

    @cached_property
    def _base(self) -> _Base | None:
        """None outside git, and before the first commit: nobody else's branch can be there."""
        root = self._root.resolve()  # as git sees it, whatever link leads there
        if not any(os.path.lexists(folder / ".git") for folder in (root, *root.parents)):
            return None
        try:
            repository = Repository(self._root)
        except UsageError:
            hint = f"git cannot read this repository: try git -C {self._root} status"
            return _Base(None, hint=hint)
        told = os.environ.get(VARIABLE)
        own = frozenset[str]() if told is not None else frozenset(repository.configured(KEY))
        found = _reviewed(repository, told)
        if found is None:
            return None if repository.id("HEAD") is None else _Base(
                None, own=own, hint=f"name the branch that is reviewed: git config {BASE}"
                " origin/BRANCH",
            )  # fmt: skip
        name, commit = found
        if commit is None:
            said = BASE if told is None else VARIABLE
            hint = f"git knows no commit {name}, which {said} names"
            if repository.around is not None:
                hint = f"{name} has no submodule {repository.top.name} whose commit this clone has"
            return _Base(None, own=own, hint=hint)
        raw = repository.file(commit, RULES_FILE) or b""
        data = parse(Path(RULES_FILE), RULES_FILE, raw, anchors=True).data
        named = [group for rule in rules.of(data, raw).rules for group in rule.groups]
        return _Base(name, frozenset().union(*named), own)


def _reviewed(repository: Repository, told: str | None) -> tuple[str, str | None] | None:
    """The base by name and commit, ``told`` if somebody tells it. Of a submodule it is the commit
    that the base of the repository around it has there: a branch chooses which repository it is.
    """
    around = repository.around
    if around is None:
        return _revision(repository) if told is None else (told, repository.id(told))
    found = _reviewed(around, told)
    if found is None:
        return None
    name, commit = found
    pinned = None if commit is None else around.submodule(commit, repository.top)
    return name, None if pinned is None else repository.id(pinned)


def _revision(repository: Repository) -> tuple[str, str | None] | None:
    """The base by name and commit: as configured, else what the remote calls its own, else the
    local one where there is no remote. None where none of them is there."""
    configured = repository.configured(BASE)
    if configured:
        return configured[-1], repository.id(configured[-1])
    remotes = repository.remotes()
    if not remotes:
        local = [*repository.configured("init.defaultBranch")[-1:], *_MAIN]
        names = [*local, "HEAD"]
        refs = [*(f"refs/heads/{name}" for name in local), "HEAD"]
    elif len(remotes) == 1 or "origin" in remotes:
        remote = "origin" if "origin" in remotes else remotes[0]
        names = [f"{remote}/{name}" for name in ("HEAD", *_MAIN)]
        refs = [f"refs/remotes/{name}" for name in names]
    else:
        return None
    for name, ref in zip(names, refs, strict=True):
        commit = repository.id(ref)
        if commit is not None:
            return repository.short(ref) or name, commit
    return None
