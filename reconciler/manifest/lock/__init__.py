"""Locks: fingerprints in git, by which an environment is planned without its key.

``manifests/ENV/fingerprints.lock`` has a line for every declared value: a digest of its ciphertext,
and its public fingerprint under each fingerprint key; and one for every encrypted file, with a
digest of its MAC. None of them can be turned into the value, and
neither is a version id that somebody could claim.
"""

from reconciler.manifest.lock.check import check, macs, mismatches, outdated, unknown_values
from reconciler.manifest.lock.declare import Declared, declare
from reconciler.manifest.lock.file import FILE, Line, Lock, dumps, load, loads
from reconciler.manifest.lock.history import prints, returning
from reconciler.manifest.lock.make import carry, make, reuse
from reconciler.manifest.lock.reviewed import resolve, unknown

__all__ = [
    "FILE", "Declared", "Line", "Lock", "carry", "check", "declare", "dumps", "load",
    "loads", "macs", "make", "mismatches", "outdated", "prints", "resolve", "returning", "reuse",
    "unknown", "unknown_values",
]  # fmt: skip
