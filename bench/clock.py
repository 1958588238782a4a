"""What is measured, and what is left out: a rule, so that the whole ends in time on any machine."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

Case = tuple[str, int, float]
"""What, how many of each kind, and over which link (seconds a call)."""


@dataclass(frozen=True)
class Limits:
    """Seconds in all; for the longest run; and for the runs of one case, of which there are at
    most ``runs`` and at least one."""

    total: float
    longest: float
    spent: float
    runs: int


QUICK = Limits(total=90, longest=20, spent=2, runs=2)
FULL = Limits(total=780, longest=120, spent=8, runs=5)


@dataclass
class Clock:
    """Since the benchmark began."""

    limits: Limits
    began: float = field(default_factory=time.monotonic)
    expected: dict[Case, float] = field(default_factory=dict)
    """Seconds that a case took, or would take: ten times as long as a tenth of it."""

    @property
    def spent(self) -> float:
        """Seconds so far."""
        return time.monotonic() - self.began

    def fits(self, seconds: float) -> bool:
        """Whether something that takes so long ends in time."""
        return self.spent + seconds <= self.limits.total

    def allows(self, case: Case) -> bool:
        """Whether a case is measured. Where not, how long it would take is kept."""
        what, count, link = case
        tenth = self.expected.get((what, count // 10, link))
        if tenth is None:
            return self.fits(0)
        self.expected[case] = 10 * tenth
        return 10 * tenth <= self.limits.longest and self.fits(10 * tenth)
