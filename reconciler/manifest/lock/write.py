"""Writing the locks of an environment: each file as it should be, and none of what is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.core import wholefile
from reconciler.core.errors import ManifestError, UsageError
from reconciler.manifest import Cleartext
from reconciler.manifest.lock import earlier
from reconciler.manifest.lock.file import Lock
from reconciler.manifest.lock.load import present
from reconciler.manifest.lock.names import FILE
from reconciler.manifest.lock.texts import dumps


@dataclass(frozen=True)
class Renewal:
    """What has to be written into an environment's folder, and removed there, for its locks to say
    what they should; paths are relative to it."""

    folder: Path
    changed: Mapping[str, bytes]
    gone: tuple[str, ...]
    earlier: bool = False  # all that differs is the form, and one of before goes on being good

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone)

    def write(self) -> None:
        """The environment's own file is the last. Raises UsageError."""
        for name, content in sorted(self.changed.items(), key=lambda one: one[0] == FILE):
            wholefile.save(self.folder / name, content)
        for name in self.gone:
            try:
                (self.folder / name).unlink()
            except OSError as error:
                raise UsageError(
                    f"{self.folder / name} cannot be removed: {error.strerror}"
                ) from None


def renew(root: Path, lock: Lock, declared: Cleartext) -> Renewal:
    """What makes the locks of an environment those of ``lock``."""
    environment = declared.settings.scope.environment
    wanted = {name: text.encode() for name, text in dumps(lock, declared.homes()).items()}
    try:
        there = present(root, environment)
    except ManifestError:
        there = {}  # what is no regular file gives way
    changed = {name: text for name, text in wanted.items() if there.get(name) != text}
    former = [earlier.dumps(one).encode() for one in (lock, replace(lock, macs=None))]
    return Renewal(
        root / environment,
        changed,
        tuple(sorted(there.keys() - wanted.keys())),
        list(there) == [FILE] and there[FILE] in former,
    )
