"""Rotation schedules. They are declared within secrets, and read with them."""

from reconciler.kinds.part import cost, read, release, roll_back, rotate, section
from reconciler.kinds.rotation.declare import NAME, Schedule
from reconciler.kinds.rotation.observe import READS, deep, find, pages, shape
from reconciler.kinds.rotation.write import create, delete, update

__all__ = [
    "NAME", "READS", "Schedule", "cost", "create", "deep", "delete", "find", "pages", "read",
    "release", "roll_back", "rotate", "section", "shape", "update",
]  # fmt: skip
