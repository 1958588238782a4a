"""How a kind is shown: plain data that renderers get and kinds give."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Column(StrEnum):
    """What a report may tell of each resource of a kind, beside its name and how it stands."""

    TYPE = "type"
    WRITER = "writer"
    AGE = "age"
    CHANGED = "changed"
    ROTATED = "rotated"
    DUE = "due"
    OWNER = "owner"


@dataclass(frozen=True)
class Rows:
    """How a report shows the resources of one kind. ``tally`` says what is counted of them."""

    kind: str
    title: str
    columns: tuple[Column, ...]
    tally: str


@dataclass(frozen=True)
class Row:
    """What only a resource's kind knows to say of it in a report. ``tallied``: it is one of those
    that :attr:`Rows.tally` counts."""

    type: str | None = None
    schedule: str | None = None
    window: str | None = None
    tallied: bool = False
    allowed: tuple[str, ...] = ()  # whom its declared resource policy allows
    tells_reads: bool = False  # whether AWS tells when its value was last read
