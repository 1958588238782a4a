"""Locks: fingerprints in git, by which an environment is planned without its key.

Beside each manifest lies a lock of it, ``NAME.fingerprints.lock``; ``fingerprints.lock``, that of
``environment.sops.yaml``, says what all of them are of. For every declared value there is a digest
of its ciphertext, and its public fingerprint under each fingerprint key; for every encrypted file a
digest of its MAC. None of them can be turned into the value, and neither is a version id that
somebody could claim.
"""

from reconciler.manifest.lock.check import check, macs, mismatches, outdated, unknown_values
from reconciler.manifest.lock.declare import Declared, declare
from reconciler.manifest.lock.file import Line, Lock
from reconciler.manifest.lock.history import MOST, Prints, prints, returning
from reconciler.manifest.lock.load import load, present
from reconciler.manifest.lock.make import carry, make, reuse
from reconciler.manifest.lock.names import FILE, is_one, lock_of, manifest_of
from reconciler.manifest.lock.reviewed import resolve, unknown
from reconciler.manifest.lock.texts import dumps, loads
from reconciler.manifest.lock.write import Renewal, renew

__all__ = [
    "FILE", "MOST", "Declared", "Line", "Lock", "Prints", "Renewal", "carry", "check", "declare",
    "dumps", "is_one", "load", "loads", "lock_of", "macs", "make", "manifest_of", "mismatches",
    "outdated", "present", "prints", "renew", "resolve", "returning", "reuse", "unknown",
    "unknown_values",
]  # fmt: skip
