"""Spans of time as manifests write them: ``30 days``."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_DAYS = re.compile(r"([1-9][0-9]{0,4}) days?\Z")
DAYS_PATTERN = r"^[1-9][0-9]{0,4} days?$"


def days(text: str) -> int:
    """The number of days in ``30 days``. Raises ValueError."""
    match = _DAYS.match(text)
    if match is None:
        raise ValueError("not a number of days")
    return int(match[1])


def _check(text: str) -> str:
    try:
        days(text)
    except ValueError:
        raise PydanticCustomError("days", "write a number of days, like `30 days`") from None
    return text


def _check_window(text: str) -> str:
    _check(text)
    if not 7 <= days(text) <= 30:
        raise PydanticCustomError("recovery_window", "a recovery window is 7 to 30 days")
    return text


Days = Annotated[
    str, AfterValidator(_check), WithJsonSchema({"type": "string", "pattern": DAYS_PATTERN})
]
RecoveryWindow = Annotated[
    str, AfterValidator(_check_window), WithJsonSchema({"type": "string", "pattern": DAYS_PATTERN})
]
