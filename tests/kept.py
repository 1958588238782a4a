"""An account, and a folder beside it, as they were: made once in a process, and there again for
each test that begins so."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from reconciler.sandbox import state
from tests.embedded import Embedded


@dataclass(frozen=True)
class Kept:
    """What :func:`keep` has kept, for as long as this is referred to."""

    _folder: tempfile.TemporaryDirectory[str]

    def restore(self, aws: Embedded, folder: Path | None = None) -> None:
        """Let all of it be there again, in an empty account, and over what the folder holds."""
        with aws.lock:
            state.load(Path(self._folder.name, "account.json"))
        if folder is not None:
            shutil.copytree(Path(self._folder.name, "folder"), folder, dirs_exist_ok=True)


def keep(aws: Embedded, folder: Path | None = None) -> Kept:
    """Keep the account, once no rotation runs, and the folder."""
    assert aws.wait_for_rotations()
    kept = Kept(tempfile.TemporaryDirectory(prefix="kept-"))
    with aws.lock:
        state.save(Path(kept._folder.name, "account.json"))
    if folder is not None:
        shutil.copytree(folder, Path(kept._folder.name, "folder"))
    return kept
