"""What git declares, as far as a lock tells it: structure from git, values by fingerprints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.aws.recogniser import Recogniser, UnverifiedRecogniser
from reconciler.core.errors import ManifestError
from reconciler.core.model import Key, Policy, Resource, Scope
from reconciler.kinds.kind import UNUSED_AFTER, Locked
from reconciler.manifest import Cleartext
from reconciler.manifest.lock.check import check, keys_changed
from reconciler.manifest.lock.file import Lock


@dataclass(frozen=True)
class Declared:
    """What a plan without a key is made of."""

    scope: Scope
    policy: Policy
    resources: Mapping[Key, Resource]
    recogniser: Recogniser
    unmanaged_fails: bool = False
    unused_after: int = UNUSED_AFTER
    admitted: str | None = None  # digest of who gets at values by what git says


def declare(lock: Lock, cleartext: Cleartext) -> Declared:
    """Everything declared. Of a value whose ciphertext is not the one that the lock was made of,
    nothing but that ciphertext is known.

    Raises ManifestError where the lock is not one of these manifests.
    """
    problems = check(lock, cleartext)
    if not problems and keys_changed(lock, cleartext):
        problems = [
            lock.problem(
                "lock-keys",
                "the lock was made with other fingerprint keys, so it recognises nothing in AWS",
                warning=False,
            )
        ]
    if problems:
        raise ManifestError(problems)
    known = {}
    for key, ciphertext in cleartext.ciphertexts().items():
        line = lock.lines[key]
        if line.ciphertext == ciphertext:
            known[key] = Locked(line.fingerprints)
        else:
            known[key] = Locked(ciphertext=ciphertext)
    trust = UnverifiedRecogniser(lock.kids)
    settings = cleartext.settings
    return Declared(
        settings.scope,
        settings.policy,
        cleartext.locked(known, trust),
        trust,
        settings.unmanaged_fails,
        settings.unused_after,
        cleartext.admitted,
    )
