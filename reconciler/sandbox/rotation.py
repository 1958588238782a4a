"""Rotation: RotateSecret, and the run through the function's four steps in the background.

"Rotation is an asynchronous process": RotateSecret answers at once, a thread calls the function.
The lock of the sandbox is held only while state changes, never while the function runs, since the
function calls back into the sandbox.
"""

from __future__ import annotations

import json
import secrets
import string
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import schedule
from .account import ACCOUNT, secrets_of
from .awslambda import FunctionError, RunningFunction, find_function, invocable_by
from .call import Call
from .context import Context, Rotation
from .refusal import denied, invalid_request
from .secret import DEFAULT_VERSION_KEY, Secret

if TYPE_CHECKING:
    from moto.awslambda.models import LambdaFunction

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
SERVICE = "secretsmanager.amazonaws.com"


def rotate(call: Call, secret: Secret, token: str) -> None:
    """Configure rotation, and start one (or its test). Everything is checked before anything is
    changed, so that a refused call leaves no AWSPENDING behind.
    """
    body = call.body
    immediately = body.get("RotateImmediately", True)
    rules = body.get("RotationRules")
    if rules is not None:
        rules = schedule.check(rules)
    arn = body.get("RotationLambdaARN") or secret.lambda_arn
    role = body.get("ExternalSecretRotationRoleArn") or secret.rotation_role
    function = _function(secret, arn, role)
    _refuse_unfinished(secret)
    if token in secret.versions:
        # "This value helps ensure idempotency": the same request again starts nothing.
        return
    now = time.time()
    secret.lambda_arn = arn
    secret.rotation_role = role
    if rules is not None:
        if rules != secret.rules:
            # Recorded on AWS: with rate() a rotation that was scheduled before may still come.
            expression = (secret.rules or {}).get("ScheduleExpression", "")
            secret.scheduled_before = secret.next_rotation if "rate" in expression else None
        secret.rules = rules
        secret.computed_days = None
    if secret.rules is not None:
        secret.enabled = True
        secret.next_rotation = schedule.next_rotation(secret.rules, _since(secret, now), now)
    secret.make_room(now)
    version = secret.new_version(token, now)
    if not immediately:
        # "This test creates an AWSPENDING version of the secret and then removes it." testSecret
        # reads that version, so it holds the current value.
        current = secret.labelled("AWSCURRENT")
        if current is not None:
            version.update(
                {n: current[n] for n in ("secret_string", "secret_binary", "keys") if n in current}
            )
    secret.attach("AWSPENDING", token)
    secret.rotating = token
    secret.last_changed_date = round(now, 3)  # type: ignore[assignment]
    call.secrets.touch(secret)
    steps = STEPS if immediately else ("testSecret",)
    run = _Run(call.sandbox, call.region, secret.arn, token, function, steps)
    call.sandbox.settling.begin(secret.arn, "rotation")
    call.sandbox.spawn(run.run, f"rotation of {secret.name}")


def _function(secret: Secret, arn: str | None, role: str | None) -> LambdaFunction | None:
    """The function to call; None means that AWS or a partner rotates, the latter with a role."""
    if secret.partner is not None and role is None:
        raise invalid_request(
            "No rotation role ARN is associated with this managed external secret."
        )
    if secret.owner is not None or secret.partner is not None:
        # "For secrets that use managed rotation, omit this field."
        if arn is not None:
            raise invalid_request(
                "You can't specify a rotation function for a secret that uses managed rotation."
            )
        return None
    if arn is None:
        # "You tried to enable rotation on a secret that doesn't already have a Lambda function
        # ARN configured and you didn't include such an ARN as a parameter in this call."
        raise invalid_request("No Lambda rotation function ARN is associated with this secret.")
    function = find_function(ACCOUNT, arn)
    # Recorded on AWS: a function that does not exist is one that may not be invoked.
    if function is None or not invocable_by(function, SERVICE, secret.arn, ACCOUNT):
        raise denied(
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the "
            f"function policy grants access to the principal {SERVICE}."
        )
    return function


def _refuse_unfinished(secret: Secret) -> None:
    """ "If the AWSPENDING staging label is present but not attached to the same version as
    AWSCURRENT, then any later invocation of RotateSecret assumes that a previous rotation request
    is still in progress and returns an error."
    """
    pending = secret.holder("AWSPENDING")
    if pending is not None and pending != secret.holder("AWSCURRENT"):
        raise invalid_request(
            "A previous rotation isn't complete. That rotation will be reattempted."
        )


def abandon_for(secret: Secret, token: str) -> None:
    """Give up the running rotation because somebody else makes a new version: Secrets Manager
    then removes AWSPENDING from the version that the rotation made.
    """
    if secret.rotating is not None and secret.rotating != token:
        if secret.holder("AWSPENDING") == secret.rotating:
            secret.detach("AWSPENDING")
        secret.rotating = None


def cancel(secret: Secret) -> None:
    """Stop a running rotation, leaving its labels: "If you cancel a rotation in progress, it can
    leave the VersionStage labels in an unexpected state."
    """
    secret.rotating = None


def reschedule(secret: Secret, now: float) -> None:
    """Compute the next date again after the value changed."""
    if secret.enabled and secret.rules is not None:
        secret.next_rotation = schedule.next_rotation(secret.rules, _since(secret, now), now)


def _since(secret: Secret, now: float) -> float:
    return max(secret.last_rotated or 0.0, secret.last_put) or now


@dataclass(frozen=True)
class _Run:
    """One rotation's way through its steps."""

    _sandbox: Context
    _region: str
    _arn: str
    _token: str
    _function: LambdaFunction | None
    _steps: tuple[str, ...]

    def run(self, stopping: threading.Event) -> None:
        step: str | None = None
        error: str | None = None
        if self._function is None:
            with self._sandbox.lock:
                self._rotate_managed()
        else:
            try:
                url, key = self._sandbox.url, self._sandbox.function_key
                with RunningFunction(self._function, url, key) as function:
                    for step in self._steps:
                        if stopping.is_set() or not self._current():
                            break
                        function.invoke(self._event(step), stopping)
            except FunctionError as failed:
                error = str(failed)
        with self._sandbox.lock:
            outcome = self._finish(error)
        failed_at = step if error is not None else None
        self._sandbox.rotations.append(Rotation(self._arn, self._token, outcome, failed_at, error))

    def _event(self, step: str) -> str:
        return json.dumps({"SecretId": self._arn, "ClientRequestToken": self._token, "Step": step})

    def _secret(self) -> Secret | None:
        secret = secrets_of(self._region).secrets.find(self._arn)
        return secret if secret is not None and secret.rotating == self._token else None

    def _current(self) -> bool:
        with self._sandbox.lock:
            return self._secret() is not None

    def _finish(self, error: str | None) -> str:
        secret = self._secret()
        if secret is None:
            return "abandoned"
        secret.rotating = None
        now = time.time()
        if self._steps != STEPS:
            # "...and then removes it", whether or not the test went well.
            del secret.versions[self._token]
            outcome = "test succeeded" if error is None else "test failed"
        elif error is None and secret.holder("AWSCURRENT") == self._token:
            secret.last_rotated = round(now, 3)
            if not self._sandbox.keeps_pending:
                secret.detach("AWSPENDING")
            reschedule(secret, now)
            if secret.next_rotation is not None and "ScheduleExpression" in (secret.rules or {}):
                secret.computed_days = schedule.days_between(now, secret.next_rotation)
            outcome = "succeeded"
        else:
            outcome = "failed"
        secret.last_changed_date = round(now, 3)  # type: ignore[assignment]
        secrets_of(self._region).touch(secret)
        return outcome

    def _rotate_managed(self) -> None:
        """What the owning service does: a new password, put in place at once."""
        secret = self._secret()
        if secret is None or self._steps != STEPS:
            return
        password = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(32))
        current = secret.holder("AWSCURRENT")
        value = secret.versions[current].get("secret_string", "") if current else ""
        try:
            document = json.loads(value)
        except ValueError:
            document = None
        if isinstance(document, dict):
            document["password"] = password
            password = json.dumps(document)
        secret.versions[self._token] |= {"secret_string": password, "keys": [DEFAULT_VERSION_KEY]}
        secret.attach("AWSCURRENT", self._token)
        secret.detach("AWSPENDING")
