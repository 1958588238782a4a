"""Parameters in Systems Manager Parameter Store. A stamp in the description is the fingerprint."""

from reconciler.kinds.parameter.declare import NAME, SECTION, Declaration, check, form, parse
from reconciler.kinds.parameter.deep import deep
from reconciler.kinds.parameter.observe import READS, find, pages, shape
from reconciler.kinds.parameter.write import create, delete, update

__all__ = [
    "NAME", "READS", "SECTION", "Declaration", "check", "create", "deep", "delete", "find", "form",
    "pages", "parse", "shape", "update",
]  # fmt: skip
