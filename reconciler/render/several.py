"""What came of many environments: a table, and a line of JSON for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.core.errors import worst_first
from reconciler.render import escape
from reconciler.render.palette import palette

FORMAT_VERSION = "1.0"


@dataclass(frozen=True, order=True)
class Row:
    """All that is kept of an environment: its exit code, how much there is to do, and that in
    words."""

    environment: str
    code: int
    told: str
    weight: int = 0


@dataclass(frozen=True)
class Told:
    """An environment that has ended: its row, what a person reads of it, and the same as data."""

    row: Row
    text: str = ""
    data: Any = None
    errors: Sequence[dict[str, Any]] = ()


def table(rows: Iterable[Row], *, colour: bool) -> str:
    """A line for each environment, the worst first, with the exit code that it would have had by
    itself."""
    ordered = sorted(rows, key=lambda row: (worst_first(row.code), -row.weight, row.environment))
    colours = palette(colour=colour)
    width = max(len("environment"), *(len(escape.terminal(row.environment)) for row in ordered))
    lines = [colours.heading(f"{'environment':<{width}}  exit  ")]
    for row in ordered:
        line = f"{escape.terminal(row.environment):<{width}}  {row.code:>4}  "
        line += escape.terminal(row.told)
        lines.append(colours.alarming(line) if row.code else line)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def line(told: Told) -> str:
    """One environment as one line of JSON, or with an empty name what is of none: ``result`` is
    what the command gives of it alone, and null where it failed before there was any."""
    return escape.as_json(
        {
            "format_version": FORMAT_VERSION,
            "environment": told.row.environment or None,
            "exit_code": told.row.code,
            "summary": told.row.told,
            "result": told.data,
            "errors": list(told.errors),
        }
    )
