"""The time line of rotations: a stretch of time, and where in it something lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

NEAR = timedelta(days=7)  # shown on both sides of now, whatever there is
FAR = timedelta(days=400)  # and no more than this: one old secret must not flatten all others
_STEPS = (1, 2, 7, 14, 30, 60, 90, 180)  # days between two ticks
_TICKS = 9


@dataclass(frozen=True)
class Timeline:
    """From ``begin`` to ``end``; ``now`` lies between them."""

    begin: datetime
    now: datetime
    end: datetime

    def at(self, moment: datetime) -> float:
        """Where a moment lies, from 0 to 1; what lies outside is put at the edge."""
        return min(1.0, max(0.0, (moment - self.begin) / (self.end - self.begin)))

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Places and days to write there, even distances from now, now itself left out."""
        days = (self.end - self.begin).days or 1
        step = next((s for s in _STEPS if days / s <= _TICKS), _STEPS[-1])
        first = -((self.now - self.begin).days // step)
        for number in range(first, (self.end - self.now).days // step + 1):
            if number:
                moment = self.now + timedelta(days=number * step)
                yield self.at(moment), _distance(number * step)


def over(moments: Iterable[datetime | None], now: datetime) -> Timeline:
    """The stretch that holds all moments, as far as that is sensible, and some room beside them."""
    known = [moment for moment in moments if moment is not None]
    begin = max(now - FAR, min([now - NEAR, *known]))
    end = min(now + FAR, max([now + NEAR, *known]))
    room = (end - begin) / 25
    return Timeline(begin - room, now, end + room)


def when(moment: datetime, now: datetime) -> str:
    """How far away a moment is, in whole days."""
    days = (moment.date() - now.date()).days
    if days == 0:
        return "today"
    unit = "day" if abs(days) == 1 else "days"
    return f"in {days} {unit}" if days > 0 else f"{-days} {unit} ago"


def _distance(days: int) -> str:
    return f"{'+' if days > 0 else '−'}{abs(days)} d"
