"""A table as CSV that a spreadsheet opens: no cell is a formula, and none breaks a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from reconciler.render.escape import terminal

# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The whole table. Lines end as RFC 4180 says; None is an empty cell."""
    written = io.StringIO(newline="")
    lines = csv.writer(written)
    lines.writerow(heads)
    lines.writerows([_cell(cell) for cell in row] for row in rows)
    return written.getvalue()


def _cell(content: object) -> str:
    text = "" if content is None else terminal(str(content))
    return f"'{text}" if text.startswith(_FORMULA) else text
