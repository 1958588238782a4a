"""Adopt: take over what exists. Values are compared once; equal secrets get no new version."""

from reconciler.adopt.observe import make
from reconciler.adopt.plan import Take

__all__ = ["Take", "make"]
