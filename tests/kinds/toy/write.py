"""How objects are written, and what is not for them."""

from __future__ import annotations

from functools import partial

from reconciler.aws.client import Aws
from reconciler.core.errors import ConflictError
from reconciler.core.ownership import Refusal
from reconciler.kinds.kind import Act, Job, NotForKind, Record, Target, Turn
from reconciler.kinds.pace import Pace
from tests.kinds.toy.declare import NAME
from tests.kinds.toy.observe import BUCKET


def create(aws: Aws, job: Job) -> str | None:
    """Put the object with the marks that make it ours."""
    name = job.change.key.name
    if job.sealed is None or job.sealed.content is None:
        raise ConflictError(f"{name} has no value in the manifest any more")
    fingerprint = job.fingerprinter.parameter_fingerprints(name, NAME, job.sealed.content)[0]
    answer = aws.call(
        "s3",
        "put_object",
        Bucket=BUCKET,
        Key=name.lstrip("/"),
        Body=job.sealed.content,
        Metadata={"proof": job.fingerprinter.proof(name), "fingerprint": fingerprint},
    )
    return str(answer["ETag"])


def update(aws: Aws, job: Job) -> str | None:
    """The same: S3 writes an object as a whole."""
    return create(aws, job)


def delete(aws: Aws, job: Job) -> None:
    """Delete it."""
    aws.call("s3", "delete_object", Bucket=BUCKET, Key=job.change.key.name.lstrip("/"))


def release(record: Record) -> Act | Refusal:
    """Copy it onto itself, without metadata."""
    return Act(partial(_release, name=record.name))


def _release(aws: Aws, name: str) -> None:
    key = name.lstrip("/")
    aws.call(
        "s3",
        "copy_object",
        Bucket=BUCKET,
        Key=key,
        CopySource={"Bucket": BUCKET, "Key": key},
        MetadataDirective="REPLACE",
        Metadata={},
    )


def rotate(target: Target, turn: Turn) -> Act | Refusal:
    """S3 rotates nothing."""
    return NotForKind("no-rotation", "an object has no rotation", "set a new value in git")


def roll_back(target: Target, *, rotated: bool) -> Act | Refusal:
    """This bucket keeps no versions."""
    return NotForKind("no-versions", "an object has no previous version", "set it in git")


def expected(aws: Aws, count: int) -> Pace | None:
    """Nothing worth a word."""
    return None


def cost(count: int) -> str | None:
    """Nothing."""
    return None
