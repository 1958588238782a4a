"""One request, sent once: the only place that reveals a
:class:`~reconciler.values.sensitive.Sensitive` to boto3. A failure is returned, never raised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.aws.failure import TRUNCATED, OutOfTimeError, translate
from reconciler.core.errors import AwsError, ReconcilerError
from reconciler.values.sensitive import Sensitive

Response = Mapping[str, Any]


def send(
    client: Any, operation: str, name: str, parameters: Mapping[str, Any]
) -> Response | ReconcilerError:
    """Make the call; the revealed values live in this frame only, which never raises."""
    from botocore import exceptions as boto

    carries_value = _holds_sensitive(parameters)
    try:
        answer: Response = getattr(client, operation)(**revealed(parameters))
    except (boto.ClientError, boto.BotoCoreError, OutOfTimeError) as error:
        return translate(error, name, carries_value=carries_value)
    except Exception as error:  # whatever else boto3's machinery raises may quote the request
        return AwsError(
            f"{name} failed inside the AWS client ({type(error).__name__})",
            operation=name,
            aws_code=type(error).__name__,
            uncertain=True,
        )
    return answer


def _holds_sensitive(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_sensitive(v) for v in value.values())
    if isinstance(value, list | tuple):
        return any(_holds_sensitive(v) for v in value)
    return isinstance(value, Sensitive)


def revealed(value: Any) -> Any:
    """Parameters as boto3 takes them."""
    if isinstance(value, Mapping):
        return {k: revealed(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [revealed(v) for v in value]
    return value.reveal() if isinstance(value, Sensitive) else value


def require(answer: Response, field: str, operation: str) -> Any:
    """A field that AWS always sends. Without it the answer is truncated: boto3 gives ``{}`` for an
    empty body, with no error. Raises AwsError."""
    outcome = whole(answer, field, operation)
    if isinstance(outcome, AwsError):
        raise outcome
    return outcome[field]


def whole(answer: Response, field: str, operation: str) -> Response | AwsError:
    """The answer, or what is wrong with one that comes without ``field``."""
    if field in answer:
        return answer
    return AwsError(
        f"{operation}: the answer came back without {field}",
        operation=operation,
        aws_code=TRUNCATED,
        uncertain=True,
        hint="nothing was concluded from it; run again",
    )
