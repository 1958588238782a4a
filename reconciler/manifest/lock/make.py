"""Making a lock: with the key, or out of the present one where no ciphertext has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

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


def carry(lock: Lock, made: Lock, before: Cleartext) -> Lock | None:
    """``lock`` with the lines of ``made`` where a command has changed something since ``before``:
    what was outdated then stays so, since nobody has looked at it. None where the two are not under
    the same fingerprint keys."""
    if lock.macs is None or made.macs is None:
        return None
    if (lock.kids, lock.keys_ciphertext) != (made.kids, made.keys_ciphertext):
        return None
    was = before.ciphertexts()
    lines = {
        key: lock.lines[key] if key in lock.lines and was.get(key) == line.ciphertext else line
        for key, line in made.lines.items()
        if key in lock.lines or was.get(key) != line.ciphertext
    }
    there = {name: mac for name, (mac, _) in before.macs().items()}
    macs = {
        name: lock.macs[name] if name in lock.macs and there.get(name) == mac else mac
        for name, mac in made.macs.items()
        if name in lock.macs or there.get(name) != mac
    }
    return replace(made, lines=lines, macs=macs)


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
