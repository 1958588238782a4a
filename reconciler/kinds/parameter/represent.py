"""A parameter's value in a manifest: always one exact string."""

from __future__ import annotations

from reconciler.kinds import represent as representing
from reconciler.kinds.differing import Content
from reconciler.kinds.represent import Represented


def represent(content: Content) -> Represented:
    """JSON too stays as it is written."""
    return representing.represent(content, mapping=False)
