"""ListSecrets answers from the past: "ListSecrets might not reflect changes from the last five
minutes. You can get more recent information for a specific secret by calling DescribeSecret."
"""

from __future__ import annotations

import bisect
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

Entry = dict[str, Any]

REMEMBERED = 600.0
"""Seconds of past that are kept; no list can be staler."""


class _Line:
    """One secret's entries over time; None from when it was gone."""

    __slots__ = ("entries", "sequence", "times")

    def __init__(self, sequence: int) -> None:
        self.sequence = sequence
        self.times: list[float] = []
        self.entries: list[Entry | None] = []

    def at(self, then: float) -> Entry | None:
        index = bisect.bisect_right(self.times, then) - 1
        return self.entries[index] if index >= 0 else None


class History:
    """The entries of ListSecrets, now and up to ten minutes ago, in order of creation.

    Keeping the rendered entry makes a page cost its own 100 entries, whatever the store holds.
    """

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._order: list[_Line] = []
        self._gone: deque[tuple[float, str]] = deque()
        self._sequence = 0

    def record(self, arn: str, entry: Entry | None) -> None:
        """Remember what is listed under `arn` from now on (None: nothing)."""
        now = time.monotonic()
        line = self._lines.get(arn)
        if line is None:
            if entry is None:
                return
            self._sequence += 1
            line = self._lines[arn] = _Line(self._sequence)
            self._order.append(line)
        line.times.append(now)
        line.entries.append(entry)
        _forget(line, now - REMEMBERED)
        if entry is None:
            self._gone.append((now, arn))
            self._drop(now - REMEMBERED)

    def view(self, staleness: float = 0.0, after: int = 0) -> Iterator[tuple[int, Entry]]:
        """(sequence, entry) of each secret as listed `staleness` seconds ago, from the one after
        the sequence number `after`.
        """
        start = bisect.bisect_right(self._order, after, key=lambda line: line.sequence)
        then = time.monotonic() - min(staleness, REMEMBERED)
        for index in range(start, len(self._order)):
            line = self._order[index]
            entry = line.entries[-1] if staleness <= 0 else line.at(then)
            if entry is not None:
                yield line.sequence, entry

    def _drop(self, horizon: float) -> None:
        """Forget secrets that have been gone for so long that no list shows them."""
        while self._gone and self._gone[0][0] <= horizon:
            _, arn = self._gone.popleft()
            line = self._lines.get(arn)
            # A replica that was made again has the ARN of the former one.
            if line is not None and line.entries[-1] is None and line.times[-1] <= horizon:
                del self._lines[arn]
                self._order.remove(line)


def _forget(line: _Line, horizon: float) -> None:
    if len(line.times) > 1 and line.times[1] <= horizon:
        keep = bisect.bisect_right(line.times, horizon) - 1
        del line.times[:keep]
        del line.entries[:keep]
