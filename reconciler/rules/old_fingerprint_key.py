"""A fingerprint key that somebody could decrypt who is no recipient any more.

Whoever holds it can compute the digest of any value that they guess, and compare it with the locks
in git and the version ids in AWS: of values that are written next year, too, until the key is
changed and the old one removed. A new data key gives the same fingerprint key another ciphertext,
and the lock's history knows it by its id still.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reconciler.core.errors import ManifestError, UsageError
from reconciler.manifest import lock
from reconciler.manifest.encrypted import FINGERPRINT_KEYS
from reconciler.manifest.gitfiles import Repository
from reconciler.rules import old_ciphertext
from reconciler.rules.old_ciphertext import Reader
from reconciler.rules.rule import Finding, Subject

CODE = "old-fingerprint-key"
REASON = (
    "whoever could once decrypt a fingerprint key can test guesses of short values against the lock"
    " and against version ids, new ones too, until the key is changed and the old one removed"
)

_IDS = re.compile(rb"^keys: ([0-9a-f ]+)$", re.MULTILINE)


def find(subject: Subject) -> Iterator[Finding]:
    """Each key of the environment that a removed recipient could read. Nothing is decrypted."""
    repository = subject.repository
    head = None if repository is None else old_ciphertext.newest(repository)
    if repository is None or head is None:
        return
    document = subject.declared.document
    root = document.file.parent.parent
    versions = repository.versions(head, subject.environment)
    past = versions.get(document.file.relative_to(root).as_posix(), [])
    exposed, readers = old_ciphertext.exposed(document, past, repository)
    found = {path[1]: one for path, one in exposed.items() if path[0] == FINGERPRINT_KEYS}
    for number, kid in enumerate(_present(subject)):
        for reader in readers:
            if kid in _ids(repository, reader, head, subject.environment):
                found.setdefault(number, reader)
                break
    for index, reader in sorted(found.items(), key=lambda one: str(one[0])):
        yield Finding(
            f"a fingerprint key is one that could be decrypted by {reader}",
            f"change it: reconciler rotate-keys {subject.environment}; until then guesses of short"
            " values can be tested with it",
            field=(FINGERPRINT_KEYS, index),
        )


conclusive = old_ciphertext.conclusive


def _present(subject: Subject) -> Sequence[str]:
    """The ids of the environment's keys in their order, as far as its lock knows them."""
    root = subject.declared.document.file.parent.parent
    try:
        found = lock.load(root, subject.environment)
    except ManifestError:
        return ()  # `validate` says by itself what is wrong with it
    return () if found is None else found.kids


def _ids(repository: Repository, reader: Reader, head: str, environment: str) -> frozenset[str]:
    """The ids in the lock, in the last commit in which somebody could decrypt the keys."""
    try:
        commit = head if reader.until is None else repository.commit(f"{reader.until}^")
        blob = repository.files(commit).get(f"{environment}/{lock.FILE}")
        raw = b"" if blob is None else repository.read([blob])[blob.object_id]
    except UsageError:
        return frozenset()  # a shallow or partial clone
    ids = _IDS.search(raw)
    return frozenset(ids[1].decode().split()) if ids else frozenset()
