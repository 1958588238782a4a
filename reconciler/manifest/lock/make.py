"""Making a lock: with the key, or out of the present one where no ciphertext has changed."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.core.model import Key
from reconciler.manifest import Cleartext, Desired
from reconciler.manifest.lock.check import keys_changed
from reconciler.manifest.lock.file import Line, Lock


def make(declared: Cleartext, desired: Desired) -> Lock:
    """The lock of what was decrypted."""
    lines = {}
    for key, ciphertext in declared.ciphertexts().items():
        value = desired.resources[key].value
        if value is not None:
            lines[key] = Line(ciphertext, value.fingerprints)
    macs = {name: mac for name, (mac, _) in declared.macs().items()}
    return _lock(declared, desired.fingerprinter.kids, lines, macs)


def reuse(lock: Lock | None, declared: Cleartext) -> Lock | None:
    """The present lock without what is no longer declared; None where that takes a key.

    A line is taken over only where the ciphertext, the name and the place in AWS are the same.
    """
    if lock is None or keys_changed(lock, declared):
        return None
    ciphertexts = declared.ciphertexts()
    kept = {key: line for key, line in lock.lines.items() if key in ciphertexts}
    if {key: line.ciphertext for key, line in kept.items()} != ciphertexts:
        return None
    # Without the key nobody vouches for a MAC: what the lock says of it stays as it was.
    there = declared.macs()
    said = lock.macs
    macs = None if said is None else {
        name: said.get(name, mac)
        for name, (mac, _) in there.items()
        if name in said or mac in said.values()  # the second: it was renamed
    }  # fmt: skip
    return _lock(declared, lock.kids, kept, macs)


def _lock(
    declared: Cleartext,
    kids: tuple[str, ...],
    lines: Mapping[Key, Line],
    macs: Mapping[str, str] | None,
) -> Lock:
    scope = declared.settings.scope
    return Lock(
        scope.environment,
        scope.account,
        scope.region,
        scope.prefix,
        kids,
        declared.keys_ciphertext,
        lines,
        macs,
    )
