"""What each way to fail becomes: an error of our own.

botocore's errors may quote what was sent. None of them leaves here, nor a message of AWS about a
call that carries a value. botocore is imported where a call is made: `validate` and `--help` make
none, and start in half the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.core.errors import AwsError, CredentialsError, ReconcilerError

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_UNKNOWN_CALLER = frozenset(
    {"UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException",
     "SignatureDoesNotMatch", "MissingAuthenticationToken", "AuthFailure"}
)  # fmt: skip
_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
THROTTLED = frozenset(
    {"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded",
     "RequestThrottled", "RequestThrottledException", "ThrottledException"}
)  # fmt: skip
_OF_REPLICAS = frozenset({"InvalidParameterException", "InvalidRequestException"})
_LIMITS = {
    "PutSecretValue": "a secret keeps 100 versions, and AWS removes none of the last 24 hours:"
    " wait, and write it less often"
}
UNREACHED = frozenset(
    {"EndpointConnectionError", "ConnectTimeoutError", "ProxyConnectionError"}
)  # fmt: skip
TRUNCATED = "TruncatedAnswer"  # the code of an error raised here: a field is missing that AWS sends
LIMIT = "LimitExceededException"
UNREPEATED = "Limit"  # in its place, as long as botocore looks at it
OUT_OF_TIME = "OutOfTime"  # the code of an error raised here: the deadline has passed


class OutOfTimeError(Exception):
    """No call may begin any more. ``lost``: an earlier try of this one may have been done."""

    def __init__(self, lost: bool) -> None:
        super().__init__()
        self.lost = lost


def never_sent(error: Exception | None) -> bool:
    """Whether AWS cannot have seen the call."""
    return error is not None and type(error).__name__ in UNREACHED


def translate(error: Exception, name: str, *, carries_value: bool) -> ReconcilerError:
    """The error of our own that one of botocore's becomes."""
    from botocore import exceptions as boto

    if isinstance(error, OutOfTimeError):
        return AwsError(
            f"{name}: the time for this run is over",
            operation=name,
            aws_code=OUT_OF_TIME,
            uncertain=error.lost,
            hint="run again, with more time: what is done stays done",
        )
    if isinstance(error, boto.ClientError):
        return _refused(error.response, name, carries_value=carries_value)
    word = type(error).__name__
    no_credentials = (
        boto.NoCredentialsError,
        boto.PartialCredentialsError,
        boto.CredentialRetrievalError,
        boto.ProfileNotFound,
        boto.TokenRetrievalError,
        boto.SSOError,
        boto.RefreshWithMFAUnsupportedError,
    )
    if isinstance(error, no_credentials):
        return CredentialsError(
            f"no usable AWS credentials ({word})",
            hint="set AWS_PROFILE, log in, or let the workflow assume its role",
        )
    if isinstance(error, boto.NoRegionError | boto.InvalidRegionError):
        return AwsError(f"{name}: {word}", operation=name, aws_code=word)
    if never_sent(error):
        return AwsError(
            f"{name}: AWS cannot be reached ({word})",
            operation=name,
            aws_code=word,
            hint="check the network, the proxy and AWS_ENDPOINT_URL",
        )
    if isinstance(error, boto.ParamValidationError):
        return AwsError(
            f"{name}: the request has a form that AWS's own model does not allow",
            operation=name,
            aws_code=word,
        )
    silent = isinstance(error, boto.ReadTimeoutError)
    what = "AWS did not answer in time" if silent else "the answer was lost or damaged"
    return AwsError(
        f"{name}: {what} ({word})",
        operation=name,
        aws_code=word,
        uncertain=True,
        hint="run again: what was done is seen, what was not is done",
    )


def _refused(response: Mapping[str, Any], name: str, *, carries_value: bool) -> ReconcilerError:
    error = response.get("Error") or {}
    metadata = response.get("ResponseMetadata") or {}
    code = code_of(response)
    request_id = metadata.get("RequestId")
    status = status_of(response)
    if code.isdigit():
        # AWS refused, and its reason was cut off: botocore puts the status and the rest there.
        return AwsError(
            f"{name}: {code}, in an answer that does not say why",
            operation=name,
            aws_code=code,
            request_id=request_id,
            uncertain=True,
            hint="nothing was concluded from it; run again",
        )
    if code in _EXPIRED:
        return CredentialsError(
            f"{name}: the AWS credentials have expired", hint="log in again, then run again"
        )
    if code in _UNKNOWN_CALLER:
        return CredentialsError(
            f"{name}: AWS does not accept the credentials ({code})",
            hint="check the profile or the role",
        )
    # A message about a call that carries a value may quote the value: show only AWS's code.
    said = "" if carries_value else " ".join(str(error.get("Message") or "").split())
    detail = f": {said}" if said else f" (request {request_id})" if request_id else ""
    hint = None
    if code in _DENIED:
        hint = f"the role needs the permission for {name}"
    elif code in THROTTLED:
        hint = "AWS throttles this account; run again, what is done stays done"
    elif code == LIMIT:
        hint = _LIMITS.get(name, "AWS's limit is reached: remove some, or ask AWS for a higher one")
    elif code in _OF_REPLICAS and "replica" in said.lower():
        hint = "it is a replica: write the secret in its own Region"
    return AwsError(
        f"{name}: {code}{detail}",
        operation=name,
        aws_code=code,
        request_id=request_id,
        uncertain=status >= 500,
        hint=hint,
    )


def code_of(response: Mapping[str, Any]) -> str:
    code = str((response.get("Error") or {}).get("Code") or "Unknown")
    if code == UNREPEATED:
        return LIMIT
    return code.removeprefix("com.amazonaws.").split("#")[-1]


def status_of(response: Mapping[str, Any]) -> int:
    return int((response.get("ResponseMetadata") or {}).get("HTTPStatusCode") or 0)
