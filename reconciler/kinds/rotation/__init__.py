"""Rotation schedules. They are declared within secrets, and read with them."""

from typing import TYPE_CHECKING

from reconciler.kinds.part import judge, section, share, suspect
from reconciler.kinds.rotation.declare import NAME
from reconciler.kinds.rotation.observe import READS, find, pages, shape
from reconciler.kinds.rotation.write import create, delete, update
from reconciler.kinds.schedule import FIELDS

if TYPE_CHECKING:
    from reconciler.kinds import rotation
    from reconciler.kinds.kind import Part

    _: Part = rotation

__all__ = [
    "FIELDS", "NAME", "READS", "create", "delete", "find", "judge", "pages", "section",
    "shape", "share", "suspect", "update",
]  # fmt: skip
