"""A rotation that AWS runs: begun, followed to its end, and told where it stopped."""

from __future__ import annotations

import secrets as randomness
import time

from reconciler.aws.client import Aws
from reconciler.core.errors import AwsError, ConflictError, ReconcilerError
from reconciler.kinds.secret.labels import CURRENT, PENDING, stages, version_at
from reconciler.kinds.secret.observe import describe

SERVICE = "secretsmanager"
SEEN_WITHIN = 30.0  # seconds in which AWS shows the version of a rotation that it has begun
PAUSE = 2.0  # seconds between two looks at a rotation

_HINTS = {
    "InvalidRequestException": "the secret has no rotation function, or a rotation is under way",
    # Recorded on AWS: also where there is no such function at all.
    "AccessDeniedException": "the rotation function does not exist, or"
    " secretsmanager.amazonaws.com may not invoke it",
}


class RotationError(ReconcilerError):
    """A rotation that did not end with a new value in use."""

    code = "rotation"


def now(aws: Aws, name: str, *, times: int, timeout: float) -> str:
    """Rotate so many times, each awaited; what to tell of it.

    Raises RotationError where a rotation does not end within ``timeout`` seconds, or ends without
    its new value in use; ConflictError where somebody else wrote a version meanwhile.
    """
    for number in range(times):
        try:
            _once(aws, name, timeout)
        except ReconcilerError as error:
            if number:
                error.message = f"rotated once; the second time: {error.message}"
            raise
    return "rotated twice" if times == 2 else "rotated"


def clear_pending(aws: Aws, name: str) -> None:
    """Take AWSPENDING from a version that serves nobody, so that a rotation can begin.

    The call names the version, so AWS refuses it where the label has moved meanwhile.
    """
    record = describe(aws, name)
    pending = None if record is None else version_at(record, PENDING)
    if record is None or pending is None or pending == version_at(record, CURRENT):
        return
    aws.call(
        SERVICE,
        "update_secret_version_stage",
        SecretId=name,
        VersionStage=PENDING,
        RemoveFromVersionId=pending,
    )


def _once(aws: Aws, name: str, timeout: float) -> None:
    token = randomness.token_hex(16)
    try:
        aws.call(
            SERVICE,
            "rotate_secret",
            SecretId=name,
            ClientRequestToken=token,
            RotateImmediately=True,
        )
    except AwsError as error:
        if not error.uncertain:
            error.hint = _HINTS.get(error.aws_code, error.hint)
            raise
    began = time.monotonic()
    until = began + timeout
    seen = False
    while True:
        labels = _labels(aws, name, token)
        if CURRENT in labels:
            return
        late = not seen and not labels and time.monotonic() < min(until, began + SEEN_WITHIN)
        seen = seen or bool(labels)
        if PENDING not in labels and not late:
            raise ConflictError(
                "the rotation was abandoned: its version lost AWSPENDING without becoming current",
                hint="somebody wrote another version, or cancelled it; see who, and rotate again",
            )
        if time.monotonic() >= until:
            raise RotationError(
                f"the rotation did not end within {timeout:g} s: AWSPENDING is on its version"
                f" {token}, and AWSCURRENT is where it was",
                hint="it still runs, or a step failed: see the function's log, and who reported it"
                " with aws cloudtrail lookup-events --lookup-attributes"
                " AttributeKey=EventName,AttributeValue=RotationFailed. AWS tries a failed rotation"
                " again; to give it up, rotate with --clear-pending",
            )
        time.sleep(min(PAUSE, max(0.0, until - time.monotonic())))


def _labels(aws: Aws, name: str, token: str) -> tuple[str, ...]:
    record = describe(aws, name)
    if record is None:
        raise ConflictError("it was deleted meanwhile")
    return tuple(stages(record).get(token, ()))
