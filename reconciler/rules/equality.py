"""Values made comparable for as long as a run lasts.

A fingerprint is bound to its name, its account and its environment, so that it tells nothing but
that one value is still itself. A digest tells which values are equal. It is therefore made under a
key of the run, which is never kept, and is never shown or written.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets as randomness
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.core.leaves import dotted, leaves
from reconciler.core.model import Key
from reconciler.values.sensitive import Sealed, Sensitive

SHORTEST = 8  # bytes: what is shorter is a number or a word, and equal by chance

_SECRET_BY_NAME = re.compile(r"pass|pwd|secret|token|key|cred|private|seed|salt", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ValueDigest:
    """A value (``part`` is empty) or a part of one, by its name."""

    part: str
    digest: bytes = field(repr=False)


class RunKey:
    """A key that nobody has but this run."""

    def __init__(self) -> None:
        self._key = Sensitive(randomness.token_bytes(32))

    def digests(self, values: Mapping[Key, Sealed]) -> dict[Key, tuple[ValueDigest, ...]]:
        """The digests of all declared values: of the whole, and of those parts of a mapping whose
        name says that they are secret."""
        return {
            key: tuple(self._digests(sealed.content))
            for key, sealed in values.items()
            if sealed.content is not None
        }

    def digest(self, content: Sensitive[str] | Sensitive[bytes]) -> bytes:
        """The digest of a whole value, however short."""
        raw = content.reveal()
        data = raw.encode() if isinstance(raw, str) else raw
        return hmac.digest(self._key.reveal(), data, "sha256")

    def _digests(self, content: Sensitive[str] | Sensitive[bytes]) -> Iterator[ValueDigest]:
        raw = content.reveal()
        yield from self._digest("", raw)
        if isinstance(raw, str) and raw.startswith("{"):
            for path, leaf in leaves(_parsed(raw)):
                part = dotted(path)
                if isinstance(leaf, str) and _SECRET_BY_NAME.search(part):
                    yield from self._digest(part, leaf)

    def _digest(self, part: str, raw: str | bytes) -> Iterator[ValueDigest]:
        data = raw.encode() if isinstance(raw, str) else raw
        if len(data) >= SHORTEST:
            yield ValueDigest(part, hmac.digest(self._key.reveal(), data, "sha256"))


def by_digest(digests: Mapping[Key, tuple[ValueDigest, ...]]) -> dict[bytes, list[tuple[Key, str]]]:
    """Who has a value, and in which part: for each digest."""
    holders: dict[bytes, list[tuple[Key, str]]] = {}
    for key, own in digests.items():
        for known in own:
            holders.setdefault(known.digest, []).append((key, known.part))
    return holders


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None  # the error would hold the text
