"""A new age key; the private part goes where sops looks for it, and nowhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.core.errors import ReconcilerError
from reconciler.values.sensitive import Sensitive


class AgeKeyError(ReconcilerError):
    """An age key could not be kept; nothing was written."""

    code = "age-key"


@dataclass(frozen=True)
class AgeKey:
    """A key of age: what others encrypt for, and what decrypts."""

    recipient: str
    identity: Sensitive[str]


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


def new() -> AgeKey:
    """A key that nobody else has."""
    from pyrage import x25519

    made = x25519.Identity.generate()
    return AgeKey(str(made.to_public()), Sensitive(str(made)))


def keep(key: AgeKey, target: Path) -> None:
    """Add a key to ``target``, which only its owner may read, after those that are in it: the file
    may hold the only copy of others. Raises AgeKeyError."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(target, flags, 0o600), "r+b", buffering=0) as file:
            before = file.read()
            if before and os.fstat(file.fileno()).st_mode & 0o077:
                raise AgeKeyError(
                    f"{target} may be read by others", hint=f"first: chmod 600 {target}"
                )
            lead = "\n" if before and not before.endswith(b"\n") else ""
            # One write: an interrupted one leaves the others as they are.
            text = f"{lead}# public key: {key.recipient}\n{key.identity.reveal()}\n"
            file.write(text.encode())
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise AgeKeyError(f"{target} cannot be written: {reason}") from None
