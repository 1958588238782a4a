"""The manifests of one side of a comparison, as far as their text can be read at all.

Nothing is checked here: a branch that `validate` refuses is compared all the same.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from reconciler.manifest import elsewhere, entries, files, members
from reconciler.manifest.document import Data, Document, parse
from reconciler.manifest.encrypted import FINGERPRINT_KEYS, VALUE
from reconciler.manifest.environment import cleartext
from reconciler.manifest.files import ENVIRONMENT_FILE, RULES_FILE
from reconciler.manifest.gitfiles import Repository
from reconciler.manifest.metadata import BLOCK

MANIFESTS = (".yaml", ".yml")


@dataclass(frozen=True)
class Declaration:
    """One resource as a manifest declares it: its cleartext, and its value as it is encrypted."""

    fields: Mapping[str, Any]
    value: Data
    path: str  # the file with the value, else the first that declares it


@dataclass(frozen=True)
class View:
    """One environment: its settings in clear, and all that its files declare together."""

    settings: Mapping[str, Any]
    fingerprint_keys: Data
    declarations: Mapping[tuple[str, str], Declaration]
    files: frozenset[str]


@dataclass
class Side:
    """All files, by their path relative to the manifests' folder. ``odd`` are those that are no
    regular files; ``above`` are files of rules in folders over it, in the same repository.

    No content is in its repr: a value that somebody forgot to encrypt stands in it."""

    files: Mapping[str, bytes] = field(repr=False)
    odd: frozenset[str] = frozenset()
    above: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    _parsed: dict[str, Document | None] = field(default_factory=dict, repr=False)

    def data(self, path: str) -> Data:
        """A file's content; None where there is none, or where it is no YAML."""
        document = self.document(path)
        return None if document is None else document.data

    def document(self, path: str) -> Document | None:
        """A file with the places of what it holds; None where there is none."""
        if path not in self._parsed:
            raw = self.files.get(path)
            yaml = raw is not None and path.endswith(MANIFESTS)
            self._parsed[path] = (
                parse(Path(path), path, raw, anchors=path == RULES_FILE) if yaml and raw else None
            )
        return self._parsed[path]

    def other_rules(self) -> dict[str, bytes]:
        """Files of rules that are not the manifests' own, with what they hold."""
        inside = dict.fromkeys(self.odd, b"") | dict(self.files)
        return dict(self.above) | {
            path: content
            for path, content in inside.items()
            if PurePosixPath(path).name.lower() == RULES_FILE and path != RULES_FILE
        }

    def block(self, path: str) -> Mapping[str, Any]:
        """A file's `sops` block; empty where it has none."""
        data = self.data(path)
        block = data.get(BLOCK) if isinstance(data, dict) else None
        return block if isinstance(block, dict) else {}

    def environments(self) -> set[str]:
        """The names of all environments."""
        found = {PurePosixPath(path) for path in self.files}
        return {p.parts[0] for p in found if len(p.parts) == 2 and p.name == ENVIRONMENT_FILE}

    def members(self, environment: str) -> set[str]:
        """All files that an environment is made of, included ones among them."""
        own = f"{environment}/{ENVIRONMENT_FILE}"
        included = members.included(self.files, environment, self.data(own))
        return {own, *members.own(self.files, environment), *included} & self.files.keys()

    def view(self, environment: str) -> View:
        """An environment, put together of its files."""
        own = f"{environment}/{ENVIRONMENT_FILE}"
        data = self.data(own)
        settings = data if isinstance(data, dict) else {}
        paths = self.members(environment)
        documents = map(self.document, sorted(paths - {own}))
        merged, _ = entries.merge(document for document in documents if document is not None)
        found = {entry.path: _declaration(entry) for entry in merged}
        return View(cleartext(settings), settings.get(FINGERPRINT_KEYS), found, frozenset(paths))


def _declaration(entry: entries.Entry) -> Declaration:
    document = entry.holder or entry.documents[0]
    held: Any = document.data
    value = held[entry.section][entry.key][VALUE] if entry.holder is not None else None
    return Declaration(entry.fields, value, document.name)


def of_commit(
    repository: Repository,
    commit: str,
    endings: Sequence[str] = MANIFESTS,
    *,
    under: str | None = None,
) -> Side:
    """The files in a commit whose names end so; of the folder that is now elsewhere, by its path in
    the repository, where it was ``under`` then. Raises UsageError."""
    wanted = tuple(endings)
    every = repository.files(commit, under)
    blobs = {path: b for path, b in every.items() if path.endswith(wanted)}
    contents = repository.read(blob for blob in blobs.values() if blob.regular)
    return Side(
        {path: contents[blob.object_id] for path, blob in blobs.items() if blob.regular},
        frozenset(path for path, blob in blobs.items() if not blob.regular),
        repository.above(commit, RULES_FILE),
    )


def of_folder(root: Path, endings: Sequence[str] = MANIFESTS) -> Side:
    """The files in a folder whose names end so, as they are, committed or not."""
    wanted = tuple(endings)
    found: dict[str, bytes] = {}
    odd = set()
    for held in files.folders(root, []):
        for entry in held:
            if not entry.name.endswith(wanted) or entry.is_dir(follow_symlinks=False):
                continue
            file = Path(entry.path)
            path = file.relative_to(root).as_posix()
            raw, problem = files.read(root, file, path)
            if problem is None:
                found[path] = raw
            else:
                odd.add(path)
    over = {}
    for file in elsewhere.others_above(root.absolute()):
        raw, _ = files.read(file.parent, file, file.name)
        over[os.path.relpath(file, root)] = raw
    return Side(found, frozenset(odd), over)
