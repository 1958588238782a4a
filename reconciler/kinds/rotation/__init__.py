"""Rotation schedules. They are declared within secrets, and read with them."""

from reconciler.kinds.part import judge, section, share, suspect
from reconciler.kinds.rotation.declare import NAME, TITLE
from reconciler.kinds.rotation.observe import READS, find, pages, shape
from reconciler.kinds.rotation.write import create, delete, update
from reconciler.kinds.schedule import FIELDS

__all__ = [
    "FIELDS", "NAME", "READS", "TITLE", "create", "delete", "find", "judge", "pages", "section",
    "shape", "share", "suspect", "update",
]  # fmt: skip
