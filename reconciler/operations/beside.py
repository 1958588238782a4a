"""Environments side by side: each in a thread of its own, as many at once as is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

_LOOK = 1.0
"""Seconds after which a wait is left, to begin again: a Ctrl-C that comes after Python has looked
for one, and before it waits, would be seen at the end of the wait only."""


def each(names: Iterable[str], work: Callable[[str], T], at_once: int) -> Iterator[tuple[str, T]]:
    """What ``work`` makes of each name, as it ends. What it raises is raised here; nothing is kept
    of what was handed over."""
    left = iter(names)
    with ThreadPoolExecutor(at_once) as pool:
        running: dict[Future[T], str] = {}
        while True:
            for name in islice(left, at_once - len(running)):
                running[pool.submit(work, name)] = name
            if not running:
                return
            done, _ = wait(running, _LOOK, return_when=FIRST_COMPLETED)
            while done:
                future = done.pop()
                yield running.pop(future), future.result()
                del future


def in_order(names: Iterable[str], results: Iterable[tuple[str, T]]) -> Iterator[tuple[str, T]]:
    """What comes in any order, in the order of ``names``: as soon as all before it have come."""
    waiting: dict[str, T] = {}
    left = list(reversed(list(names)))
    for name, result in results:
        waiting[name] = result
        del result
        while left and left[-1] in waiting:
            ready = left.pop()
            yield ready, waiting.pop(ready)
