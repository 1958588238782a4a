"""What is compared of an object, beside its value: under which key its mark was made."""

from __future__ import annotations

from typing import Any

from reconciler.core.model import JSON
from reconciler.kinds.field import UNSET, Field, Table


def _observed(marks: dict[str, str]) -> JSON:
    return marks.get("proof", "")[:6] or None


# Every write of an object writes its marks, so the row says nothing of how.
FIELDS: Table[Any, None] = (
    Field(
        name="fingerprint_key",
        content=lambda given: UNSET if given.trust is None else given.trust.kid,
        observe=_observed,
        write=None,
    ),
)
