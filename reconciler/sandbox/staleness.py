"""ListSecrets answers from the past: "ListSecrets might not reflect changes from the last five
minutes. You can get more recent information for a specific secret by calling DescribeSecret."
"""

from __future__ import annotations

import bisect
import time
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


class History:
    """The entries of ListSecrets, now and up to ten minutes ago, in order of creation.

    Keeping the rendered entry makes a page cost its own 100 entries, whatever the store holds.
    """

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._sequence = 0

    def record(self, arn: str, entry: Entry | None, at: float | None = None) -> None:
        """Remember what is listed under `arn` from now on (None: nothing)."""
        now = time.monotonic() if at is None else at
        line = self._lines.get(arn)
        if line is None:
            if entry is None:
                return
            self._sequence += 1
            line = self._lines[arn] = _Line(self._sequence)
        line.times.append(now)
        line.entries.append(entry)
        self._forget(arn, line, now)

    def view(self, staleness: float = 0.0) -> Iterator[tuple[int, Entry]]:
        """(sequence, entry) of each secret as listed `staleness` seconds ago."""
        if staleness <= 0:
            for line in self._lines.values():
                entry = line.entries[-1]
                if entry is not None:
                    yield line.sequence, entry
            return
        then = time.monotonic() - min(staleness, REMEMBERED)
        for line in self._lines.values():
            index = bisect.bisect_right(line.times, then) - 1
            if index >= 0:
                entry = line.entries[index]
                if entry is not None:
                    yield line.sequence, entry

    def age(self, seconds: float) -> None:
        """Make everything that was recorded so far older by `seconds`."""
        for line in self._lines.values():
            line.times = [moment - seconds for moment in line.times]

    def _forget(self, arn: str, line: _Line, now: float) -> None:
        horizon = now - REMEMBERED
        if len(line.times) > 1 and line.times[1] <= horizon:
            keep = bisect.bisect_right(line.times, horizon) - 1
            del line.times[:keep]
            del line.entries[:keep]
