"""Adopt: take over what exists. Values are compared once; equal secrets get no new version."""

from reconciler.operations.adopt.observe import make
from reconciler.operations.adopt.plan import Take

__all__ = ["Take", "make"]
