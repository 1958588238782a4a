"""A kind that the reconciler does not know: an object in S3, as CONTRIBUTING says to add one."""

from reconciler.kinds.access import Access
from reconciler.kinds.judging import suspect
from reconciler.kinds.kind import Section
from reconciler.kinds.represent import represent
from reconciler.kinds.whole import share
from tests.kinds.toy import declare, permissions, reference
from tests.kinds.toy.declare import NAME
from tests.kinds.toy.fields import FIELDS
from tests.kinds.toy.observe import READS, deep, find, pages, shape
from tests.kinds.toy.report import COLUMNS, TALLY, row
from tests.kinds.toy.values import (
    barriers,
    compared,
    has_value,
    imported,
    judge,
    left_out,
    read,
    undecided,
)
from tests.kinds.toy.write import cost, create, delete, expected, release, roll_back, rotate, update

section: Section = declare
access: Access = permissions

__all__ = [
    "COLUMNS", "FIELDS", "NAME", "READS", "TALLY", "access", "barriers", "compared",
    "cost", "create", "deep", "delete", "expected", "find", "has_value", "imported", "judge",
    "left_out", "pages", "read", "reference", "release", "represent",
    "roll_back", "rotate", "row", "section", "shape", "share", "suspect", "undecided",
    "update",
]  # fmt: skip
