"""A new age key, made by age's own program; the private part goes where sops looks for it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from reconciler.core.errors import ReconcilerError
from reconciler.values.sensitive import Sensitive

PROGRAM = "age-keygen"
TIMEOUT = 30.0  # seconds

_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
_RECIPIENT = re.compile(rb"^# public key: (age1[0-9a-z]{58})$", re.MULTILINE)
_IDENTITY = re.compile(rb"^AGE-SECRET-KEY-1[0-9A-Z]{58}$", re.MULTILINE)


class AgeKeyError(ReconcilerError):
    """No age key could be made, or kept; nothing was written."""

    code = "age-key"


def key_file(variables: Mapping[str, str]) -> Path:
    """Where sops looks for age keys: `SOPS_AGE_KEY_FILE`, else its file in the user's
    configuration."""
    named = variables.get("SOPS_AGE_KEY_FILE")
    if named:
        return Path(named)
    home = Path(variables.get("HOME") or Path.home())
    folder = variables.get("XDG_CONFIG_HOME")
    if folder:
        return Path(folder) / "sops" / "age" / "keys.txt"
    library = home / "Library" / "Application Support"
    return (library if sys.platform == "darwin" else home / ".config") / "sops" / "age" / "keys.txt"


def make(target: Path, variables: Mapping[str, str]) -> str:
    """A new key, added to ``target``, which only its owner may read; the recipient that belongs to
    it. Raises AgeKeyError."""
    program = shutil.which(PROGRAM, path=variables.get("PATH"))
    if program is None:
        raise AgeKeyError(
            f"there is no {PROGRAM} on the PATH to make an age key with",
            hint="install age; or give a key that you have: --kms ARN, or --age RECIPIENT",
        )
    made = _run(program, variables)
    recipient = _RECIPIENT.search(made.reveal())
    if recipient is None or _IDENTITY.search(made.reveal()) is None:
        raise AgeKeyError(f"{program} made no age key", hint="see what it prints: age-keygen")
    _add(target, made)
    return recipient[1].decode()


def _run(program: str, variables: Mapping[str, str]) -> Sensitive[bytes]:
    """What the program prints: the key. Never raises, since a traceback's frames would hold it."""
    try:
        child = subprocess.run(
            [program],
            env={name: variables[name] for name in _KEPT if name in variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return Sensitive(b"")
    return Sensitive(child.stdout if child.returncode == 0 else b"")


def _add(target: Path, made: Sensitive[bytes]) -> None:
    """Put the key after those that are in the file: it may hold the only copy of others."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(target, flags, 0o600), "r+b", buffering=0) as file:
            before = file.read()
            if before and os.fstat(file.fileno()).st_mode & 0o077:
                raise AgeKeyError(
                    f"{target} may be read by others", hint=f"first: chmod 600 {target}"
                )
            file.write((b"\n" if before and not before.endswith(b"\n") else b"") + made.reveal())
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise AgeKeyError(f"{target} cannot be written: {reason}") from None
