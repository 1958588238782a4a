"""What a report says of a parameter."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.core.model import Live, Resource
from reconciler.core.rows import Column, Row
from reconciler.kinds.parameter.terms import SECURE

COLUMNS: tuple[Column, ...] = (
    Column.TYPE, Column.WRITER, Column.AGE, Column.CHANGED, Column.OWNER,
)  # fmt: skip
TALLY = "encrypted"


def row(resource: Resource | None, live: Live | None, parts: Sequence[Live]) -> Row:
    """Its type, live or else declared."""
    found = None if live is None else live.fields.get("type")
    if not isinstance(found, str) and resource is not None:
        found = resource.fields.get("type")
    type_ = found if isinstance(found, str) else None
    return Row(type=type_, tallied=type_ == SECURE)
