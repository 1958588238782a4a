"""Secrets in AWS Secrets Manager. The version id of a value is its fingerprint."""

from reconciler.kinds.kind import Section
from reconciler.kinds.secret import declare
from reconciler.kinds.secret.observe import READS, deep, find, pages, shape
from reconciler.kinds.secret.release import release
from reconciler.kinds.secret.rollback import roll_back
from reconciler.kinds.secret.rotating import rotate
from reconciler.kinds.secret.terms import NAME
from reconciler.kinds.secret.values import read
from reconciler.kinds.secret.write import create, delete, update

section: Section | None = declare


def cost(count: int) -> str | None:
    """Nothing: tags are set, and no version is written."""
    return None


__all__ = [
    "NAME", "READS", "cost", "create", "deep", "delete", "find", "pages", "read", "release",
    "roll_back", "rotate", "section", "shape", "update",
]  # fmt: skip
