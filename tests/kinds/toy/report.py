"""Its row in a report."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.core.model import Live, Resource
from reconciler.core.rows import Column, Row

COLUMNS: tuple[Column, ...] = (Column.WRITER, Column.AGE, Column.CHANGED, Column.OWNER)
TALLY = "in the bucket"


def row(resource: Resource | None, live: Live | None, parts: Sequence[Live]) -> Row:
    """Whether it is there."""
    return Row(tallied=live is not None)
