"""A value that is a JSON object, of which a function writes some keys and leaves the others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reconciler.kinds.rotation.functions.errors import RefusedError


def members(text: str) -> dict[str, Any]:
    """The members of a value that is a JSON object. Raises RefusedError."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise RefusedError("the value is no JSON object")
    return found


def needed(value: Mapping[str, Any], *keys: str) -> None:
    """Refuse a value without text under each of these keys. Raises RefusedError."""
    for key in keys:
        if not isinstance(value.get(key), str) or not value[key]:
            raise RefusedError(f"the value has no text under {key}")


def same_but(current: str, pending: str, *keys: str) -> bool:
    """Whether two values differ under these keys alone."""
    before, after = members(current), members(pending)
    for key in keys:
        before.pop(key, None)
        after.pop(key, None)
    return before == after


def written(value: Mapping[str, Any]) -> str:
    """A value as it is stored: compact, and letters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
