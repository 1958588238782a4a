"""The MAC of a merged file, for its lock.

git merges a file and its lock one by one, and shows the driver of one nothing of the other. A MAC
cannot be made twice: whoever merges the file leaves the digest of it in git's own folder, under
those of the three sides, and the lock, which git merges after it, takes it from there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from reconciler.core import wholefile
from reconciler.core.digest import canonical
from reconciler.manifest import metadata
from reconciler.manifest.document import parse
from reconciler.manifest.gitfiles import Repository

Sides = tuple[str, str, str]  # the digests of the MACs of base, ours and theirs

_FOLDER = "reconciler-macs"
_MOST = 100  # that are kept


def digest(raw: bytes) -> str:
    """The digest of a file's MAC, as a lock has it."""
    return metadata.mac(parse(Path(), "", raw))


@dataclass(frozen=True)
class Macs:
    """What was merged in one clone."""

    folder: Path

    @classmethod
    def of(cls, top: Path) -> Macs:
        """Those of a clone. Raises UsageError outside of git."""
        return cls(Repository(top).own(_FOLDER))

    def find(self, sides: Sides) -> str | None:
        """The digest of the MAC of what was merged of these; None where nothing was."""
        try:
            return self._file(sides).read_text()
        except OSError:
            return None

    def keep(self, sides: Sides, merged: str) -> None:
        """Let the lock know. Raises UsageError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        wholefile.save(self._file(sides), merged)
        kept = sorted(self.folder.iterdir(), key=lambda file: file.lstat().st_mtime)
        for file in kept[:-_MOST]:
            file.unlink(missing_ok=True)

    def forget(self, sides: Sides) -> None:
        """It is merged again, and may not be."""
        self._file(sides).unlink(missing_ok=True)

    def _file(self, sides: Sides) -> Path:
        return self.folder / hashlib.sha256(canonical(list(sides)).encode()).hexdigest()
