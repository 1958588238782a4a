"""What came of an apply, change by change and in one line."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.render.escape import terminal
from reconciler.render.palette import palette

_GOOD = "done"


def line(
    symbol: str,
    kind: str,
    name: str,
    status: str,
    message: str | None = None,
    hint: str | None = None,
    *,
    colour: bool = False,
) -> str:
    """What came of one change: its status, and where it is not done, why and what to do."""
    colours = palette(colour=colour)
    said = terminal(status)
    text = f"{symbol:>3} {terminal(kind)} {terminal(name)}: " + (
        said if status == _GOOD else colours.alarming(said)
    )
    if message:
        text += f": {terminal(message)}"
    return text + (f"\n      hint: {terminal(hint)}" if hint else "")


def summary(counts: Mapping[str, int], *, verb: str = "Applied") -> str:
    """How many changes ended in which way, done first."""
    told = [f"{counts.get(_GOOD, 0)} {_GOOD}"]
    told += [
        f"{count} {terminal(status)}"
        for status, count in sorted(counts.items())
        if status != _GOOD and count
    ]
    return f"{verb}: {', '.join(told)}."
