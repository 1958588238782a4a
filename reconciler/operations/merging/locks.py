"""The locks of a merged environment, made with the key, and which of their lines neither side had:
each of them may have been the warning that a reviewer saw."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.core.errors import ManifestError, Problem
from reconciler.core.model import Key
from reconciler.manifest import Cleartext, Desired, lock
from reconciler.manifest.lock import Lock


@dataclass(frozen=True)
class Made:
    """What of an environment's locks was made: ``combined`` are values that each side has another
    part of, ``behind`` those whose line was out of date or missing on the side that they are from,
    and ``macs`` the files whose MAC no lock had."""

    environment: str
    combined: tuple[Key, ...] = ()
    behind: tuple[Key, ...] = ()
    macs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Side:
    """What one side declares of an environment, and its lock."""

    declared: Cleartext
    lock: Lock | None


def refuse_lies(sides: tuple[Side, Side], declared: Cleartext, desired: Desired) -> None:
    """Raises ManifestError where a side's lock says something untrue of a value that is merged:
    written again, the lock would vouch for it."""
    found: dict[tuple[str, str], Problem] = {}
    for side in sides:
        if side.lock is not None:
            for problem in lock.mismatches(side.lock, declared, desired):
                found.setdefault((problem.message, problem.place.path), problem)
    if found:
        raise ManifestError(list(found.values()))


def made(
    now: Lock, declared: Cleartext, sides: tuple[Side, Side], resolved: frozenset[str]
) -> Made:
    """What of ``now`` neither side's lock has. ``resolved`` are the files that were put together,
    by their path in the environment's folder: that their MAC is new goes without saying."""
    locks = [side.lock for side in sides if side.lock is not None]
    there = [side.declared.ciphertexts() for side in sides]
    combined: list[Key] = []
    behind: list[Key] = []
    for key, line in sorted(now.lines.items()):
        if any(known.lines.get(key) == line for known in locks):
            continue
        of_one_side = any(known.get(key) == line.ciphertext for known in there)
        (behind if of_one_side else combined).append(key)
    macs = [
        name
        for name, (mac, _) in sorted(declared.macs().items())
        if name not in resolved and not any((known.macs or {}).get(name) == mac for known in locks)
    ]
    scope = declared.settings.scope
    return Made(scope.environment, tuple(combined), tuple(behind), tuple(macs))
