"""What a report says of a secret."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.core.model import Live, Resource
from reconciler.core.rows import Column, Row
from reconciler.kinds.rotation.declare import NAME as ROTATION
from reconciler.kinds.secret.grants import principals
from reconciler.kinds.secret.policy import NAME as POLICY

COLUMNS: tuple[Column, ...] = (
    Column.WRITER, Column.AGE, Column.CHANGED, Column.ROTATED, Column.DUE, Column.OWNER,
)  # fmt: skip
TALLY = "rotated by a schedule"


def row(resource: Resource | None, live: Live | None, parts: Sequence[Live]) -> Row:
    """Its schedule, as it is live; whom git allows to read it."""
    fields = next((part.fields for part in parts if part.key.kind == ROTATION), {})
    schedule, window = fields.get("schedule"), fields.get("window")
    policy = None if resource is None else resource.fields.get(POLICY)
    return Row(
        schedule=schedule if isinstance(schedule, str) else None,
        window=window if isinstance(window, str) else None,
        tallied=live is not None and live.rotation.enabled,
        allowed=tuple(sorted(principals(policy))) if policy is not None else (),
        tells_reads=True,
    )
