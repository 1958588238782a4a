"""The locks of an environment, as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.core.errors import Problem
from reconciler.core.model import Key, Place, Scope
from reconciler.manifest.lock.head import again
from reconciler.manifest.lock.names import FILE


@dataclass(frozen=True)
class Line:
    """What a lock says of one value: the digest of the ciphertext that it was made of, and the
    value's public fingerprint under each key, in their order."""

    ciphertext: str
    fingerprints: tuple[str, ...]


@dataclass(frozen=True)
class Lock:
    """What the locks of an environment say, and what they are of. ``kids`` are the ids of the
    fingerprint keys, and ``keys_ciphertext`` the digest of their ciphertext. ``macs`` holds the
    digest of each encrypted file's MAC, by its path in the environment's folder; None where 0.1
    wrote the lock. ``path`` is how errors call the environment's own file, ``places`` where all
    else stands: a value by its key, a MAC by the path of its file."""

    environment: str
    account: str
    region: str
    prefix: str
    kids: tuple[str, ...]
    keys_ciphertext: str
    lines: Mapping[Key, Line]
    macs: Mapping[str, str] | None = None
    path: str = FILE
    places: Mapping[Key | str, Place] = field(default_factory=dict, compare=False)

    def is_of(self, scope: Scope) -> bool:
        """Whether its head names this environment, and where that is."""
        here = (scope.environment, scope.account, scope.region, scope.prefix)
        return (self.environment, self.account, self.region, self.prefix) == here

    def place(self, of: Key | str | None = None) -> Place:
        """Where a value or a file's MAC stands, else the head."""
        found = None if of is None else self.places.get(of)
        return found or Place(self.path, 1, 1)

    def problem(
        self,
        code: str,
        message: str,
        *,
        at: Key | str | None = None,
        warning: bool,
        hint: str | None = None,
    ) -> Problem:
        """Something that is wrong with the lock: with what it says of a value or of a file's MAC,
        or with its head."""
        subject = str(at) if isinstance(at, Key) else ""
        hint = hint or again(self.environment)
        return Problem(self.place(at), code, message, hint, warning, subject)
