"""A lock against the manifests that it is of: with the key for its truth, without it for the rest.

A line whose ciphertext is another than that in git is *outdated*, and says nothing any more. One
whose ciphertext is the same and whose fingerprint is not is a *lie*: nobody with the key wrote it.
"""

from __future__ import annotations

import shlex

from reconciler.core.errors import Problem
from reconciler.core.model import Key
from reconciler.manifest import Cleartext, Desired
from reconciler.manifest.lock.file import Lock
from reconciler.manifest.lock.head import again


def check(lock: Lock, declared: Cleartext) -> list[Problem]:
    """What is wrong with a lock, as far as no key is needed: a head of something else, a value
    without a line, a line without a value."""
    scope = declared.settings.scope
    if not lock.is_of(scope):
        message = f"the lock's header does not match the manifests of {scope.environment}"
        # Of a folder that was renamed, the lock names the old environment: there is none any more.
        hint = again(scope.environment)
        return [lock.problem("lock-head", message, warning=False, hint=hint)]
    ciphertexts = declared.ciphertexts()
    missing = [
        lock.problem("lock-missing", f"{key} has no line in the lock", at=key, warning=False)
        for key in sorted(ciphertexts.keys() - lock.lines.keys())
    ]
    extra = [
        lock.problem("lock-extra", f"{key} has a line and no value in git", at=key, warning=False)
        for key in sorted(lock.lines.keys() - ciphertexts.keys())
    ]
    return missing + extra


def outdated(lock: Lock, declared: Cleartext) -> list[Problem]:
    """Warnings of what in a lock is of another ciphertext than that in git."""
    if keys_changed(lock, declared):
        message = "the fingerprint keys were encrypted again: the lock may be of older ones"
        return [lock.problem("lock-outdated", message, warning=True)]
    old = sorted(key for key in unknown_values(lock, declared) if key in lock.lines)
    clear = declared.plaintexts
    encrypted = [
        lock.problem(
            "lock-outdated",
            f"{key} was encrypted again: the lock does not know its value",
            at=key,
            warning=True,
        )
        for key in old
        if key not in clear
    ]
    return [*encrypted, *(_edited(lock, key) for key in old if key in clear)]


def _edited(lock: Lock, key: Key) -> Problem:
    """In git anybody can read it, and what is in AWS is known by its fingerprint alone."""
    message = (
        f"the `plaintext` of {key} was edited after the lock was made: a plan without the key"
        " cannot tell whether AWS has it, and apply refuses to write it"
    )
    hint = f"before it is merged, let somebody with the key run: reconciler lock {lock.environment}"
    return lock.problem("lock-plaintext", message, at=key, warning=True, hint=hint)


def unknown_values(lock: Lock, declared: Cleartext) -> frozenset[Key]:
    """The values of which a plan without the key could say nothing, by this lock."""
    of_other_keys = keys_changed(lock, declared)
    return frozenset(
        key
        for key, ciphertext in declared.ciphertexts().items()
        if of_other_keys or _outdated(lock, key, ciphertext)
    )


def macs(lock: Lock, declared: Cleartext) -> list[Problem]:
    """Files whose MAC does not go with their values: it changed and they did not, or they did and
    it stayed. sops would refuse them, and here that takes no key.

    A MAC that changed alone is an error. Where anything else of the lock is outdated, at which a
    person looks anyway, it is a warning: a value may have moved to another file.
    """
    if lock.macs is None:
        return [lock.problem("lock-outdated", "the lock has no MACs: 0.1 wrote it", warning=True)]
    now = declared.ciphertexts()
    changed = {key for key, text in now.items() if _outdated(lock, key, text)}
    gone = lock.lines.keys() - now.keys()
    keys = keys_changed(lock, declared)
    found = []
    for name, (mac, held) in sorted(declared.macs().items()):
        was = lock.macs.get(name)
        own = keys if name == declared.document.file.name else bool(changed & held)
        if was is None:
            message = f"the lock has no MAC of {name}"
            found.append(lock.problem("lock-outdated", message, warning=True))
        elif was == mac and own:
            message = f"values of {name} changed, and its MAC did not"
            found.append(_mac(lock, name, message, warning=True))
        elif was != mac and not own:
            message = f"the MAC of {name} changed, and none of its values did"
            found.append(_mac(lock, name, message, warning=bool(changed or gone or keys)))
    for name in sorted(lock.macs.keys() - declared.macs().keys()):
        message = f"the lock has a MAC of {name}, which has no value"
        found.append(lock.problem("lock-outdated", message, at=name, warning=True))
    return found


def _outdated(lock: Lock, key: Key, ciphertext: str) -> bool:
    line = lock.lines.get(key)
    return line is None or line.ciphertext != ciphertext


def _mac(lock: Lock, name: str, message: str, *, warning: bool) -> Problem:
    again = f"reconciler lock {lock.environment}"
    hint = f"restore the file from a commit before; or, if sops decrypts it: {again}"
    return lock.problem("lock-mac", message, at=name, warning=warning, hint=hint)


def keys_changed(lock: Lock, declared: Cleartext) -> bool:
    """Whether the fingerprint keys may be others than those that the lock was made with."""
    return lock.keys_ciphertext != declared.keys_ciphertext


def mismatches(lock: Lock, declared: Cleartext, desired: Desired) -> list[Problem]:
    """Lines that say something untrue of the very ciphertext that is in git.

    Also where the head says that the fingerprint keys were others: whoever may push can write that,
    and what is said under a key that is here can be checked all the same.
    """
    same = lock.kids == desired.fingerprinter.kids
    if not same and not keys_changed(lock, declared):
        return [_lie(lock, None, "the key ids are not those of the fingerprint keys in git")]
    return [
        _lie(lock, key, f"the lock's fingerprint of {key} is not that of its value")
        for key, ciphertext in sorted(declared.ciphertexts().items())
        if _says_untrue(lock, key, ciphertext, desired)
    ]


def _says_untrue(lock: Lock, key: Key, ciphertext: str, desired: Desired) -> bool:
    line = lock.lines.get(key)
    if line is None or line.ciphertext != ciphertext:
        return False
    value = desired.resources[key].value
    true = dict(
        zip(desired.fingerprinter.kids, () if value is None else value.fingerprints, strict=False)
    )
    said = dict(zip(lock.kids, line.fingerprints, strict=False))
    return value is None or any(true.get(kid, said[kid]) != said[kid] for kid in said)


def _lie(lock: Lock, key: Key | None, message: str) -> Problem:
    # Written again, the lock would vouch for a value that somebody without the key may have put in.
    path = shlex.quote(lock.place(key).path)
    hint = (
        f"find out who wrote it: git log -p -- {path}; and restore that file, and the value's, from"
        " a commit before"
    )
    return lock.problem("lock-lie", message, at=key, warning=False, hint=hint)
