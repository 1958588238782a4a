"""What was measured, case by case."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bench.clock import Case
from bench.process import Run
from reconciler.aws import pacing


@dataclass(frozen=True)
class Row:
    """The median run of a case. ``refused``: calls that came too soon, in all runs together.
    ``runs`` 0 and no ``run``: left out, and ``expected`` says how many seconds it would take."""

    case: Case
    run: Run | None
    runs: int
    calls: Counter[str]
    refused: int
    expected: float | None = None


class Table:
    """Rows as they come, from any thread; each is printed."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.wrong: list[str] = []
        """Cases whose calls are not those that docs/reference/calls.md promises."""
        self._lock = threading.Lock()

    def add(self, row: Row, label: str) -> None:
        """Keep it, and show it."""
        with self._lock:
            self.rows.append(row)
            print(f"{label} {told(row)}", flush=True)

    def check(self, case: Case, made: Counter[str], promised: Counter[str]) -> None:
        """Note where the calls of a run are not those that were promised."""
        if made == promised:
            return
        names = sorted(n for n in {*made, *promised} if made[n] != promised[n])
        told = ", ".join(f"{made[n]} {n} instead of {promised[n]}" for n in names)
        with self._lock:
            self.wrong.append(f"{place(case)}: {told}")
            print(f"calls differ: {self.wrong[-1]}", flush=True)


def place(case: Case) -> str:
    """A case in words."""
    what, count, link = case
    return f"{what}, {count:,} of each, {link * 1000:.0f} ms"


def told(row: Row) -> str:
    """A row in words, as it is printed on the way."""
    if row.run is None:
        return f"{place(row.case)}: left out"
    return (
        f"{place(row.case)}: {row.run.wall:.2f} s, {row.run.cpu:.2f} s of processor,"
        f" {row.run.memory:.0f} MiB, {row.calls.total():,} calls"
    )


def floor(calls: Mapping[str, int], *, writes: bool) -> float:
    """Seconds that AWS's quotas alone ask for, with what our buckets hold at the start.

    Lists run side by side; secrets and parameters are written one after the other.
    """
    services = []
    for quotas in pacing._QUOTAS.values():
        times = [0.0]
        for rate, reads, operations in quotas:
            burst = max(1.0, rate * (pacing.READ_BURST if reads else pacing.WRITE_BURST))
            made = sum(calls.get(name, 0) for name in operations)
            times.append((made - burst) / rate)
        services.append(max(times))
    return sum(services) if writes else max(services)
