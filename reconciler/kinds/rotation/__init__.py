"""Rotation schedules. They are declared within secrets, and read with them."""

from reconciler.kinds.part import judge, section, share, suspect
from reconciler.kinds.rotation.declare import NAME, TITLE
from reconciler.kinds.rotation.observe import READS, deep, find, pages, shape
from reconciler.kinds.rotation.write import create, delete, update

__all__ = [
    "NAME", "READS", "TITLE", "create", "deep", "delete", "find", "judge", "pages", "section",
    "shape", "share", "suspect", "update",
]  # fmt: skip
