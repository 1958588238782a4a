"""How long the writes of a kind take, at what AWS allows a second."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """So many ``seconds`` at least, and the sentence that says it."""

    seconds: float
    told: str
