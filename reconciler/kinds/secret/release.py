"""Releasing a secret: the marks and the label go, its value and everything else stays."""

from __future__ import annotations

from functools import partial

from reconciler.aws.client import Aws
from reconciler.core.ownership import Refusal
from reconciler.kinds import tags
from reconciler.kinds.kind import Act, Record
from reconciler.kinds.secret.labels import STAGED, version_at
from reconciler.kinds.secret.terms import RESTORE


def release(record: Record) -> Act | Refusal:
    """How to release a secret. AWS changes none that is pending deletion."""
    if record.data.get("DeletedDate") is not None:
        return Refusal(
            "pending-deletion",
            "it is pending deletion",
            f"let its deletion finish, or restore it first: {RESTORE} {record.name}",
        )
    return Act(partial(_unmark, record=record))


def _unmark(aws: Aws, record: Record) -> None:
    """Take the marks off a secret. The tag that makes it owned goes last, so that what stopped half
    way is released by a second run."""
    name = record.name
    staged = version_at(record, STAGED)
    if staged is not None:
        aws.call(
            "secretsmanager",
            "update_secret_version_stage",
            SecretId=name,
            VersionStage=STAGED,
            RemoveFromVersionId=staged,
        )
    live = tags.from_list(record.data.get("Tags"))
    marks = [key for key in live if key.startswith(tags.OURS)]
    if marks:
        aws.call("secretsmanager", "untag_resource", SecretId=name, TagKeys=sorted(marks))
