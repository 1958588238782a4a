"""How rotation schedules are set, changed and removed."""

from __future__ import annotations

from typing import Any

from reconciler.aws.client import Aws
from reconciler.core.errors import AwsError
from reconciler.core.model import JSON
from reconciler.kinds import field, shipped, tags
from reconciler.kinds.kind import Job
from reconciler.kinds.schedule import FIELDS, Ruled, Sent, Switched
from reconciler.kinds.secret import mark
from reconciler.kinds.secret.describe import describe
from reconciler.kinds.secret.terms import SERVICE


def create(aws: Aws, job: Job) -> str | None:
    """Turn rotation on, with one RotateSecret, and remember it on the secret.

    RotateImmediately is always sent: "By default, Secrets Manager rotates the secret immediately",
    also when only a rule changes.
    """
    field.changed(FIELDS, job.change.fields)
    name = job.change.key.name
    fields = job.declared
    live = job.record.data if job.record is not None else {}
    live_rules = live.get("RotationRules") or {}
    rules: dict[str, Any] = {}
    request: dict[str, Any] = {
        "RotationRules": rules,
        "RotateImmediately": job.change.settings.get("rotate_immediately") is True,
    }
    for row in FIELDS:
        match row.write:
            case Ruled(theirs):
                rules[theirs] = fields.get(row.name, live_rules.get(theirs))
            case Sent(theirs):
                request[theirs] = fields.get(row.name, live.get(theirs))
            case Switched():
                pass  # by this very call
    for part in (rules, request):
        for theirs in [theirs for theirs, content in part.items() if content is None]:
            del part[theirs]
    try:
        aws.call(SERVICE, "rotate_secret", SecretId=name, **request)
    except AwsError as error:
        # AWS answers the same code where the caller may not rotate.
        if error.aws_code != "AccessDeniedException" or "Lambda" in error.message:
            error.hint = _hint(error, job, request.get("RotationLambdaARN")) or error.hint
        raise
    _remember(aws, job)
    return None


def update(aws: Aws, job: Job) -> str | None:
    """Change the rules, turn rotation on, or turn it off."""
    field.changed(FIELDS, job.change.fields)
    if not job.change.fields:
        _remember(aws, job)
        return None
    if job.declared.get("enabled"):
        return create(aws, job)
    name = job.change.key.name
    try:
        aws.call(SERVICE, "cancel_rotate_secret", SecretId=name)
    except AwsError as error:
        # "Rotation is not enabled": after a lost answer that is what was to be done.
        if not (error.uncertain or error.aws_code == "InvalidRequestException"):
            raise
        record = describe(aws, name)
        if record is None or record.data.get("RotationEnabled"):
            raise
    _remember(aws, job)
    return None


def delete(aws: Aws, job: Job) -> None:
    """A schedule goes with its secret, or by `rotation: none`; it is never pruned by itself."""
    raise AssertionError("a schedule is never deleted by itself")


def _remember(aws: Aws, job: Job) -> None:
    """Let the mark of the secret remember its schedule. Of a secret that this run has just created
    the mark is read again."""
    name = job.change.key.name
    record = job.record or describe(aws, name)
    if record is None:
        return  # deleted meanwhile: the next plan says so
    memory = field.remembered(FIELDS, job.declared)
    wanted = mark.after_part(record, FIELDS, memory, job.fingerprinter)
    if wanted:
        aws.call(SERVICE, "tag_resource", SecretId=name, Tags=tags.to_list(wanted))


def _hint(error: AwsError, job: Job, function: JSON) -> str | None:
    hint = _HINTS.get(error.aws_code, "")
    deploy = shipped.deploying(function, job.functions, job.scope.environment)
    if deploy is not None and error.aws_code == "AccessDeniedException":
        return f"the rotation function does not exist, or may not be invoked. {deploy}"
    return hint.format(env=job.scope.environment) or None


_HINTS = {
    # Recorded on AWS: also where there is no such function at all.
    "AccessDeniedException": "the rotation function does not exist, or may not be invoked:"
    " the command that allows it is in: reconciler doctor {env}",
    "InvalidRequestException": "without a function name one as `lambda`; if a rotation is under"
    " way, look at the secret's AWSPENDING label",
}
