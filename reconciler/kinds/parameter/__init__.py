"""Parameters in Systems Manager Parameter Store. A stamp in the description is the fingerprint."""

from typing import TYPE_CHECKING

from reconciler.kinds.access import Access
from reconciler.kinds.judging import suspect
from reconciler.kinds.kind import Section
from reconciler.kinds.parameter import declare, permissions
from reconciler.kinds.parameter import reference as references
from reconciler.kinds.parameter.adopting import barriers, compared, undecided
from reconciler.kinds.parameter.cost import cost
from reconciler.kinds.parameter.fields import FIELDS
from reconciler.kinds.parameter.importing import has_value, imported, left_out
from reconciler.kinds.parameter.judge import judge
from reconciler.kinds.parameter.observe import READS, find, pages, shape
from reconciler.kinds.parameter.pace import expected
from reconciler.kinds.parameter.refuse import roll_back, rotate
from reconciler.kinds.parameter.release import release
from reconciler.kinds.parameter.report import COLUMNS, TALLY, row
from reconciler.kinds.parameter.represent import represent
from reconciler.kinds.parameter.terms import NAME
from reconciler.kinds.parameter.values import read
from reconciler.kinds.parameter.write import create, delete, update
from reconciler.kinds.reference import Reference
from reconciler.kinds.whole import share

section: Section = declare
access: Access = permissions
reference: Reference = references

if TYPE_CHECKING:
    from reconciler.kinds import parameter
    from reconciler.kinds.kind import Named

    _: Named = parameter

__all__ = [
    "COLUMNS",
    "FIELDS",
    "NAME",
    "READS",
    "TALLY",
    "access",
    "barriers",
    "compared",
    "cost",
    "create",
    "delete",
    "expected",
    "find",
    "has_value",
    "imported",
    "judge",
    "left_out",
    "pages",
    "read",
    "reference",
    "release",
    "represent",
    "roll_back",
    "rotate",
    "row",
    "section",
    "shape",
    "share",
    "suspect",
    "undecided",
    "update",
]  # fmt: skip
