"""How objects are read: their metadata says whose they are and which value they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.aws.client import Aws
from reconciler.aws.recogniser import Recogniser
from reconciler.core.errors import AwsError
from reconciler.core.model import JSON, Key, Live, LiveValue, Origin, Ownership, Resource, Scope
from reconciler.kinds import field
from reconciler.kinds.kind import Record
from reconciler.values.sensitive import public
from tests.kinds.toy.declare import NAME
from tests.kinds.toy.fields import FIELDS

READS = NAME
BUCKET = "toy"


def pages(aws: Aws, scope: Scope) -> Iterator[Sequence[Record]]:
    """Everything under the prefix."""
    answer = aws.call("s3", "list_objects_v2", Bucket=BUCKET, Prefix=scope.under.lstrip("/"))
    found = [head(aws, "/" + entry["Key"]) for entry in answer.get("Contents") or ()]
    yield [record for record in found if record is not None]


def find(
    aws: Aws, names: Iterable[str], scope: Scope, trust: Recogniser
) -> Mapping[str, Record | None]:
    """Each read afresh."""
    return {name: head(aws, name) for name in names}


def head(aws: Aws, name: str) -> Record | None:
    """One object; None where AWS says that there is none."""
    try:
        answer = aws.call("s3", "head_object", Bucket=BUCKET, Key=name.lstrip("/"))
    except AwsError as error:
        if error.aws_code == "404":
            return None
        raise
    return Record(name, answer, fresh=True)


def shape(
    record: Record, resource: Resource | None, trust: Recogniser, scope: Scope
) -> Live | None:
    """What its metadata says."""
    marks = record.data.get("Metadata") or {}
    ours = trust.is_proof(record.name, marks.get("proof", ""))
    fingerprint = marks.get("fingerprint")
    origin = Origin.GIT if ours and fingerprint else Origin.OUTSIDE
    return Live(
        Key(NAME, record.name),
        field.observed(FIELDS, marks),
        Ownership.OURS if ours else Ownership.FOREIGN,
        value=LiveValue(
            str(record.data["ETag"]), origin, public(fingerprint) if fingerprint else None,
            marks.get("proof", "")[:6] or None,
        ),
        changed=record.data.get("LastModified"),
    )  # fmt: skip


def deep(aws: Aws, resource: Resource) -> dict[str, JSON]:
    """Nothing more."""
    return {}
