"""Secret values, and the keyed digests by which everything else knows them.

A :class:`Sensitive` cannot be printed, formatted, pickled, copied or turned into JSON by accident:
``reveal`` is the only way to its content, and is called where AWS or sops is given the value.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets as randomness
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

from reconciler.core.model import Scope

T = TypeVar("T", str, bytes)

MASK = "(sensitive)"


class Sensitive(Generic[T]):
    """A value that may not leave the process.

    ``repr``, ``str`` and formatting give a mask; pickling, copying, iterating, hashing and
    comparing raise TypeError, so that neither a debugger's view nor a container's method shows it.
    """

    __slots__ = ("__content",)

    def __init__(self, content: T) -> None:
        self.__content: T = content

    def reveal(self) -> T:
        """The content. Call it only in the expression that hands it to AWS or to sops."""
        return self.__content

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError("a sensitive value cannot be copied, compared, hashed or serialised")

    if not TYPE_CHECKING:  # to a type checker these stay object's own
        __reduce__ = __reduce_ex__ = __getstate__ = __copy__ = __deepcopy__ = _refuse
        __hash__ = __eq__ = __len__ = __iter__ = __bytes__ = _refuse


# Each digest is made for one purpose, so that none can be passed off as another.
_KID = b"kid"
_SECRET = b"reconciler/secret-version/1"
_GENERATED = b"reconciler/generated-version/1"
_PARAMETER = b"reconciler/parameter-value/1"
_STAMP = b"reconciler/parameter-stamp/1"
_PROOF = b"reconciler/owner-proof/1"
_BOUND = b"reconciler/bound-version/1"
_APPLIED = b"reconciler/last-applied/1"
_RECORD = b"reconciler/applied-record/1"
_GIT_KEYS = b"reconciler/git-keys/1"
_MERGED = b"reconciler/merged-version/1"
_COPIED = b"reconciler/copied-version/1"
_PUBLIC = b"reconciler/public-fingerprint/1"


def frame(*parts: str | bytes) -> bytes:
    """Each part's bytes after its length as 8 bytes, big-endian: no two lists of parts collide."""
    out = b""
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        out += len(data).to_bytes(8, "big") + data
    return out


def public(fingerprint: str) -> str:
    """What plans and locks hold in place of a fingerprint.

    A fingerprint of a secret is a future version id: whoever may write a secret could claim it
    first, with another value. Its SHA-256 tells the same from different and can claim nothing.
    """
    return hashlib.sha256(frame(_PUBLIC, fingerprint)).hexdigest()


@dataclass(frozen=True)
class Token:
    """A version id that we could have written, taken apart."""

    generated: bool
    kid: str


_OWN_ID = re.compile("[rg]1[0-9a-f]{62}")


def parse_token(version_id: str) -> Token | None:
    """The parts of a version id made here, or None if it has another form."""
    if not _OWN_ID.fullmatch(version_id):
        return None
    return Token(generated=version_id[0] == "g", kid=version_id[2:8])


class Fingerprinter:
    """Keyed digests of one environment's values, under each of its fingerprint keys.

    The first key writes; all are recognised. ``keys`` are 64 hex digits each.
    """

    def __init__(self, keys: Sequence[Sensitive[str]], scope: Scope) -> None:
        # What each digest begins with is worked out once, and copied.
        self._keyed = tuple(hmac.new(bytes.fromhex(k.reveal()), digestmod="sha256") for k in keys)
        self._scope = scope
        self.kids: tuple[str, ...] = tuple(_finished(keyed, _KID)[:6] for keyed in self._keyed)

    def __repr__(self) -> str:
        return f"Fingerprinter(kids={self.kids})"

    @property
    def kid(self) -> str:
        """The id of the key that writes: 6 hex digits."""
        return self.kids[0]

    def _digest(self, index: int, length: int, *parts: str | bytes) -> str:
        return _finished(self._keyed[index], frame(*parts))[:length]

    def secret_tokens(
        self, name: str, content: Sensitive[str] | Sensitive[bytes]
    ) -> tuple[str, ...]:
        """The version id of a secret's value under each key.

        "This value becomes the VersionId of the new version", 32 to 64 characters: the id of a
        version is the fingerprint of its value, and a list of secrets shows it without a read.
        """
        raw = content.reveal()
        encoding = "string" if isinstance(raw, str) else "binary"
        data = raw.encode() if isinstance(raw, str) else raw
        return tuple(
            "r1"
            + kid
            + self._digest(i, 56, _SECRET, *self._where(), "secret", name, encoding, data)
            for i, kid in enumerate(self.kids)
        )

    def generated_token(self, name: str, nonce: str | None = None) -> str:
        """A version id for a generated value: ours by its form and digest, whatever the value."""
        nonce = nonce if nonce is not None else randomness.token_hex(12)
        return (
            "g1" + self.kid + nonce + self._digest(0, 32, _GENERATED, *self._where(), name, nonce)
        )

    def is_generated(self, name: str, version_id: str) -> bool:
        """Whether this version id was made by :meth:`generated_token` under a known key."""
        token = parse_token(version_id)
        if token is None or not token.generated or token.kid not in self.kids:
            return False
        nonce, digest = version_id[8:32], version_id[32:]
        expected = self._digest(
            self.kids.index(token.kid), 32, _GENERATED, *self._where(), name, nonce
        )
        return hmac.compare_digest(expected.encode(), digest.encode())

    def parameter_fingerprints(
        self, name: str, type_: str, content: Sensitive[str]
    ) -> tuple[str, ...]:
        """The fingerprint of a parameter's value under each key: 56 hex digits."""
        return tuple(
            self._digest(i, 56, _PARAMETER, *self._where(), name, type_, content.reveal())
            for i in range(len(self.kids))
        )

    def stamp_digest(
        self,
        name: str,
        type_: str,
        fingerprint: str,
        spec: str,
        version: int,
        kid: str | None = None,
    ) -> str | None:
        """The part of a parameter's stamp that proves it owned, or None for an unknown key."""
        kid = self.kid if kid is None else kid
        if kid not in self.kids:
            return None
        return self._digest(
            self.kids.index(kid),
            32,
            _STAMP,
            self._scope.owner_id,
            *self._where(),
            name,
            type_,
            fingerprint,
            spec,
            str(version),
        )

    def is_stamp(
        self, name: str, type_: str, fingerprint: str, spec: str, version: int, kid: str, own: str
    ) -> bool:
        """Whether ``own`` proves that this environment made the stamp of these parts."""
        expected = self.stamp_digest(name, type_, fingerprint, spec, version, kid)
        return expected is not None and hmac.compare_digest(expected.encode(), own.encode())

    def proof(self, name: str) -> str:
        """The tag that proves a secret owned, bound to no version: rotation does not end it."""
        return self.kid + self._digest(0, 32, _PROOF, self._scope.owner_id, *self._where(), name)

    def is_proof(self, name: str, proof: str) -> bool:
        """Whether ``proof`` is that of this secret under a known key."""
        kid, digest = proof[:6], proof[6:]
        if kid not in self.kids:
            return False
        index = self.kids.index(kid)
        expected = self._digest(index, 32, _PROOF, self._scope.owner_id, *self._where(), name)
        return hmac.compare_digest(expected.encode(), digest.encode())

    def applied(self, name: str, content: str) -> str:
        """The digest under which a secret remembers what was last applied to it: 38 hex digits,
        the key's id first. ``content`` is all that it remembers."""
        return self.kid + self._applied(0, name, content)

    def is_applied(self, name: str, content: str, digest: str) -> bool:
        """Whether this digest is of this content of this secret, under a known key."""
        if digest[:6] not in self.kids:
            return False
        expected = self._applied(self.kids.index(digest[:6]), name, content)
        return hmac.compare_digest(expected.encode(), digest[6:].encode())

    def _applied(self, index: int, name: str, content: str) -> str:
        where = (self._scope.owner_id, *self._where())
        return self._digest(index, 32, _APPLIED, *where, name, content)

    def record(self, version: int, content: str) -> str:
        """What proves the environment's record: 38 hex digits, the key's id first. ``version`` is
        that of its parameter, ``content`` all that it says."""
        return self.kid + self._record(0, version, content)

    def is_record(self, version: int, content: str, proof: str) -> bool:
        """Whether this proof is of this content at this version, under a known key."""
        if proof[:6] not in self.kids:
            return False
        expected = self._record(self.kids.index(proof[:6]), version, content)
        return hmac.compare_digest(expected.encode(), proof[6:].encode())

    def _record(self, index: int, version: int, content: str) -> str:
        where = (self._scope.owner_id, *self._where(), self._scope.prefix)
        return self._digest(index, 32, _RECORD, *where, str(version), content)

    def bound(self, name: str, version_id: str, fingerprint: str) -> str:
        """A tag that says: this version, which we did not write, holds the declared value.

        ``fingerprint`` is public. The tag is ``<version id>:<fingerprint>:<kid><digest of both>``:
        with the key's id, so that it says without any key which one vouches.
        """
        short = fingerprint[:32]
        digest = self._digest(0, 32, _BOUND, *self._where(), name, version_id, short)
        return f"{version_id}:{short}:{self.kid}{digest}"

    def binding(self, name: str, version_id: str, tag: str) -> tuple[str, str] | None:
        """What ``tag`` binds to this version: the first 32 digits of a public fingerprint, and the
        id of the key that says so. None where the tag is of another version, or not owned."""
        parts = tag.split(":")
        if len(parts) != 3 or parts[0] != version_id:
            return None
        kid, digest = parts[2][:6], parts[2][6:]
        if kid not in self.kids:
            return None
        index = self.kids.index(kid)
        expected = self._digest(index, 32, _BOUND, *self._where(), name, version_id, parts[1])
        return (parts[1], kid) if hmac.compare_digest(expected.encode(), digest.encode()) else None

    def key_marks(self, name: str, content: Sensitive[str]) -> tuple[str, ...]:
        """The mark of the keys that git owns of a secret, under each fingerprint key.

        ``content`` is the canonical JSON of those keys. A mark is ``<kid><digest>``, 62 hex
        digits, and is bound to no version: a rotation, which does not own them, does not end it.
        """
        return tuple(
            kid + self._digest(i, 56, _GIT_KEYS, *self._where(), name, content.reveal())
            for i, kid in enumerate(self.kids)
        )

    def merged_token(self, name: str, content: Sensitive[str]) -> str:
        """A version id for a rotated value with git's keys in it: the same for the same value.

        It is none of :meth:`secret_tokens`: git does not own such a value.
        """
        digest = self._digest(0, 56, _MERGED, *self._where(), name, content.reveal())
        return f"k1{self.kid}{digest}"

    def copied_token(self, name: str, source: str, version_id: str) -> str:
        """A version id for the value of another secret's version, copied: the same whenever the
        same version is copied, and none of those that say that git made the value."""
        return f"c1{self.kid}" + self._digest(
            0, 56, _COPIED, *self._where(), name, source, version_id
        )

    def _where(self) -> Iterable[str]:
        return (self._scope.account, self._scope.region)


def _finished(keyed: hmac.HMAC, message: bytes) -> str:
    digest = keyed.copy()
    digest.update(message)
    return digest.hexdigest()


@dataclass(frozen=True)
class Sealed:
    """What apply needs to write one declared value.

    ``content`` is None where the value is generated, which ``generate`` then describes.
    ``mapping`` says that ``content`` is JSON, and equal to other JSON that says the same.
    ``keys`` is the canonical JSON of what git goes on to own of it once it is rotated.
    """

    content: Sensitive[str] | Sensitive[bytes] | None
    generate: Generate | None = None
    mapping: bool = False
    keys: Sensitive[str] | None = None


@dataclass(frozen=True)
class Generate:
    """How to make a value: so many characters, without those of some classes."""

    length: int = 32
    exclude: tuple[str, ...] = ()  # of: lowercase, uppercase, digits, punctuation
    exclude_characters: str = ""
