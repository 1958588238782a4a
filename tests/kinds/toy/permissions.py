"""Access to objects: what roles need, what a denial names, and what is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.aws.arn import partition
from reconciler.core.model import Scope
from reconciler.kinds.statement import Statement
from tests.kinds.toy.observe import BUCKET

WORD = "Object"
LISTS: tuple[str, ...] = ("s3:ListBucket",)
READ = "s3:GetObject"
BATCH: str | None = None
TAGS: tuple[str, ...] = ()
CACHING: tuple[str, ...] = ()
ROTATION: tuple[str, ...] = ()
LAST_LOOK = "LastLookAtObjects"
WHY: Mapping[str, str] = {
    "s3:ListBucket": "see which objects there are",
    "s3:GetObjectAttributes": "see what a list leaves out",
    "s3:PutObject": "write an object",
    "s3:GetObject": "adopt: compare; reader: read",
    "s3:DeleteObject": "prune",
}
VALUE_READS: tuple[str, ...] = (READ, "s3:GetObjectVersion")


def arn(scope: Scope, name: str, region: str | None = None) -> str:
    """A bucket's ARN says neither Region nor account."""
    return f"arn:{partition(scope.region).name}:s3:::{BUCKET}/{name.lstrip('/')}"


def below(scope: Scope, region: str | None = None) -> str:
    """All below the prefix."""
    return arn(scope, f"{scope.under}*")


def describe(scope: Scope, outside: Sequence[str]) -> Iterator[Statement]:
    """Attributes are told without the content."""
    yield Statement("DescribeObjects", ("s3:GetObjectAttributes",), (below(scope),))


def applies(declared: Any, *, valued: bool) -> set[str]:
    """It is put as a whole."""
    return {"s3:PutObject"}


def adopts(declared: Any, *, valued: bool) -> set[str]:
    """It is compared, and put once more."""
    return {"s3:PutObject", READ}


def reader(declared: Any, *, valued: bool) -> set[str]:
    """One at a time."""
    return {READ}


def apply_reads(declared: Any) -> str | None:
    """Never."""
    return None


def paces(scope: Scope, count: int) -> Iterator[Statement]:
    """Nothing."""
    yield from ()


def prunes(scope: Scope) -> Iterator[Statement]:
    """Below the prefix."""
    yield Statement("PruneObjects", ("s3:DeleteObject",), (below(scope),))


def denials(scope: Scope, outside: Sequence[str]) -> Iterator[Statement]:
    """By name."""
    arns = (below(scope), *(arn(scope, name) for name in outside))
    yield Statement("Objects", ("s3:*",), arns, effect="Deny")


def changes(scope: Scope, outside: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """A put is told by the bucket."""
    keys = [{"prefix": scope.under.lstrip("/")}, *(name.lstrip("/") for name in outside)]
    return {
        "ObjectCreated": {
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {"bucket": {"name": [BUCKET]}, "object": {"key": keys}},
        }
    }


def deletions(scope: Scope, outside: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """None are told."""
    return {}
