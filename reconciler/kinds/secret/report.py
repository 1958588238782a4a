"""What a report says of a secret."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.core.model import Live, Resource
from reconciler.core.rows import Column, Row
from reconciler.kinds.rotation.declare import NAME as ROTATION

COLUMNS: tuple[Column, ...] = (Column.WRITER, Column.AGE, Column.ROTATED, Column.DUE, Column.OWNER)
TALLY = "rotated by a schedule"


def row(resource: Resource | None, live: Live | None, parts: Sequence[Live]) -> Row:
    """Its schedule, as it is live."""
    fields = next((part.fields for part in parts if part.key.kind == ROTATION), {})
    schedule, window = fields.get("schedule"), fields.get("window")
    return Row(
        schedule=schedule if isinstance(schedule, str) else None,
        window=window if isinstance(window, str) else None,
        tallied=live is not None and live.rotation.enabled,
    )
