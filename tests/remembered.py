"""What sops gave for the same input, key and words, so that it runs once for each in this process.

Only what depends on nothing else: decryption with an age key by the real program. A program that a
test puts in its place, another key type, a failure: each runs.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from reconciler.values import sops

_WHERE = "SOPS_AGE_KEY_FILE"
_OF_AGE = {"HOME", "LANG", "LC_ALL", "PATH", "SOPS_AGE_KEY", "TMPDIR", _WHERE}
_Key = tuple[object, ...]
_known: dict[_Key, subprocess.CompletedProcess[bytes]] = {}
_REAL = sops.find()


def remember() -> None:
    """Let every :class:`Sops` of this process do so."""
    sops.subprocess = SimpleNamespace(**{**vars(subprocess), "run": _run})  # type: ignore[assignment]


def _run(command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
    key = _key(command, options["input"], options["env"])
    if key in _known:
        return _known[key]
    done = subprocess.run(command, **options)
    if key is not None and done.returncode == 0:
        _known[key] = done
    return done


def _key(command: Sequence[str], document: bytes, environment: Mapping[str, str]) -> _Key | None:
    if command[0] != str(_REAL) or "decrypt" not in command or not set(environment) <= _OF_AGE:
        return None
    given = {name: text for name, text in environment.items() if name not in ("PATH", "TMPDIR")}
    if _WHERE in given:
        file = Path(given[_WHERE])
        given[_WHERE] = file.read_text() if file.is_file() else ""
    return (*command, document, *sorted(given.items()))
