"""Rotate now: a function's four steps, awaited; a new value for what we generated."""

from reconciler.operations.rotate.choose import Way, choose
from reconciler.operations.rotate.generated import again
from reconciler.operations.rotate.wait import now

__all__ = ["Way", "again", "choose", "now"]
