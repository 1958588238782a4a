"""The one door to AWS: calls that carry values in, and errors that carry none out.

Every call goes through :meth:`Aws.call`. It is the only place that reveals a
:class:`~reconciler.values.sensitive.Sensitive` to boto3, and the only one that sees botocore's
errors, which may quote what was sent: what leaves here is an error of our own, without cause,
context or foreign frames.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeGuard, TypeVar

from botocore import exceptions as boto
from botocore.config import Config

from reconciler.aws.pacing import Pacing
from reconciler.core.errors import AwsError, CredentialsError, ReconcilerError
from reconciler.values.sensitive import Sensitive

Response = Mapping[str, Any]
A = TypeVar("A")
B = TypeVar("B")

ATTEMPTS = 10  # of a call that is safe to repeat, by botocore, before we look at the clock
TRIES = 8  # of a read at least, where there is no deadline
PATIENCE = 120.0  # seconds that a read, or a throttled call, is repeated where there is no deadline
SETTLING_PAUSE = 0.25  # seconds, then twice as many each time
FIRST_ATTEMPTS = 3  # until one call was answered, a wrong address or a dead network ends the run
FIRST_WAIT = 8.0  # seconds: until one call was answered, none is tried again after that
CONNECT_TIMEOUT = 5.0  # seconds
READ_TIMEOUT = 30.0  # seconds
FIRST_READ_TIMEOUT = 10.0  # seconds
RESTARTS = 3  # of a list whose page token expires
SETTLES = 120.0  # seconds in which AWS comes to know everywhere what it has just made
LONGEST_PAUSE = 20.0  # seconds between two tries

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_UNKNOWN_CALLER = frozenset(
    {"UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException",
     "SignatureDoesNotMatch", "MissingAuthenticationToken", "AuthFailure"}
)  # fmt: skip
_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
_THROTTLED = frozenset(
    {"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded",
     "RequestThrottled", "RequestThrottledException", "ThrottledException"}
)  # fmt: skip
_ABSENT = "ResourceNotFoundException"
_MALFORMED = "MalformedPolicyDocumentException"
_OF_REPLICAS = frozenset({"InvalidParameterException", "InvalidRequestException"})
_LIMITS = {
    "PutSecretValue": "a secret keeps 100 versions, and AWS removes none of the last 24 hours:"
    " wait, and write it less often"
}
_EXPIRED_TOKEN = frozenset({"InvalidNextToken", "InvalidNextTokenException"})
_READS = ("Describe", "List", "Get", "BatchGet")
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
_UNREACHED = frozenset(error.__name__ for error in _NEVER_SENT)
TRUNCATED = "TruncatedAnswer"  # the code of an error of ours: a field is missing that AWS sends
LIMIT = "LimitExceededException"
_UNREPEATED = "Limit"  # in its place, as long as botocore looks at it
OUT_OF_TIME = "OutOfTime"  # the code of an error of ours: the deadline has passed

# botocore's DEBUG log holds request bodies and urllib3's the addresses they go to.
_LOUD = ("boto3", "botocore", "urllib3")


@dataclass(frozen=True)
class Made:
    """A call that was made, under the name by which AWS's own logs know it."""

    operation: str
    request_id: str | None


class Aws:
    """boto3's clients for one Region, made when they are first needed, safe to use from threads.

    ``calls`` counts the calls by operation, as AWS counts them: one a page, one a batch.
    ``timeout`` is how many seconds all calls together may take: no call begins later.
    ``warn`` is told what is done another way because a permission is missing.
    """

    def __init__(
        self,
        session: Any,
        region: str,
        *,
        parallelism: int = 8,
        timeout: float | None = None,
        pacing: Pacing | None = None,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._session = session
        self._region = region
        self.parallelism = parallelism
        self._pacing = Pacing() if pacing is None else pacing
        self._began = time.monotonic()
        self._deadline = None if timeout is None else self._began + timeout
        self._answered = False
        self._noted = threading.local()
        self._warn = warn
        self._warned: set[str] = set()
        self._made: set[tuple[str, str]] = set()
        self._clients: dict[tuple[str, int], Any] = {}
        self._lock = threading.Lock()
        self.calls: Counter[str] = Counter()
        self.ahead: timedelta | None = None  # AWS's time less ours, by its last answer
        self.region = region
        for name in _LOUD:
            logger = logging.getLogger(name)
            logger.setLevel(max(logger.level, logging.INFO))

    def call(
        self,
        service: str,
        operation: str,
        *,
        attempts: int = ATTEMPTS,
        needs: str | None = None,
        **parameters: Any,
    ) -> Response:
        """Make one call and return AWS's answer.

        ``operation`` is the name of the client's method (``list_secrets``), ``needs`` a field that
        AWS always sends: an answer without it is damaged, which is a failure. botocore repeats what
        may pass by itself, up to ``attempts`` times in all. Where that is not enough, reads and
        throttled calls, which AWS never began, are tried further until the deadline.

        Raises AwsError, or CredentialsError where AWS does not know the caller.
        """
        client = self._client(service, attempts)
        name = client.meta.method_to_api_mapping[operation]
        with self._lock:
            self.calls[name] += 1
        began, rounds = time.monotonic(), 0
        while True:
            outcome = _send(client, operation, name, parameters)
            rounds += 1
            self._note(name, outcome)
            if not isinstance(outcome, ReconcilerError) and needs is not None:
                outcome = _whole(outcome, needs, operation)
            if not isinstance(outcome, ReconcilerError):
                return outcome
            if self._unsettled(outcome, service, parameters, began):
                time.sleep(min(LONGEST_PAUSE, SETTLING_PAUSE * 2 ** min(rounds, 6)))
                continue
            if not self._may_repeat(outcome, name):
                break
            damaged = outcome.aws_code in (TRUNCATED, "400")
            base = 0.05 if damaged else 0.25  # seconds
            pause = random.random() * min(LONGEST_PAUSE, base * 2**rounds)  # noqa: S311
            if not self._patient(began, rounds, pause) or (damaged and rounds == TRIES):
                break
            time.sleep(pause)
        del client, parameters
        raise outcome

    def call_once(self, service: str, operation: str, **parameters: Any) -> Response:
        """Make a call whose repeat is not safe: it is repeated only where AWS refused to begin.

        Raises AwsError, ``uncertain`` where nobody knows whether it was done.
        """
        return self.call(service, operation, attempts=1, **parameters)

    def made(self, service: str, name: str) -> None:
        """Remember what this run has created or restored: for two minutes of each call "not found"
        means that AWS does not know it everywhere yet, and a policy's principal may be as new."""
        with self._lock:
            self._made.add((service, name))

    def _unsettled(
        self,
        error: ReconcilerError,
        service: str,
        parameters: Mapping[str, Any],
        began: float,
    ) -> bool:
        if not isinstance(error, AwsError) or self.out_of_time:
            return False
        late = error.aws_code == _ABSENT or (
            error.aws_code == _MALFORMED and "principal" in error.message.lower()
        )
        if not late or time.monotonic() >= began + SETTLES:
            return False
        return any(
            isinstance(given, str) and (service, given) in self._made
            for given in parameters.values()
        )

    def _may_repeat(self, error: ReconcilerError, name: str) -> TypeGuard[AwsError]:
        if not isinstance(error, AwsError):
            return False
        if error.aws_code in _THROTTLED:
            return True
        passes = error.uncertain or error.aws_code in _UNREACHED
        return self._answered and passes and name.startswith(_READS)

    def _patient(self, began: float, rounds: int, pause: float) -> bool:
        """Whether there is time for one more try; without a deadline at least 8 are made."""
        resumed = time.monotonic() + pause
        if self._deadline is not None:
            return resumed < self._deadline
        return rounds < TRIES or resumed < began + PATIENCE

    def warn(self, text: str) -> None:
        """Tell, once in a run, what a missing permission changes."""
        with self._lock:
            known = text in self._warned
            self._warned.add(text)
        if not known:
            self._warn(text)

    @property
    def paced(self) -> bool:
        """Whether somebody has said by how much the account's quotas are others."""
        return self._pacing.scaled

    def rate(self, service: str, operation: str) -> float:
        """Calls a second that an operation may make."""
        return self._pacing.rate(service, operation)

    def allow(self, service: str, operation: str, rate: float) -> None:
        """Call an operation as often as the account's own quota allows."""
        self._pacing.allow(service, operation, rate)

    @property
    def remaining(self) -> float | None:
        """Seconds until the deadline; None where there is none."""
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    @property
    def out_of_time(self) -> bool:
        """Whether the deadline has passed: no call begins any more."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    @contextmanager
    def noting(self) -> Iterator[list[Made]]:
        """The calls that this thread makes within, in their order."""
        made: list[Made] = []
        self._noted.made = made
        try:
            yield made
        finally:
            self._noted.made = None

    def _note(self, name: str, outcome: Response | ReconcilerError) -> None:
        made: list[Made] | None = getattr(self._noted, "made", None)
        if made is None:
            return
        if isinstance(outcome, ReconcilerError):
            request_id = getattr(outcome, "request_id", None)
        else:
            request_id = (outcome.get("ResponseMetadata") or {}).get("RequestId")
        made.append(Made(name, request_id))

    def pages(
        self, service: str, operation: str, field: str, **parameters: Any
    ) -> Iterator[list[Any]]:
        """The pages of a list, one call each, until AWS gives no token.

        Where a token has expired the list begins again, so that an entry may come twice.

        A page that comes back without ``field`` is a failure: it is a truncated answer and never
        means that nothing is there. Raises AwsError.
        """
        token: str | None = None
        restarts = 0
        while True:
            more: dict[str, Any] = {} if token is None else {"NextToken": token}
            try:
                answer = self.call(service, operation, needs=field, **parameters, **more)
            except AwsError as error:
                if error.aws_code not in _EXPIRED_TOKEN or token is None or restarts == RESTARTS:
                    raise
                token, restarts = None, restarts + 1
                continue
            yield answer[field]
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
        first = attempts == FIRST_ATTEMPTS
        try:
            client = self._session.client(
                service,
                region_name=self._region,
                config=Config(
                    retries={"mode": "standard", "total_max_attempts": attempts},
                    connect_timeout=CONNECT_TIMEOUT,
                    read_timeout=min(FIRST_READ_TIMEOUT, READ_TIMEOUT) if first else READ_TIMEOUT,
                    max_pool_connections=self.parallelism + 2,
                ),
            )
        except (boto.BotoCoreError, ValueError) as error:
            failure = _translate(error, service, carries_value=False)
        else:
            self._pace(client, service)
            return client
        raise failure

    def _pace(self, client: Any, service: str) -> None:
        """Let every try of every call, botocore's own repeats included, wait for its turn.

        The turn comes before the signature, which is good for five minutes only.
        """

        def begin(request: Any, operation_name: str, **_: Any) -> None:
            tried = request.context.get(_TRIED)
            waited = time.monotonic() - self._began
            if tried == _REFUSED and not self._answered and waited > FIRST_WAIT:
                raise boto.ConnectTimeoutError(endpoint_url=request.url)
            if not self._pacing.take(service, operation_name, self._deadline):
                raise _OutOfTimeError(tried == _LOST)

        def end(
            parsed_response: Any,
            exception: Any,
            context: dict[str, Any],
            event_name: str,
            **_: Any,
        ) -> None:
            if parsed_response is None:
                unsent = isinstance(exception, _NEVER_SENT) and context.get(_TRIED) != _LOST
                context[_TRIED] = _REFUSED if unsent else _LOST
                return
            if _code(parsed_response) == LIMIT:
                # botocore takes it for throttling and would repeat it for a minute.
                parsed_response["Error"]["Code"] = _UNREPEATED
            self._answered = True
            self.ahead = _ahead(parsed_response) or self.ahead
            code = _code(parsed_response)
            if code in _THROTTLED:
                self._pacing.throttled(service, event_name.rpartition(".")[2])
            if context.get(_TRIED) != _LOST:
                context[_TRIED] = _LOST if _status(parsed_response) >= 500 else _REFUSED

        client.meta.events.register_first("request-created", begin)
        client.meta.events.register_last("response-received", end)


_TRIED, _LOST, _REFUSED = "reconciler-tried", "lost", "refused"  # in botocore's request context


class _OutOfTimeError(Exception):
    """No call may begin any more. ``lost``: an earlier try of this one may have been done."""

    def __init__(self, lost: bool) -> None:
        super().__init__()
        self.lost = lost


def require(answer: Response, field: str, operation: str) -> Any:
    """A field that AWS always sends. Without it the answer is truncated: boto3 gives ``{}`` for an
    empty body, with no error. Raises AwsError."""
    outcome = _whole(answer, field, operation)
    if isinstance(outcome, AwsError):
        raise outcome
    return outcome[field]


def _whole(answer: Response, field: str, operation: str) -> Response | AwsError:
    if field in answer:
        return answer
    return AwsError(
        f"{operation}: the answer came back without {field}",
        operation=operation,
        aws_code=TRUNCATED,
        uncertain=True,
        hint="nothing was concluded from it; run again",
    )


def caller_account(aws: Aws) -> tuple[str, str]:
    """The account and the ARN that the credentials are of: the first call of every run.

    Raises CredentialsError or AwsError within 20 seconds where there is no way to AWS.
    """
    answer = aws.call("sts", "get_caller_identity", attempts=FIRST_ATTEMPTS, needs="Account")
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
    except _OutOfTimeError as error:
        return AwsError(
            f"{name}: the time for this run is over",
            operation=name,
            aws_code=OUT_OF_TIME,
            uncertain=error.lost,
            hint="run again, with more time: what is done stays done",
        )
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
    code = _code(response)
    request_id = metadata.get("RequestId")
    status = _status(response)
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
    elif code in _THROTTLED:
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


def _ahead(response: Mapping[str, Any]) -> timedelta | None:
    """By how much AWS's clock is ahead of this machine's, to the second; with every answer it says
    the time. None where it does not."""
    headers = (response.get("ResponseMetadata") or {}).get("HTTPHeaders") or {}
    try:
        there = parsedate_to_datetime(headers["date"])
    except (KeyError, TypeError, ValueError):
        return None
    if there.tzinfo is None:
        return None
    return there - datetime.now(UTC)


def _code(response: Mapping[str, Any]) -> str:
    code = str((response.get("Error") or {}).get("Code") or "Unknown")
    if code == _UNREPEATED:
        return LIMIT
    return code.removeprefix("com.amazonaws.").split("#")[-1]


def _status(response: Mapping[str, Any]) -> int:
    return int((response.get("ResponseMetadata") or {}).get("HTTPStatusCode") or 0)
