"""Rotate now: a function's four steps, awaited; a new value for what we generated."""

from reconciler.rotate.choose import Way, choose
from reconciler.rotate.generated import again
from reconciler.rotate.wait import now

__all__ = ["Way", "again", "choose", "now"]
