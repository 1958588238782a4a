"""Secrets in AWS Secrets Manager. The version id of a value is its fingerprint."""

from typing import TYPE_CHECKING

from reconciler.aws.client import Aws
from reconciler.kinds.access import Access
from reconciler.kinds.judging import suspect
from reconciler.kinds.kind import Section
from reconciler.kinds.pace import Pace
from reconciler.kinds.reference import Reference
from reconciler.kinds.represent import represent
from reconciler.kinds.secret import declare, permissions
from reconciler.kinds.secret import reference as references
from reconciler.kinds.secret.adopting import barriers, compared, undecided
from reconciler.kinds.secret.fields import FIELDS
from reconciler.kinds.secret.importing import has_value, imported, left_out
from reconciler.kinds.secret.judge import judge
from reconciler.kinds.secret.observe import READS, find, pages, shape
from reconciler.kinds.secret.release import release
from reconciler.kinds.secret.report import COLUMNS, TALLY, row
from reconciler.kinds.secret.rollback import roll_back
from reconciler.kinds.secret.rotating import rotate
from reconciler.kinds.secret.terms import NAME
from reconciler.kinds.secret.values import read
from reconciler.kinds.secret.write import create, delete, update
from reconciler.kinds.whole import share

section: Section = declare
access: Access = permissions
reference: Reference = references


def expected(aws: Aws, count: int) -> Pace | None:
    """Next to nothing: AWS takes dozens a second."""
    return None


def cost(count: int) -> str | None:
    """Nothing: tags are set, and no version is written."""
    return None


if TYPE_CHECKING:
    from reconciler.kinds import secret
    from reconciler.kinds.kind import Named

    _: Named = secret

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
