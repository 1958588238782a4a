"""A value that is still encrypted as it was when somebody could decrypt it who no longer should.

Removing a recipient takes nothing away: what it could read is in git's history. sops leaves the
ciphertext of a value alone until the value changes or the file gets a new data key, so an old
ciphertext is an old value. Behind a new one the lock tells the same value by its fingerprint, as
long as the fingerprint key is the same; else that takes a key to see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.core.errors import UsageError
from reconciler.core.model import Key
from reconciler.kinds.field import NONE
from reconciler.manifest import lock
from reconciler.manifest.document import Data, Document, Path_, parse
from reconciler.manifest.encrypted import ciphertexts
from reconciler.manifest.entries import Entry
from reconciler.manifest.gitfiles import Repository, Version
from reconciler.manifest.metadata import BLOCK
from reconciler.manifest.recipients import from_file
from reconciler.rules.rule import Finding, Subject
from reconciler.rules.same_value import what
from reconciler.rules.together import more

CODE = "old-ciphertext"
REASON = "whoever could once decrypt a value can read it in git's history until the value changes"

_AT_ONCE = 32  # versions of files in memory
# What tells one key from another in a `sops` block, where a whole parse would take a thousand times
# as long. Whatever stands on other lines changes with every edit.
_IDENTITY = re.compile(rb"(?:recipient|arn|fp|resource_id|key_id|vault_address|vault_url|name)"
                       rb"[\"']?[ ]*:[^\n]*")  # fmt: skip


@dataclass(frozen=True)
class Reader:
    """Somebody who could decrypt a file, until a commit (None: until it is committed)."""

    name: str
    until: str | None

    def __str__(self) -> str:
        return self.name if self.until is None else f"{self.name} (until commit {self.until[:12]})"


def find(subject: Subject) -> Iterator[Finding]:
    """Values whose present ciphertext stands in a version of the file that was encrypted for
    somebody who is no recipient any more. Nothing is decrypted. Of what rotates, git holds the seed
    only, which no longer opens anything, and the keys that git owns."""
    repository = subject.repository
    head = None if repository is None else newest(repository)
    if repository is None or head is None:
        return
    versions = repository.versions(head, subject.environment)
    fingerprints = Fingerprints(subject, repository, head)
    for document, entries in _documents(subject).items():
        root = subject.declared.document.file.parent.parent
        past = versions.get(document.file.relative_to(root).as_posix(), [])
        found, readers = exposed(document, past, repository)
        by_entry: dict[Path_, dict[Path_, Reader]] = {}
        for path, reader in found.items():
            by_entry.setdefault(path[:2], {})[path] = reader
        for entry in entries:
            known = by_entry.get(entry.path) or fingerprints.exposed(entry, readers)
            parts = _owned(entry, known)
            if parts:
                yield _value(entry, parts, subject.environment)


class Fingerprints:
    """Values that are the same as in an earlier commit, as the locks of both say. No lock that can
    be read, then or now, says nothing."""

    def __init__(self, subject: Subject, repository: Repository, head: str) -> None:
        self._subject, self._repository, self._head = subject, repository, head
        self._then: dict[str, lock.Prints] = {}
        self._now: lock.Prints | None = None
        self._now_texts: dict[Document, Mapping[Path_, str]] = {}

    def exposed(self, entry: Entry, readers: Sequence[Reader]) -> dict[Path_, Reader]:
        """The value of an entry, or the keys of it that git owns, by its path, with the first of
        these readers who could read it."""
        if entry.holder is None or not readers:
            return {}
        settings = self._subject.declared.settings
        whole = entry.resource_key(settings)
        path = (*entry.path, "value")
        leaves = tuple(one for one in self._texts(entry.holder) if one[:3] == path)
        keys = {part: tuple((*path, name) for name in entry.fields.get("git_keys") or ())
                for part in entry.kind.parts(whole.name, entry.declared)}  # fmt: skip
        for reader in readers:
            try:
                then = self._of(reader)
                now = self._present() if then else {}
            except UsageError:
                continue  # a shallow or partial clone
            found = {
                one: reader
                for key, paths in {whole: leaves, **keys}.items()
                if now.get(key, frozenset()) & then.get(key, frozenset())
                for one in paths
            } or self._left(entry.holder, path, whole, reader)
            if found:
                return found
        return {}

    def _left(
        self, document: Document, path: Path_, whole: Key, reader: Reader
    ) -> dict[Path_, Reader]:
        """The parts of a value of which others have changed since: as they were encrypted in the
        commit that took the reader away, in which the whole was still what they could read."""
        if reader.until is None:
            return {}
        try:
            if not self._of(reader).get(whole, frozenset()) & self._in(reader.until).get(
                whole, frozenset()
            ):
                return {}
            blob = self._repository.files(reader.until).get(self._name(document))
            raw = {} if blob is None else self._repository.read([blob])
        except UsageError:
            return {}  # a shallow or partial clone
        then: dict[Path_, str] = {}
        for content in raw.values():
            then = dict(ciphertexts(parse(document.file, document.name, content).data))
        now = self._texts(document).items()
        return {one: reader for one, text in now if one[:3] == path and then.get(one) == text}

    def _texts(self, document: Document) -> Mapping[Path_, str]:
        """The encrypted texts of a document as it is now, by their paths."""
        if document not in self._now_texts:
            parsed = parse(document.file, document.name, document.raw)
            self._now_texts[document] = dict(ciphertexts(parsed.data))
        return self._now_texts[document]

    def _name(self, document: Document) -> str:
        root = self._subject.declared.document.file.parent.parent
        return document.file.relative_to(root).as_posix()

    def _present(self) -> lock.Prints:
        """What the locks say now, and what they said of the same value under earlier keys: for a
        while they have it under both."""
        if self._now is None:
            root = self._subject.declared.document.file.parent
            now = dict(_prints(file.read_bytes() for file in root.rglob(f"*{lock.FILE}")))
            states = self._repository.states(
                self._head, self._subject.environment, lock.FILE, lock.MOST
            )
            for _, held in states:
                then = _prints(self._repository.contents(held).values())
                for key, said in now.items():
                    if said & then.get(key, frozenset()):
                        now[key] = said | then[key]
            self._now = now
        return self._now

    def _of(self, reader: Reader) -> lock.Prints:
        """What the locks said in the last commit in which a reader could decrypt."""
        last = self._head if reader.until is None else self._repository.commit(f"{reader.until}^")
        return self._in(last)

    def _in(self, commit: str) -> lock.Prints:
        """What the locks said in a commit."""
        if commit not in self._then:
            blobs = [
                blob
                for name, blob in self._repository.files(commit).items()
                if name.startswith(f"{self._subject.environment}/") and name.endswith(lock.FILE)
            ]
            self._then[commit] = _prints(self._repository.read(blobs).values())
        return self._then[commit]


def _prints(locks: Iterable[bytes]) -> lock.Prints:
    """The fingerprints of each value, and not the digest of its ciphertext."""
    said = {key: found for raw in locks for key, found in lock.prints(raw).items()}
    return {key: frozenset(one for one in found if not one.startswith("ct:"))
            for key, found in said.items()}  # fmt: skip


def conclusive(subject: Subject) -> bool:
    """All of the history has to be there."""
    repository = subject.repository
    return repository is not None and not repository.shallow and newest(repository) is not None


def newest(repository: Repository) -> str | None:
    """The commit that is checked out, None where there is none yet."""
    try:
        return repository.commit("HEAD")
    except UsageError:
        return None  # nothing was committed yet


def _documents(subject: Subject) -> dict[Document, list[Entry]]:
    found: dict[Document, list[Entry]] = {subject.declared.document: []}
    for entry in subject.declared.entries:
        if entry.holder is not None:
            found.setdefault(entry.holder, []).append(entry)
    return found


def exposed(
    document: Document, past: Sequence[Version], repository: Repository
) -> tuple[dict[Path_, Reader], list[Reader]]:
    """Who could read each encrypted text of a document that stands there still, by its path; and
    everybody who could read the document once and can no more, newest first."""
    present = _identities(document.raw)
    found: dict[Path_, Reader] = {}
    readers: list[Reader] = []
    now: Data = None
    for start in range(0, len(past), _AT_ONCE):
        some = past[start : start + _AT_ONCE]
        try:
            contents = repository.contents(version.object_id for version in some)
        except UsageError:
            return found, readers  # a partial clone
        for version in some:
            raw = contents[version.object_id]
            if _identities(raw) == present:
                continue
            now = now or parse(document.file, document.name, document.raw).data
            then = parse(document.file, document.name, raw).data
            gone = sorted(_recipients(then) - _recipients(now))
            if gone:
                reader = Reader(gone[0] + more(len(gone) - 1), version.until)
                readers.append(reader)
                old = dict(ciphertexts(then))
                for path, text in ciphertexts(now):
                    if old.get(path) == text:
                        found.setdefault(path, reader)
    return found, readers


def _identities(raw: bytes) -> frozenset[bytes]:
    return frozenset(_IDENTITY.findall(raw, max(0, raw.rfind(b"\nsops:"))))


def _recipients(data: Data) -> set[str]:
    block = data.get(BLOCK) if isinstance(data, dict) else None
    groups = from_file(block) if isinstance(block, dict) else None
    return {str(recipient) for group in groups or () for recipient in group}


def _owned(entry: Entry, exposed: Mapping[Path_, Reader]) -> Mapping[Path_, Reader]:
    """Those parts of a value that are git's to change."""
    if entry.fields.get("rotation") in (None, NONE):
        return exposed
    owned = entry.fields.get("git_keys") or ()
    return {path: reader for path, reader in exposed.items() if path[3:4] and path[3] in owned}


def _value(entry: Entry, exposed: Mapping[Path_, Reader], environment: str) -> Finding:
    parts = list(exposed)
    others = ", ".join(dict.fromkeys(str(one[3]) for one in parts[1:] if one[3:]))
    told = what(entry.key, ".".join(map(str, parts[0][3:])))
    return Finding(
        f"{told}{more(len(parts) - 1)} is as it was when it could be decrypted by"
        f" {exposed[parts[0]]}",
        f"change it where it is used, and then here: reconciler set {environment} {entry.key}"
        + (f" --key {parts[0][3]}" if parts[0][3:] else "")
        + (f"; the same for {others}" if others else ""),
        entry,
        parts[0][2:],
    )
