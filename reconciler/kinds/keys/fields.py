"""The one field, beside their value, of the keys that git owns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from reconciler.kinds.field import UNSET, Field, Table


@dataclass(frozen=True, slots=True)
class Seen:
    """What the mark on their secret says: the fingerprint key that their value depends on."""

    kid: str


@dataclass(frozen=True)
class Tagged:
    """Kept in the tag that remembers the keys, which every write sets."""


KeysField: TypeAlias = Field[Seen, Tagged]

FIELDS: Table[Seen, Tagged] = (
    KeysField(
        name="fingerprint_key",
        content=lambda given: UNSET if given.trust is None else given.trust.kid,
        observe=lambda seen: seen.kid,
        write=Tagged(),
    ),
)
