"""A branch merged without a checkout where only manifests and locks conflict, with the key."""

from reconciler.operations.merging.locks import Made
from reconciler.operations.merging.resolve import Resolved, refuse, resolve

__all__ = ["Made", "Resolved", "refuse", "resolve"]
