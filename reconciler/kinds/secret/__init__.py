"""Secrets in AWS Secrets Manager. The version id of a value is its fingerprint."""

from reconciler.kinds.secret.declare import NAME, SECTION, Declaration, check, form, parse
from reconciler.kinds.secret.deep import deep
from reconciler.kinds.secret.observe import READS, find, pages, shape
from reconciler.kinds.secret.write import create, delete, update

__all__ = [
    "NAME", "READS", "SECTION", "Declaration", "check", "create", "deep", "delete", "find", "form",
    "pages", "parse", "shape", "update",
]  # fmt: skip
