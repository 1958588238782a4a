"""The stamp at the end of a parameter's description.

"PutParameter" writes value and description together, and a list returns the description and the
version: so the description can say which value that version holds, without a read of the value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.aws.recogniser import Recogniser
from reconciler.values.sensitive import Fingerprinter

LIMIT = 1024  # characters of a description, stamp included
LENGTH = 130  # of the longest stamp, with the space before it

_STAMP = re.compile(
    r" ?\[r1:([1-9][0-9]{0,9}):([0-9a-f]{6}):([0-9a-f]{56}):([0-9a-f]{16}):([0-9a-f]{32})\]\Z"
)


@dataclass(frozen=True)
class Stamp:
    """What we wrote: ``version`` of the parameter, ``fingerprint`` of its value under the key
    ``kid``, digest ``spec`` of what lists do not return, and ``own``, which proves all of it."""

    version: int
    kid: str
    fingerprint: str
    spec: str
    own: str

    def __str__(self) -> str:
        return f"[r1:{self.version}:{self.kid}:{self.fingerprint}:{self.spec}:{self.own}]"

    def is_ours(self, name: str, type_: str, trust: Recogniser) -> bool:
        """Whether this environment made the stamp, for this parameter and this type."""
        return trust.is_stamp(
            name, type_, self.fingerprint, self.spec, self.version, self.kid, self.own
        )


def make(
    name: str, type_: str, fingerprint: str, spec: str, version: int, trust: Fingerprinter
) -> Stamp:
    """The stamp for the version that a write will create."""
    own = trust.stamp_digest(name, type_, fingerprint, spec, version)
    if own is None:
        raise ValueError("the first fingerprint key is always known")
    return Stamp(version, trust.kid, fingerprint, spec, own)


def split(description: str | None) -> tuple[str | None, Stamp | None]:
    """A live description as people wrote it, and its stamp."""
    text = description or ""
    match = _STAMP.search(text)
    if match is None:
        return text or None, None
    version, kid, fingerprint, spec, own = match.groups()
    return text[: match.start()] or None, Stamp(int(version), kid, fingerprint, spec, own)


def join(description: str | None, stamp: Stamp) -> str:
    """A description with its stamp."""
    return f"{description} {stamp}" if description else str(stamp)
