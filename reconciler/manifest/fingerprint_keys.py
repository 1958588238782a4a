"""The fingerprint keys of an environment, changed: a new one first, or the first one alone."""

from __future__ import annotations

import json
import secrets as randomness

from reconciler.core.errors import ManifestError
from reconciler.manifest import values
from reconciler.manifest.changes import Changes
from reconciler.manifest.cleartext import Cleartext
from reconciler.manifest.encrypted import FINGERPRINT_KEYS
from reconciler.values.sensitive import Sensitive
from reconciler.values.sops import Sops


def with_new(declared: Cleartext, sops: Sops) -> Changes:
    """A new key before those that there are; nothing is written yet. Raises ManifestError,
    SopsError."""
    document = declared.document
    keys = [Sensitive(randomness.token_hex(32)), *_keys(declared, sops)]
    raw = document.raw
    # sops sets no list, and appends where an index is one behind the last: so from there.
    for index, key in reversed(list(enumerate(keys))):
        path, text = (FINGERPRINT_KEYS, index), Sensitive(json.dumps(key.reveal()))
        raw = sops.set(raw, path, text, key_types=document.key_types)
    return _changes(declared, raw)


def first_alone(declared: Cleartext, sops: Sops) -> Changes:
    """Without all keys but the first; nothing is written yet. Raises ManifestError, SopsError."""
    document = declared.document
    _check(declared)
    raw = document.raw
    for index in range(declared.fingerprint_keys - 1, 0, -1):
        raw = sops.unset(raw, (FINGERPRINT_KEYS, index), key_types=document.key_types)
    return _changes(declared, raw)


def _keys(declared: Cleartext, sops: Sops) -> list[Sensitive[str]]:
    document = declared.document
    _check(declared)
    plain = sops.decrypt(document.raw, key_types=document.key_types)
    keys, flaws = values.fingerprint_keys(plain, declared.fingerprint_keys)
    if flaws:
        raise ManifestError([document.error(f.field, f.code, f.message, f.hint) for f in flaws])
    return keys


def _check(declared: Cleartext) -> None:
    refused = declared.trust.refuse([declared.document])
    if refused:
        raise ManifestError([problem for found in refused.values() for problem in found])


def _changes(declared: Cleartext, raw: bytes) -> Changes:
    document = declared.document
    changes = Changes(document.file.parent.parent)
    changes.put(document.file, document.raw, raw)
    return changes
