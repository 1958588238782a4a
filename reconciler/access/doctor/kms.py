"""Whether the KMS keys that manifests name are there, and encrypt.

AWS checks it when a secret is written, which is long after the review.
"""

from __future__ import annotations

from reconciler.access.doctor.check import Check, fails, ok, warning
from reconciler.aws.client import Aws, require
from reconciler.core.errors import AwsError
from reconciler.manifest import Cleartext

_SUBJECT = "kms"
_OF_AWS = "alias/aws/"  # AWS makes these when they are first used


def look(declared: Cleartext, aws: Aws) -> list[Check]:
    """Each key of the environment and its resources; one call each, and no line where manifests
    name none. What is replicated has keys in other Regions, which are not asked."""
    users: dict[str, list[str]] = {}
    if declared.settings.kms_key is not None:
        users[declared.settings.kms_key] = []
    for resource in declared.resources().values():
        key = resource.fields.get("kms_key")
        if isinstance(key, str):
            users.setdefault(key, []).append(resource.key.name)
    named = sorted(key for key in users if not key.startswith(_OF_AWS))
    outcomes = aws.each(lambda key: _state(key, aws), named)
    checks, unknown = [], []
    for key, outcome in zip(named, outcomes, strict=True):
        if isinstance(outcome, AwsError):
            unknown.append(outcome.message)
        elif outcome is not None:
            of = f", of {users[key][0]}" if users[key] else ""
            checks.append(
                fails(_SUBJECT, f"{key}{of}: {outcome}", "correct `kms_key`, or make the key first")
            )
    if unknown:
        checks.append(
            warning(
                _SUBJECT,
                f"cannot tell whether {_keys(len(unknown))} there: {unknown[0]}",
                "ask with credentials that have kms:DescribeKey",
            )
        )
    if named and not checks:
        count = len(named)
        checks.append(ok(_SUBJECT, f"{count} key{'' if count == 1 else 's'} can encrypt"))
    return checks


def _keys(count: int) -> str:
    return "1 KMS key is" if count == 1 else f"{count} KMS keys are"


def _state(key: str, aws: Aws) -> str | AwsError | None:
    """Why nothing can be encrypted with a key; None where it can."""
    try:
        found = require(aws.call("kms", "describe_key", KeyId=key), "KeyMetadata", "describe_key")
    except AwsError as error:
        if error.aws_code == "NotFoundException":
            return "there is no such KMS key"
        return error
    state = found.get("KeyState")
    return None if state == "Enabled" else f"the KMS key is not enabled: {state}"
