"""How secrets are written: values by compare-and-swap, each step safe to repeat."""

from __future__ import annotations

import secrets as randomness
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from reconciler.aws.client import Aws
from reconciler.core.digest import content_digest
from reconciler.core.errors import AwsError, ConflictError
from reconciler.core.model import Action, FieldChange, Write
from reconciler.kinds import field, tags
from reconciler.kinds.kind import Job, Record
from reconciler.kinds.secret import copying, mark, replicas, versions
from reconciler.kinds.secret.alphabet import alphabet
from reconciler.kinds.secret.describe import REFUSED, describe, primary_elsewhere, unless
from reconciler.kinds.secret.field import Put, Sent, Tagged
from reconciler.kinds.secret.fields import FIELDS
from reconciler.kinds.secret.labels import CURRENT, PENDING, STAGED, version_at
from reconciler.kinds.secret.terms import SERVICE
from reconciler.values.sensitive import Generate, Sensitive, parse_token, public


def create(aws: Aws, job: Job) -> str | None:
    """Create the secret with its value, metadata and marks: one call, and more for each field that
    it does not take, and for the mark that remembers that.

    Raises ConflictError where a secret of this name has come into being meanwhile.
    """
    name = job.change.key.name
    changes = field.changed(FIELDS, job.change.fields)
    token, content = _copied(aws, job) if _copies(job) else _value(job)
    # A value that was copied is not git's: no mark calls it so.
    ours = token if parse_token(token) else None
    request: dict[str, Any] = {"Name": name, "ClientRequestToken": token, **content}
    later: list[tuple[Put, FieldChange]] = []
    for row, change in changes:
        match row.write:
            case Sent(parameters) | Put(created=parameters) if parameters is not None:
                request |= parameters(change.after)
            case Put() as put:
                later.append((put, change))
            case Tagged():
                pass  # among the marks
    # What a later call does is remembered after it, so that a run that stops between is seen.
    marks = _marks(job, ours, without=[change.name for _, change in later])
    request["Tags"] = tags.to_list({**_tags(job), **marks})
    try:
        aws.call(SERVICE, "create_secret", **request)
    except AwsError as error:
        if not (error.uncertain or error.aws_code == "ResourceExistsException"):
            raise
        if not error.uncertain:
            aws.made(SERVICE, name)  # it is there, by whomever
        record = describe(aws, name)
        # The answer to our own call may have been lost: then the secret is there, and is owned.
        if record is None:
            raise
        if version_at(record, CURRENT) != token:
            raise ConflictError(
                f"{name} has been created by somebody else meanwhile",
                hint="plan again",
            ) from None
    aws.made(SERVICE, name)
    for put, change in later:
        put.calls(aws, job, change)
    if marks != _marks(job, ours):
        _tag(aws, name, _marks(job, ours))
    return token


def update(aws: Aws, job: Job) -> str | None:
    """Bring back, write the value, then the metadata, then the marks that remember it.

    Raises ConflictError where AWSCURRENT has moved since the plan; then nothing was changed.
    """
    name = job.change.key.name
    changes = field.changed(FIELDS, job.change.fields)
    if job.change.action is Action.RESTORE:
        aws.call(SERVICE, "restore_secret", SecretId=name)
        aws.made(SERVICE, name)
    if job.change.action is Action.ADOPT:
        _refuse_copy(aws, name)
    value = job.change.value
    writes = value is not None and value.write is not Write.BOUND
    version = swap(aws, job) if writes else None

    metadata: dict[str, Any] = {}
    for row, change in changes:
        if isinstance(row.write, Sent):
            metadata |= row.write.request(change.after)
    before = versions.under_keys(aws, name) if "KmsKeyId" in metadata else None
    if metadata:
        aws.call(SERVICE, "update_secret", SecretId=name, **metadata)
    for row, change in changes:
        if isinstance(row.write, Put):
            row.write.calls(aws, job, change)
    _update_tags(aws, job, version)
    if before is not None:
        versions.check_moved(aws, name, before, str(metadata["KmsKeyId"]))
    return version


def _refuse_copy(aws: Aws, name: str) -> None:
    """Raises ConflictError for a replica of another account's secret, which no list tells."""
    record = describe(aws, name)
    primary = None if record is None else primary_elsewhere(record)
    if primary is not None:
        raise ConflictError(
            f"{name} is a replica of {primary}, a secret of another account, and AWS refuses"
            " writes to it",
            hint="nothing was written; take it out of the manifest: it is changed in that account",
        )


def delete(aws: Aws, job: Job) -> None:
    """Schedule the deletion: AWS keeps the secret for the recovery window. Replicas go first."""
    name = job.change.key.name
    record = job.record
    regions = (
        [entry["Region"] for entry in record.data.get("ReplicationStatus") or ()] if record else []
    )
    if regions:
        replicas.remove(aws, name, regions)
    recovery = job.live.fields.get("recovery_window") if job.live is not None else None
    days = recovery if isinstance(recovery, int) and 7 <= recovery <= 30 else None
    with unless(lambda: _is_deleted(aws, name)):
        aws.call(
            SERVICE,
            "delete_secret",
            SecretId=name,
            RecoveryWindowInDays=days or job.policy.recovery_window,
        )


def _is_deleted(aws: Aws, name: str) -> bool:
    record = describe(aws, name)
    return record is None or record.data.get("DeletedDate") is not None


# --- values -----------------------------------------------------------------------------------


def _value(job: Job) -> tuple[str, dict[str, Any]]:
    """The version id to write and the value under AWS's name for it."""
    name = job.change.key.name
    sealed = job.sealed
    if sealed is None:
        raise ConflictError(f"{name} has no value in the manifest any more", hint="plan again")
    if sealed.content is None:
        made = _generate(sealed.generate or Generate())
        return job.fingerprinter.generated_token(name), {"SecretString": made}
    token = job.fingerprinter.secret_tokens(name, sealed.content)[0]
    return token, _named(sealed.content)


def _copies(job: Job) -> bool:
    return job.change.value is not None and job.change.value.write is Write.COPIED


def _copied(aws: Aws, job: Job) -> tuple[str, dict[str, Any]]:
    token, content = copying.copied(aws, job)
    return token, _named(content)


def _named(content: Sensitive[str] | Sensitive[bytes]) -> dict[str, Any]:
    """A value under AWS's name for it."""
    binary = isinstance(content.reveal(), bytes)
    return {"SecretBinary" if binary else "SecretString": content}


def _generate(rule: Generate) -> Sensitive[str]:
    letters = alphabet(rule.exclude, rule.exclude_characters)
    return Sensitive("".join(randomness.choice(letters) for _ in range(rule.length)))


def swap(aws: Aws, job: Job) -> str:
    """Write the value as a staged version, remember under a fingerprint key that it is git's, then
    move AWSCURRENT to it from where the plan saw it. The version id is returned.

    "If the staging label is already attached to a different version … you must also specify
    RemoveFromVersionId. If … the specified version ID does not match, then the operation fails."
    Moving the label also makes a return to an earlier value right: putting that value's token
    again "succeeds but does nothing", and never moves the label.
    """
    name = job.change.key.name
    expected = job.change.precondition.get("version")
    token, content = _value(job)
    labels = stage(aws, name, token, content)
    if job.record is not None and not {STAGED, CURRENT} & {*labels}:
        _begin(aws, job.record, token)
    # Not before: a version id that somebody else has taken is never called git's.
    _tag(aws, name, mark.before_move(job, token))
    if expected is None and CURRENT in labels:
        # "If this operation creates the first version … AWSCURRENT" is attached by AWS itself.
        return token
    if job.record is not None:
        settle_pending(aws, job.record)
    move_current(aws, name, token, expected=None if expected is None else str(expected))
    return token


def stage(aws: Aws, name: str, token: str, content: Mapping[str, Any]) -> Sequence[str]:
    """Write a value as a version that does not serve yet; the labels that AWS put on it.

    ``content`` is the value under AWS's name for it. To repeat it does nothing. Raises AwsError.
    """
    try:
        answer = aws.call(
            SERVICE,
            "put_secret_value",
            SecretId=name,
            ClientRequestToken=token,
            VersionStages=[STAGED],
            **content,
        )
    except AwsError as error:
        if error.aws_code == "ResourceExistsException":
            raise AwsError(
                f"{name}: the version id of this value is taken by another value",
                operation=error.operation,
                aws_code=error.aws_code,
                request_id=error.request_id,
                hint="somebody claimed it: see who wrote the secret, and put a new fingerprint key"
                " first in the environment",
            ) from None
        raise
    labels: Sequence[str] = answer.get("VersionStages") or ()
    return labels


def _begin(aws: Aws, record: Record, token: str) -> None:
    """Put our label on a version that is there already, for which a put "succeeds but does
    nothing": a run that stops after it is known by it, and goes on."""
    holder = version_at(record, STAGED)
    if holder == token:
        return
    held: dict[str, Any] = {} if holder is None else {"RemoveFromVersionId": holder}
    with unless(lambda: _staged(aws, record.name) == token):
        aws.call(
            SERVICE,
            "update_secret_version_stage",
            SecretId=record.name,
            VersionStage=STAGED,
            MoveToVersionId=token,
            **held,
        )


def _staged(aws: Aws, name: str) -> str | None:
    fresh = describe(aws, name)
    return None if fresh is None else version_at(fresh, STAGED)


def settle_pending(aws: Aws, record: Record) -> None:
    """Take AWSPENDING from the version that serves, where a rotation that has ended left it.

    "If the AWSPENDING staging label is present but not attached to the same version as AWSCURRENT,
    then any later invocation of RotateSecret assumes that a previous rotation request is still in
    progress and returns an error": it may not stay behind when AWSCURRENT moves on. Raises
    ConflictError where a rotation has begun meanwhile.
    """
    left = version_at(record, PENDING)
    if left is None or left != version_at(record, CURRENT):
        return
    try:
        aws.call(
            SERVICE,
            "update_secret_version_stage",
            SecretId=record.name,
            VersionStage=PENDING,
            RemoveFromVersionId=left,
        )
    except AwsError as error:
        if not (error.uncertain or error.aws_code in REFUSED):
            raise
        fresh = describe(aws, record.name)
        now = None if fresh is None else version_at(fresh, PENDING)
        if now == left:
            raise
        if now is not None:
            raise ConflictError(
                f"{record.name}: a rotation has begun meanwhile",
                hint="nothing was overwritten; plan again once it has ended",
            ) from None


def move_current(aws: Aws, name: str, token: str, *, expected: str | None) -> None:
    """Move AWSCURRENT to a version from ``expected``, where it was seen: AWS's compare-and-swap.

    Raises ConflictError where it is elsewhere; then nothing was changed.
    """
    move: dict[str, Any] = {"MoveToVersionId": token}
    if expected is not None:
        move["RemoveFromVersionId"] = expected
    try:
        aws.call(
            SERVICE, "update_secret_version_stage", SecretId=name, VersionStage=CURRENT, **move
        )
    except AwsError as error:
        if not (error.uncertain or error.aws_code in REFUSED):
            raise
        record = describe(aws, name)
        current = None if record is None else version_at(record, CURRENT)
        if current == token:
            return  # only the answer was lost
        if current == expected:
            raise
        raise ConflictError(
            f"{name}: AWSCURRENT moved from {expected or 'nothing'} to {current or 'nothing'}"
            " meanwhile, by somebody else",
            hint="nothing was overwritten; plan again",
        ) from None


# --- metadata ---------------------------------------------------------------------------------


def _tags(job: Job) -> dict[str, str]:
    declared = job.declared.get("tags")
    return {k: str(v) for k, v in declared.items()} if isinstance(declared, Mapping) else {}


def _marks(job: Job, written: str | None, *, without: Collection[str] = ()) -> dict[str, str]:
    """The tags that make a secret owned and remember what was declared, and the version that was
    ``written``."""
    name = job.change.key.name
    fields = job.declared
    marks = {tags.OWNER: job.scope.owner_id, tags.PROOF: job.fingerprinter.proof(name)}
    spec: dict[str, str] = {}
    memory = field.remembered(FIELDS, {k: v for k, v in fields.items() if k not in without})
    for row in FIELDS:
        if row.name not in fields:
            continue
        if isinstance(row.write, Tagged):
            marks |= row.write.marks(fields[row.name])
        if row.deep is not None and row.name not in without:
            spec[row.name] = content_digest(fields[row.name])
    value = job.change.value
    part = None if job.sealed is None else job.sealed.keys
    if part is not None and value is not None and value.write is not Write.BOUND:
        # The whole value is written, and git's keys with it.
        marks[tags.GIT_KEYS] = job.fingerprinter.key_marks(name, part)[0]
        memory |= mark.of_keys(marks[tags.GIT_KEYS])
    if job.record is None or job.change.action is Action.ADOPT:
        memory |= mark.of_schedule(job)
    return marks | mark.after_write(job, spec, memory, written)


def _tag(aws: Aws, name: str, wanted: Mapping[str, str]) -> None:
    aws.call(SERVICE, "tag_resource", SecretId=name, Tags=tags.to_list(wanted))


def _update_tags(aws: Aws, job: Job, written: str | None) -> None:
    """Remove the tags that we set and that are no longer declared, then set those that differ.

    In this order: the mark that lists our tags is set last, so that a run which stops in between
    leaves none that nobody remembers.
    """
    name = job.change.key.name
    changed = {change.name: change for change in job.change.fields}
    live = tags.from_list(job.record.data.get("Tags")) if job.record is not None else {}
    if written is not None:
        live |= mark.before_move(job, written)
    wanted = _marks(job, written)
    unwanted: list[str] = []
    if "tags" in changed:
        declared = _tags(job)
        wanted |= declared
        before = changed["tags"].before
        ours = set(before) if isinstance(before, Mapping) else set()
        unwanted = sorted((ours - set(declared)) & set(live))
        if not declared and tags.KEYS in live:
            unwanted.append(tags.KEYS)
    value = job.change.value
    if value is not None and value.write is Write.BOUND:
        version = str(job.change.precondition["version"])
        wanted[tags.BOUND] = job.fingerprinter.bound(name, version, str(value.fingerprint))
    if "fingerprint_key" in changed:
        wanted |= _rebound(job)
    differing = {key: value for key, value in wanted.items() if live.get(key) != value}
    if unwanted:
        aws.call(SERVICE, "untag_resource", SecretId=name, TagKeys=unwanted)
    if differing:
        _tag(aws, name, differing)


def _rebound(job: Job) -> dict[str, str]:
    """The tag that lets the first fingerprint key vouch for a version written under another."""
    name = job.change.key.name
    value = job.live.value if job.live is not None else None
    if value is None or job.change.value is not None or value.kid is None:
        return {}
    declared = job.resource.value.fingerprints if job.resource and job.resource.value else ()
    # A version that holds no declared value vouches for itself: it is owned all the same.
    fingerprint = declared[0] if value.fingerprint in declared else public(value.version)
    return {tags.BOUND: job.fingerprinter.bound(name, value.version, fingerprint)}
