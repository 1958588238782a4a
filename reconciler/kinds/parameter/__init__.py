"""Parameters in Systems Manager Parameter Store. A stamp in the description is the fingerprint."""

from reconciler.kinds.kind import Section
from reconciler.kinds.parameter import declare
from reconciler.kinds.parameter.cost import cost
from reconciler.kinds.parameter.declare import NAME
from reconciler.kinds.parameter.deep import deep
from reconciler.kinds.parameter.observe import READS, find, pages, shape
from reconciler.kinds.parameter.refuse import roll_back, rotate
from reconciler.kinds.parameter.release import release
from reconciler.kinds.parameter.values import read
from reconciler.kinds.parameter.write import create, delete, update

section: Section | None = declare

__all__ = [
    "NAME", "READS", "cost", "create", "deep", "delete", "find", "pages", "read", "release",
    "roll_back", "rotate", "section", "shape", "update",
]  # fmt: skip
