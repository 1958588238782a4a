"""The value of another secret, which git does not have, for a secret that takes it over.

Only a plan of adoption says so, and only the adopt role may read it. It is bound to one version:
what has moved since the review is not copied.
"""

from __future__ import annotations

from reconciler.aws.client import Aws
from reconciler.core.errors import ConflictError
from reconciler.core.model import Ownership, Source
from reconciler.kinds import tags
from reconciler.kinds.kind import Job, Record
from reconciler.kinds.secret import values
from reconciler.kinds.secret.describe import describe
from reconciler.kinds.secret.labels import CURRENT, version_at
from reconciler.kinds.secret.observe import owner_of, rotation_of
from reconciler.values.sensitive import Sensitive


def copied(aws: Aws, job: Job) -> tuple[str, Sensitive[str] | Sensitive[bytes]]:
    """The version id to write and the value: that of the version that was reviewed, which is live.

    Raises ConflictError where the other secret is not as it was reviewed any more; AwsError.
    """
    name, planned = job.change.key.name, job.change.precondition
    source, version = str(planned["source"]), str(planned["source_version"])
    moved = _moved(describe(aws, source), version, job)
    if moved is not None:
        raise ConflictError(
            f"{name}: {source}, whose value it takes over, {moved}",
            hint="nothing was read or written; plan the adoption again",
        )
    found = values.current(aws, source, version)
    declared = None if job.resource is None else job.resource.value
    if declared is not None and declared.source is Source.GENERATED:
        return job.fingerprinter.generated_token(name), found.content
    return job.fingerprinter.copied_token(name, source, version), found.content


def _moved(record: Record | None, version: str, job: Job) -> str | None:
    """What has changed since the review, as the end of a sentence."""
    if record is None or record.data.get("DeletedDate") is not None:
        return "is deleted"
    marks = tags.from_list(record.data.get("Tags"))
    if owner_of(record, marks, job.fingerprinter, job.scope)[0] is not Ownership.OURS:
        return "is not owned by this environment any more"
    rotation = rotation_of(record)
    if rotation.enabled or rotation.pending:
        return "rotates"
    if version_at(record, CURRENT) != version:
        return "has another value now"
    return None
