"""Whether a live value is the declared one: the only question that adopting asks of values."""

from __future__ import annotations

import json
from typing import Any

from reconciler.core.digest import canonical
from reconciler.values.sensitive import Sealed, Sensitive

Content = Sensitive[str] | Sensitive[bytes]


def equal(sealed: Sealed, live: Content) -> bool:
    """The same bytes; for a mapping, JSON that says the same.

    Nothing is raised whatever the two hold: a traceback's frames would hold them too.
    """
    declared = sealed.content
    if declared is None:
        return False
    ours, theirs = declared.reveal(), live.reveal()
    if ours == theirs:
        return True
    if not sealed.mapping or not isinstance(ours, str) or not isinstance(theirs, str):
        return False
    normal = _normal(theirs)
    return normal is not None and normal == ours


def _normal(text: str) -> str | None:
    """A JSON text as the manifest's mappings are written; None for what is no JSON object, or has
    a name twice, of which readers keep either."""
    try:
        content = json.loads(text, object_pairs_hook=_unique)
        return canonical(content) if isinstance(content, dict) else None
    except (ValueError, RecursionError):
        return None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError
    return content
