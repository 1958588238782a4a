"""What sops gave for the same input, key and words, so that it runs once for each in this process.

Only what depends on nothing else: decryption with an age key by the real program, or by a script
of a test that keeps what it is given and runs that. A program that a test puts in its place,
another key type, a failure: each runs.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from reconciler.values import sops

_WHERE, _CONFIGURED = "SOPS_AGE_KEY_FILE", "XDG_CONFIG_HOME"
_OF_AGE = {"HOME", "LANG", "LC_ALL", "PATH", "SOPS_AGE_KEY", "TMPDIR", _WHERE, _CONFIGURED}
_OF_AGE |= {*sops._SHORT, *(name for given in sops._NOTHING_FOR.values() for name in given)}
_Key = tuple[object, ...]
_known: dict[_Key, subprocess.CompletedProcess[bytes]] = {}
_REAL = str(sops.find())
_spies: set[str] = set()


def remember() -> None:
    """Let every :class:`Sops` of this process do so."""
    sops.subprocess = SimpleNamespace(**{**vars(subprocess), "run": _run})  # type: ignore[assignment]


def as_well(spy: Path) -> Path:
    """Take a script for the real program, but where a variable or argument is another, it runs:
    what it keeps is all that it would ever be given."""
    _spies.add(str(spy))
    return spy


def _run(command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
    key = _key(command, options["input"], options["env"])
    if key in _known:
        return _known[key]
    done = subprocess.run(command, **options)
    if key is not None and done.returncode == 0:
        _known[key] = done
    return done


def _key(command: Sequence[str], document: bytes, environment: Mapping[str, str]) -> _Key | None:
    spied = command[0] in _spies
    if not (spied or command[0] == _REAL) or "decrypt" not in command:
        return None
    if not set(environment) <= _OF_AGE:
        return None
    same = () if spied else ("PATH", "TMPDIR")
    given = {name: text for name, text in environment.items() if name not in same}
    for name, below in ((_WHERE, ""), (_CONFIGURED, "sops/age/keys.txt")):
        if name in given:
            file = Path(given[name], below)
            given[name] = file.read_text() if file.is_file() else ""
    return (*command, document, *sorted(given.items()))
