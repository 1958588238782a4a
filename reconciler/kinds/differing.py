"""The keys in which two JSON values differ: their names, never their content.

Nothing here raises: a traceback's frames would hold values.
"""

from __future__ import annotations

import json
from typing import Any

from reconciler.core.leaves import fields
from reconciler.core.model import FieldChange
from reconciler.values.sensitive import Sensitive

Content = Sensitive[str] | Sensitive[bytes]


def differing(before: Content, after: Content) -> tuple[FieldChange, ...] | None:
    """The keys that were added, removed or changed; None where one of the two is no JSON object.

    ``before`` and ``after`` of each say only whether the key is there.
    """
    was, now = _object(before), _object(after)
    if was is None or now is None:
        return None
    old, new = dict(fields(was)) if was else {}, dict(fields(now)) if now else {}
    return tuple(
        FieldChange(_name(path), True if path in old else None, True if path in new else None)
        for path in sorted(old.keys() | new.keys())
        if path not in old or path not in new or not _same(old[path], new[path])
    )


def _object(content: Content) -> dict[str, Any] | None:
    text = content.reveal()
    if not isinstance(text, str):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _name(path: tuple[str, ...]) -> str:
    """Parts joined by dots; one that is empty or has a dot of its own stands in quotes."""
    return ".".join(json.dumps(p, ensure_ascii=False) if not p or "." in p else p for p in path)


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
