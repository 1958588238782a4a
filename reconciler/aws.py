"""The one door to AWS: calls that carry values in, and errors that carry none out.

Every call goes through :meth:`Aws.call`. It is the only place that reveals a
:class:`~reconciler.sensitive.Sensitive` to boto3, and the only one that sees botocore's errors,
which may quote what was sent: what leaves here is an error of our own, without cause, context or
foreign frames.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from botocore import exceptions as boto
from botocore.config import Config

from reconciler.errors import AwsError, CredentialsError, ReconcilerError
from reconciler.sensitive import Sensitive

Response = Mapping[str, Any]
A = TypeVar("A")
B = TypeVar("B")

ATTEMPTS = 10  # of a call that is safe to repeat; half of the calls throttled still succeed
FIRST_ATTEMPTS = 3  # until one call was answered, a wrong address or a dead network ends the run
CONNECT_TIMEOUT = 5.0  # seconds
READ_TIMEOUT = 30.0  # seconds

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_UNKNOWN_CALLER = frozenset(
    {"UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException",
     "SignatureDoesNotMatch", "MissingAuthenticationToken", "AuthFailure"}
)  # fmt: skip
_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
_THROTTLED = frozenset({"ThrottlingException", "Throttling", "TooManyRequestsException"})
_NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.ProfileNotFound,
    boto.TokenRetrievalError,
    boto.SSOError,
    boto.RefreshWithMFAUnsupportedError,
)
_NEVER_SENT = (boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError)

# botocore's DEBUG log holds request bodies and urllib3's the addresses they go to.
_LOUD = ("boto3", "botocore", "urllib3")


class Aws:
    """boto3's clients for one Region, made when they are first needed, safe to use from threads.

    ``calls`` counts the calls by operation, as AWS counts them: one a page, one a batch.
    """

    def __init__(self, session: Any, region: str, *, parallelism: int = 8) -> None:
        self._session = session
        self._region = region
        self.parallelism = parallelism
        self._clients: dict[tuple[str, int], Any] = {}
        self._lock = threading.Lock()
        self.calls: Counter[str] = Counter()
        self.region = region
        for name in _LOUD:
            logger = logging.getLogger(name)
            logger.setLevel(max(logger.level, logging.INFO))

    def call(
        self, service: str, operation: str, *, attempts: int = ATTEMPTS, **parameters: Any
    ) -> Response:
        """Make one call and return AWS's answer.

        ``operation`` is the name of the client's method (``list_secrets``), ``attempts`` how often
        the call is made before it fails.

        Raises AwsError, or CredentialsError where AWS does not know the caller.
        """
        client = self._client(service, attempts)
        name = client.meta.method_to_api_mapping[operation]
        with self._lock:
            self.calls[name] += 1
        outcome = _send(client, operation, name, parameters)
        del client, parameters
        if isinstance(outcome, ReconcilerError):
            raise outcome
        return outcome

    def call_once(self, service: str, operation: str, **parameters: Any) -> Response:
        """Make a call whose repeat is not safe: it is repeated only where AWS refused to begin.

        Raises AwsError, ``uncertain`` where nobody knows whether it was done.
        """
        for attempt in range(ATTEMPTS):
            try:
                return self.call(service, operation, attempts=1, **parameters)
            except AwsError as error:
                if error.aws_code not in _THROTTLED or attempt == ATTEMPTS - 1:
                    raise
            time.sleep(min(20.0, 2**attempt * 0.25) * (0.5 + random.random() / 2))  # noqa: S311
        raise AssertionError("unreachable")

    def pages(
        self, service: str, operation: str, field: str, **parameters: Any
    ) -> Iterator[list[Any]]:
        """The pages of a list, one call each, until AWS gives no token.

        A page that comes back without ``field`` is a failure: it is a truncated answer and never
        means that nothing is there. Raises AwsError.
        """
        token: str | None = None
        while True:
            more: dict[str, Any] = {} if token is None else {"NextToken": token}
            answer = self.call(service, operation, **parameters, **more)
            yield require(answer, field, operation)
            token = answer.get("NextToken")
            if not token:
                return

    def each(self, function: Callable[[A], B], items: Sequence[A]) -> list[B]:
        """``function`` of each item, as many at once as ``parallelism`` says, in their order.

        The first failure is raised after the calls in flight have ended.
        """
        if len(items) <= 1:
            return [function(item) for item in items]
        with ThreadPoolExecutor(min(self.parallelism, len(items))) as pool:
            return list(pool.map(function, items))

    def _client(self, service: str, attempts: int) -> Any:
        with self._lock:
            client = self._clients.get((service, attempts))
            if client is None:
                client = self._make(service, attempts)
                self._clients[service, attempts] = client
            return client

    def _make(self, service: str, attempts: int) -> Any:
        try:
            return self._session.client(
                service,
                region_name=self._region,
                config=Config(
                    retries={"mode": "standard", "total_max_attempts": attempts},
                    connect_timeout=CONNECT_TIMEOUT,
                    read_timeout=READ_TIMEOUT,
                    max_pool_connections=self.parallelism + 2,
                ),
            )
        except (boto.BotoCoreError, ValueError) as error:
            failure = _translate(error, service, carries_value=False)
        raise failure


def require(answer: Response, field: str, operation: str) -> Any:
    """A field that AWS always sends. Without it the answer is truncated: boto3 gives ``{}`` for an
    empty body, with no error. Raises AwsError."""
    if field not in answer:
        raise AwsError(
            f"{operation}: the answer came back without {field}",
            operation=operation,
            aws_code="TruncatedAnswer",
            uncertain=True,
            hint="nothing was concluded from it; run again",
        )
    return answer[field]


def caller_account(aws: Aws) -> tuple[str, str]:
    """The account and the ARN that the credentials are of: the first call of every run.

    Raises CredentialsError or AwsError within 20 seconds where there is no way to AWS.
    """
    answer = aws.call("sts", "get_caller_identity", attempts=FIRST_ATTEMPTS)
    operation = "get_caller_identity"
    return str(require(answer, "Account", operation)), str(require(answer, "Arn", operation))


def _send(
    client: Any, operation: str, name: str, parameters: Mapping[str, Any]
) -> Response | ReconcilerError:
    """Make the call; the revealed values live in this frame only, which never raises."""
    carries_value = _holds_sensitive(parameters)
    try:
        answer: Response = getattr(client, operation)(**_revealed(parameters))
    except (boto.ClientError, boto.BotoCoreError) as error:
        return _translate(error, name, carries_value=carries_value)
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


def _revealed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _revealed(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_revealed(v) for v in value]
    return value.reveal() if isinstance(value, Sensitive) else value


def _translate(error: Exception, name: str, *, carries_value: bool) -> ReconcilerError:
    if isinstance(error, boto.ClientError):
        return _refused(error.response, name, carries_value=carries_value)
    word = type(error).__name__
    if isinstance(error, _NO_CREDENTIALS):
        return CredentialsError(
            f"no usable AWS credentials ({word})",
            hint="set AWS_PROFILE, log in, or let the workflow assume its role",
        )
    if isinstance(error, boto.NoRegionError | boto.InvalidRegionError):
        return AwsError(f"{name}: {word}", operation=name, aws_code=word)
    if isinstance(error, _NEVER_SENT):
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
    return AwsError(
        f"{name}: the answer was lost or damaged ({word})",
        operation=name,
        aws_code=word,
        uncertain=True,
        hint="run again: what was done is seen, what was not is done",
    )


def _refused(response: Mapping[str, Any], name: str, *, carries_value: bool) -> ReconcilerError:
    error = response.get("Error") or {}
    metadata = response.get("ResponseMetadata") or {}
    code = str(error.get("Code") or "Unknown").removeprefix("com.amazonaws.").split("#")[-1]
    request_id = metadata.get("RequestId")
    status = int(metadata.get("HTTPStatusCode") or 0)
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
    elif code in _THROTTLED:
        hint = "AWS throttles this account; run again, what is done stays done"
    return AwsError(
        f"{name}: {code}{detail}",
        operation=name,
        aws_code=code,
        request_id=request_id,
        uncertain=status >= 500,
        hint=hint,
    )
