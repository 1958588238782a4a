"""How the keys that git owns are written into a value that rotation owns."""

from __future__ import annotations

from reconciler.aws.client import Aws
from reconciler.core.errors import ConflictError, ReconcilerError
from reconciler.core.model import Source
from reconciler.kinds import field, tags
from reconciler.kinds.keys import members
from reconciler.kinds.keys.fields import FIELDS
from reconciler.kinds.keys.observe import marked
from reconciler.kinds.kind import Job, Record
from reconciler.kinds.secret import mark
from reconciler.kinds.secret.describe import describe
from reconciler.kinds.secret.observe import rotation_of
from reconciler.kinds.secret.values import current
from reconciler.kinds.secret.write import move_current, settle_pending, stage
from reconciler.values.sensitive import Sensitive

SERVICE = "secretsmanager"


def create(aws: Aws, job: Job) -> str | None:
    """The call that creates the secret writes its keys and their mark."""
    raise AssertionError("keys are never created by themselves")


def update(aws: Aws, job: Job) -> str | None:
    """Read the secret, write what git owns of it, then the mark that remembers it.

    The mark goes last: a run that stops before it reads again, finds the keys equal, and writes
    the mark only. Raises ConflictError where somebody else wrote since the plan; then nothing was
    changed.
    """
    field.changed(FIELDS, job.change.fields)
    name = job.change.key.name
    declared = None if job.sealed is None else job.sealed.content
    if not isinstance(declared, Sensitive):
        raise ConflictError(f"{name} has no keys in the manifest any more", hint="plan again")
    text: Sensitive[str] = declared  # type: ignore[assignment]
    record = _fresh(job, describe(aws, name))
    version = None if job.change.value is None else _write(aws, job, record, text)
    made = job.fingerprinter.key_marks(name, text)[0]
    wanted = {tags.GIT_KEYS: made, **mark.with_keys(record, made, job.fingerprinter)}
    aws.call(SERVICE, "tag_resource", SecretId=name, Tags=tags.to_list(wanted))
    return version


def delete(aws: Aws, job: Job) -> None:
    """They go with their secret."""
    raise AssertionError("keys are never deleted by themselves")


def _write(aws: Aws, job: Job, record: Record, declared: Sensitive[str]) -> str | None:
    """Put the keys into the value at AWSCURRENT; None where they are in it."""
    name = job.change.key.name
    live = current(aws, name)
    content = live.content
    merged = None
    if isinstance(content.reveal(), str):
        text: Sensitive[str] = content  # type: ignore[assignment]
        merged = members.merge(text, declared)
    if merged is None:
        raise ReconcilerError(
            f"{name}: the live value is not a JSON object in which each key appears once",
            code="git-keys",
            hint="git owns keys of a JSON object: see what its rotation function writes",
        )
    if merged is content:
        return None
    token = job.fingerprinter.merged_token(name, merged)
    stage(aws, name, token, {"SecretString": merged})
    settle_pending(aws, record)
    # A rotation that has ended since the read moved the label: then this is a conflict.
    move_current(aws, name, token, expected=live.version)
    return token


def _fresh(job: Job, record: Record | None) -> Record:
    """The secret as it is, if what the change was planned against still is. Raises
    ConflictError."""
    name = job.change.key.name
    if record is None:
        raise ConflictError(f"{name} was deleted meanwhile", hint="plan again")
    value = job.resource.value if job.resource is not None else None
    last = marked(record)
    declared = value is not None and value.source is Source.GIT and last in value.fingerprints
    seen = None if job.live is None or job.live.value is None else job.live.value.version
    # The secret's own change, just before, may have written the whole value and this mark.
    if last != seen and not declared:
        raise ConflictError(
            f"{name}: another run has written the keys that git owns meanwhile",
            hint="nothing was overwritten; plan again",
        )
    if job.change.value is not None and rotation_of(record).pending:
        raise ConflictError(
            f"{name}: a rotation has begun meanwhile, and a value written now would abandon it",
            hint="nothing was written; apply again once it has ended",
        )
    return record
