"""Who wrote what is live: recognised with the fingerprint keys, or, without them, by its form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from reconciler.values.sensitive import parse_token

_PROOF = re.compile(r"([0-9a-f]{6})[0-9a-f]{32}\Z")  # of an applied mark too
_BOUND = re.compile(r"([0-9a-f]{32}):([0-9a-f]{6})[0-9a-f]{32}\Z")


class Recogniser(Protocol):
    """Tells the reconciler's marks from others.

    :class:`~reconciler.values.sensitive.Fingerprinter`, which has the keys, is one, and its word
    is proof.
    """

    kids: tuple[str, ...]  # the ids of all fingerprint keys; the first writes

    @property
    def kid(self) -> str:
        """The id of the key that writes."""

    def is_generated(self, name: str, version_id: str) -> bool:
        """Whether this version id is one of a value that we generated."""

    def is_proof(self, name: str, proof: str) -> bool:
        """Whether this tag says that the secret is owned."""

    def is_applied(self, name: str, content: str, digest: str) -> bool:
        """Whether we remembered this content on the secret when we last wrote it."""

    def is_record(self, version: int, content: str, proof: str) -> bool:
        """Whether we wrote the record of what was applied so, as this version."""

    def is_stamp(
        self, name: str, type_: str, fingerprint: str, spec: str, version: int, kid: str, own: str
    ) -> bool:
        """Whether a parameter's stamp of these parts is this environment's."""

    def binding(self, name: str, version_id: str, tag: str) -> tuple[str, str] | None:
        """What ``tag`` binds to this version: the first 32 digits of a public fingerprint, and the
        id of the key that says so; None where it is of another version, or not owned."""


class UnverifiedRecogniser:
    """Recognises by form alone, for a plan without a key.

    Whoever may tag or write in AWS can forge every form: apply, which has the keys, verifies. What
    is well formed compares just as it does with the keys, so that the two plans are the same.
    """

    def __init__(self, kids: Sequence[str]) -> None:
        self.kids: tuple[str, ...] = tuple(kids)

    @property
    def kid(self) -> str:
        """The id of the key that writes."""
        return self.kids[0]

    def is_generated(self, name: str, version_id: str) -> bool:
        """Whether the version id has the form of one, under a known key."""
        token = parse_token(version_id)
        return token is not None and token.generated and token.kid in self.kids

    def is_proof(self, name: str, proof: str) -> bool:
        """Whether the tag has the form of one, under a known key."""
        match = _PROOF.match(proof)
        return match is not None and match[1] in self.kids

    def is_applied(self, name: str, content: str, digest: str) -> bool:
        """Whether the digest has the form of one, under a known key."""
        match = _PROOF.match(digest)
        return match is not None and match[1] in self.kids

    def is_record(self, version: int, content: str, proof: str) -> bool:
        """Whether the proof has the form of one, under a known key."""
        match = _PROOF.match(proof)
        return match is not None and match[1] in self.kids

    def is_stamp(
        self, name: str, type_: str, fingerprint: str, spec: str, version: int, kid: str, own: str
    ) -> bool:
        """Whether the stamp is of a known key; that it is well formed was seen before."""
        return kid in self.kids

    def binding(self, name: str, version_id: str, tag: str) -> tuple[str, str] | None:
        """What a well-formed tag says of this version."""
        live, _, rest = tag.partition(":")
        match = _BOUND.match(rest)
        if live != version_id or match is None or match[2] not in self.kids:
            return None
        return match[1], match[2]
