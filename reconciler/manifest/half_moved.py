"""A move from one file to another that was interrupted between the two: both declare the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reconciler.core.errors import ManifestError
from reconciler.manifest.changes import Changes
from reconciler.manifest.cleartext import Cleartext
from reconciler.manifest.declaring import Declaring
from reconciler.manifest.entries import Entry
from reconciler.values.sops import Sops


@dataclass(frozen=True)
class HalfMoved:
    """What is declared in two files: as the environment was ``before``, and as it will be."""

    root: Path
    before: Cleartext
    after: Cleartext
    source: Path
    path: tuple[str, str]

    def rest(self, sops: Sops) -> Changes | None:
        """The file that it was in without it; nothing is written yet. None where the two do not
        declare the same. Raises ManifestError, SopsError."""
        was, now = Declaring.of(self.before, sops), Declaring.of(self.after, sops)
        old, new = (_entry(one.declared, self.path) for one in (was, now))
        if old is None or new is None or old.fields != new.fields or old.shape != new.shape:
            return None
        if old.shape is not None and was.value(old).reveal() != now.value(new).reveal():
            return None
        document = was.own(old)
        changes = Changes(self.root)
        raw = sops.unset(document.raw, self.path, key_types=document.key_types)
        changes.put(self.source, document.raw, raw)
        return changes


def find(root: Path, environment: str, target: Path, name: str) -> HalfMoved | None:
    """What of this name ``target`` declares, and one other file of the environment, too."""
    before = _without(root, environment, target)
    entries = [] if before is None else [e for e in before.entries if e.key == name]
    if before is None or len(entries) != 1:
        return None
    own = [document for document in entries[0].documents if not document.included]
    if len(own) != 1:
        return None
    copied = before.document.file.parent.parent
    source = root.absolute() / own[0].file.relative_to(copied)
    after = _without(root, environment, source)
    if after is None:
        return None
    return HalfMoved(root, before, after, source, entries[0].path)


def _without(root: Path, environment: str, file: Path) -> Cleartext | None:
    changes = Changes(root)
    changes.leave_out(file)
    try:
        with changes.staged(environment, may_be_empty=True) as declared:
            return declared
    except ManifestError:
        return None


def _entry(declared: Cleartext, path: tuple[str, str]) -> Entry | None:
    return next((entry for entry in declared.entries if entry.path == path), None)
