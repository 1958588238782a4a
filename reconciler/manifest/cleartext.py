"""An environment read in clear, and the step from there to what git declares in full."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from reconciler.aws.recogniser import Recogniser
from reconciler.core.digest import canonical
from reconciler.core.errors import ManifestError, Problem, SopsError
from reconciler.core.model import Key, Place, Resource
from reconciler.kinds.kind import Content, Locked, Settings
from reconciler.manifest import admitted, opened, values
from reconciler.manifest.desired import Desired
from reconciler.manifest.document import Document
from reconciler.manifest.encrypted import FINGERPRINT_KEYS, Shape
from reconciler.manifest.entries import PLAINTEXT, Entry
from reconciler.manifest.rules import Rules
from reconciler.manifest.trust import Trust
from reconciler.values.sensitive import Fingerprinter, Sealed, Sensitive
from reconciler.values.sops import Sops

_WHERE = {"no-key": ("sops",), "mac-mismatch": ("sops", "mac")}


@dataclass(frozen=True)
class Cleartext:
    """Everything about an environment that needs no key; every check of it has passed."""

    settings: Settings
    document: Document  # environment.sops.yaml
    fingerprint_keys: int  # how many are listed
    entries: tuple[Entry, ...]
    trust: Trust
    rules: Rules
    warnings: tuple[Problem, ...] = ()

    def resources(self) -> Mapping[Key, Resource]:
        """All resources without the fingerprints of their values: what can be known without a
        key."""
        found: dict[Key, Resource] = {}
        for entry in self.entries:
            parsed = entry.parse(None, self.settings, None)
            found.update((resource.key, resource) for resource in parsed.resources)
        return found

    def ciphertexts(self) -> Mapping[Key, str]:
        """For each declared value the digest of what stands in git: another where the value may be
        another."""
        found: dict[Key, str] = {}
        for entry in self.entries:
            found.update(entry.ciphertexts(self.settings))
        return found

    @property
    def plaintexts(self) -> frozenset[Key]:
        """The resources whose values stand in git in clear."""
        clear = (entry for entry in self.entries if PLAINTEXT in entry.fields)
        return frozenset(entry.resource_key(self.settings) for entry in clear)

    @property
    def keys_ciphertext(self) -> str:
        """The digest of the encrypted fingerprint keys."""
        data = self.document.data
        keys = data.get(FINGERPRINT_KEYS) if isinstance(data, dict) else None
        return hashlib.sha256(canonical(keys).encode()).hexdigest()

    @property
    def admitted(self) -> str:
        """The digest of who gets at values by what git says."""
        root = self.document.file.parent.parent
        return admitted.digest(root, self.rules, self.document, self.documents, self.entries)

    def macs(self) -> Mapping[str, tuple[str, frozenset[Key]]]:
        """For each encrypted file, by its path in the environment's folder, its MAC's digest and
        the values in it."""
        held: dict[Document, set[Key]] = {document: set() for document in self.documents}
        for entry in self.entries:
            if entry.holder is not None:
                held[entry.holder].update(entry.ciphertexts(self.settings))
        folder = self.document.file.parent
        return {
            document.file.relative_to(folder).as_posix(): (document.mac, frozenset(keys))
            for document, keys in held.items()
        }

    def homes(self) -> Mapping[Key, str]:
        """For each declared value the manifest in the environment's folder in which it stands, by
        its path there; without those that stand in an included file."""
        folder = self.document.file.parent
        found: dict[Key, str] = {}
        for entry in self.entries:
            document = entry.source
            if document is not None and not document.included:
                name = document.file.relative_to(folder).as_posix()
                found.update(dict.fromkeys(entry.ciphertexts(self.settings), name))
        return found

    def locked(self, known: Mapping[Key, Locked], trust: Recogniser) -> Mapping[Key, Resource]:
        """All resources, with values as far as a lock knows them: what :meth:`decrypt` makes, but
        for what is written."""
        found: dict[Key, Resource] = {}
        for entry in self.entries:
            value = entry.locked(known, self.settings)
            parsed = entry.parse(value, self.settings, trust)
            found.update((resource.key, resource) for resource in parsed.resources)
        return found

    def decrypt(self, sops: Sops) -> Desired:
        """Everything that the environment declares, values included.

        Raises ManifestError with all problems that only the values show, or that sops meets, and
        with keys that sops may not ask; SopsError where sops itself is missing.
        """
        refused = self.trust.refuse(self.documents)
        allowed = [document for document in self.documents if document not in refused]
        decrypted, problems = _decrypt_all(sops, allowed)
        problems += [problem for found in refused.values() for problem in found]
        fingerprinter = self._fingerprinter(decrypted, problems)
        resources: dict[Key, Resource] = {}
        sealed: dict[Key, Sealed] = {}
        for document, entries in self._by_document():
            found = self._contents(document, entries, decrypted, problems)
            for entry in entries:
                content = found.get(entry.path)
                if entry.shape is not None and content is None:
                    continue  # its problem is told
                parsed = entry.parse(content, self.settings, fingerprinter)
                problems += map(entry.problem, parsed.flaws)
                resources.update((resource.key, resource) for resource in parsed.resources)
                sealed.update(parsed.sealed)
        if problems or fingerprinter is None:
            raise ManifestError(sorted(problems, key=lambda p: (p.place.path, p.place.line)))
        return Desired(
            self.settings, resources, sealed, fingerprinter, self.warnings, self.admitted
        )

    def kms_keys(self) -> list[tuple[str, str]]:
        """The ARN of each KMS key that decrypting may take, with that of the role that sops then
        assumes, if any."""
        found = {r for document in self.documents for r in document.recipients}
        return sorted({r.identity[:2] for r in found if r.type == "kms"})  # type: ignore[misc]

    @property
    def documents(self) -> list[Document]:
        """All files that are encrypted."""
        holders = [entry.holder for entry in self.entries if entry.holder is not None]
        return list(dict.fromkeys([self.document, *holders]))

    def _by_document(self) -> Iterable[tuple[Document | None, list[Entry]]]:
        """The entries by the document that holds their value, so that the plaintext of one
        document at a time is in use."""
        groups: dict[Document | None, list[Entry]] = {}
        for entry in self.entries:
            groups.setdefault(entry.holder, []).append(entry)
        return groups.items()

    def _contents(
        self,
        document: Document | None,
        entries: list[Entry],
        decrypted: dict[Document, Sensitive[bytes]],
        problems: list[Problem],
    ) -> dict[tuple[str, str], Content]:
        plain = decrypted.pop(document, None) if document is not None else None
        if plain is None:
            return {}
        wanted: dict[tuple[str, str], Shape] = {
            entry.path: entry.shape for entry in entries if entry.shape is not None
        }
        found: dict[tuple[str, str], Content] = {}
        by_path = {entry.path: entry for entry in entries}
        for path, (content, flaws) in values.contents(plain, wanted).items():
            problems += map(by_path[path].problem, flaws)
            if content is not None:
                found[path] = content
        return found

    def _fingerprinter(
        self, decrypted: dict[Document, Sensitive[bytes]], problems: list[Problem]
    ) -> Fingerprinter | None:
        plain = decrypted.pop(self.document, None)
        if plain is None:
            return None
        keys, flaws = values.fingerprint_keys(plain, self.fingerprint_keys)
        problems += [self.document.error(f.field, f.code, f.message, f.hint) for f in flaws]
        return None if flaws else Fingerprinter(keys, self.settings.scope)


def _decrypt_all(
    sops: Sops, documents: list[Document]
) -> tuple[dict[Document, Sensitive[bytes]], list[Problem]]:
    """Each document decrypted, in parallel: sops takes 20 ms even for a small one."""

    def one(document: Document) -> Sensitive[bytes] | SopsError:
        try:
            return sops.decrypt(document.raw, key_types=document.key_types)
        except SopsError as error:
            return error

    workers = min(len(documents) or 1, 2 + (os.cpu_count() or 1))
    with ThreadPoolExecutor(workers, thread_name_prefix="sops") as pool:
        outcomes = list(pool.map(one, documents))
    decrypted: dict[Document, Sensitive[bytes]] = {}
    failed: dict[tuple[str, str, str | None], list[Document]] = {}
    for document, outcome in zip(documents, outcomes, strict=True):
        if isinstance(outcome, Sensitive):
            decrypted[document] = outcome
    problems: list[Problem] = []
    for document, outcome in zip(documents, outcomes, strict=True):
        if isinstance(outcome, Sensitive):
            continue
        if outcome.code == "sops-missing":
            raise outcome
        if outcome.code == "no-key" and opened.should_open(document, decrypted):
            problems.append(opened.problem(document))
        else:
            failed.setdefault((outcome.code, outcome.message, outcome.hint), []).append(document)
    problems += [problem for why, files in failed.items() for problem in _told(*why, files)]
    return decrypted, problems


def _told(code: str, message: str, hint: str | None, documents: list[Document]) -> list[Problem]:
    """A failure's problems: a missing key is one, however many files it is missing for."""
    places: list[Place] = [document.place(_WHERE.get(code, ())) for document in documents]
    if code == "no-key" and len(places) > 1:
        more = len(places) - 1
        others = f"{message} or {more} others" if more > 1 else f"{message} or 1 other"
        return [Problem(places[0], code, others, hint)]
    return [Problem(place, code, message, hint) for place in places]
