"""Of which commit something was made; or that it was of none, and of which files that is true."""

from __future__ import annotations

from collections.abc import Sequence

_NAMED = 5  # files


def made_of(revision: str | None, uncommitted: Sequence[str]) -> str | None:
    """``commit …``, or which files have changes that no commit holds; None outside git. It is not
    escaped."""
    if uncommitted:
        named = ", ".join(uncommitted[:_NAMED])
        more = f" and {len(uncommitted) - _NAMED} more" if len(uncommitted) > _NAMED else ""
        return f"uncommitted changes in {named}{more}"
    return None if revision is None else f"commit {revision}"
