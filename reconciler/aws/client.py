"""The one door to AWS: calls that carry values in, and errors that carry none out.

Every call goes through :meth:`Aws.call`. What leaves here is an error of our own, without cause,
context or foreign frames. How one request is sent is in ``sending``, what a failure becomes in
``failure``, and when a try may begin in ``connection``.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard, TypeVar

from reconciler.aws.connection import FIRST_ATTEMPTS, Connection
from reconciler.aws.failure import THROTTLED, TRUNCATED, UNREACHED
from reconciler.aws.pacing import Pacing
from reconciler.aws.sending import Response, require, send, whole
from reconciler.aws.settling import SETTLES, Settling, unknown
from reconciler.core.errors import AwsError, ReconcilerError

__all__ = ["Aws", "Made", "Response", "caller_account", "require"]

A = TypeVar("A")
B = TypeVar("B")

ATTEMPTS = 10  # of a call that is safe to repeat, by botocore, before we look at the clock
TRIES = 8  # of a read at least, where there is no deadline
PATIENCE = 120.0  # seconds that a read, or a throttled call, is repeated where there is no deadline
SETTLING_PAUSE = 0.25  # seconds, then twice as many each time
RESTARTS = 3  # of a list whose page token expires
ENDLESS = "EndlessList"  # the code of an error raised here
LONGEST_PAUSE = 20.0  # seconds between two tries

_EXPIRED_TOKEN = frozenset({"InvalidNextToken", "InvalidNextTokenException"})
_READS = ("Describe", "List", "Get", "BatchGet")


@dataclass(frozen=True)
class Made:
    """A call that was made, under the name by which AWS's own logs know it."""

    operation: str
    request_id: str | None


class Aws:
    """AWS in one Region, as one environment asks it; safe to use from threads.

    ``session`` is boto3's, or the connection that environments with the same credentials share,
    whose deadline and pace it then has. ``calls`` counts the calls by operation, as AWS counts
    them: one a page, one a batch. ``timeout`` is how many seconds all calls together may take: no
    call begins later.
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
        self.region = region
        self.parallelism = parallelism
        if isinstance(session, Connection):
            self._connection = session
        else:
            pacing = Pacing() if pacing is None else pacing
            self._connection = Connection(session, region, parallelism, timeout, pacing)
        self._pacing = self._connection.pacing
        self._noted = threading.local()
        self._warn = warn
        self._warned: set[str] = set()
        self._settling = Settling()
        self._known: dict[Hashable, Any] = {}
        self._lock = threading.Lock()
        self.calls: Counter[str] = Counter()

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
        client = self._connection.client(service, attempts)
        name = client.meta.method_to_api_mapping[operation]
        with self._lock:
            self.calls[name] += 1
        began, rounds, waited = time.monotonic(), 0, 0.0
        while True:
            outcome = send(client, operation, name, parameters)
            rounds += 1
            self._note(name, outcome)
            if not isinstance(outcome, ReconcilerError) and needs is not None:
                outcome = whole(outcome, needs, operation)
            if not isinstance(outcome, ReconcilerError):
                return outcome
            if isinstance(outcome, AwsError) and self._settling.hides(outcome, service, parameters):
                pause = SETTLING_PAUSE * 2 ** min(rounds, 6)
                if self.remaining is not None and self.remaining <= pause:
                    outcome = unknown(name, outcome)
                    break
                if waited >= SETTLES:
                    break
                time.sleep(pause)
                waited += pause
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

    def once(self, question: Hashable, ask: Callable[[], A]) -> A:
        """What AWS answers to a question that a run asks once. Raises what ``ask`` raises, and then
        asks again."""
        if question not in self._known:
            self._known[question] = ask()
        found: A = self._known[question]
        return found

    def made(self, service: str, name: str) -> None:
        """Remember what was just created or restored: for two minutes of each call "not found"
        means that AWS does not know it everywhere yet, and a policy's principal may be as new."""
        self._settling.add(service, name)

    @property
    def now(self) -> datetime:
        """The time by AWS's clock, as far as its last answer told."""
        return datetime.now(UTC) + (self.ahead or timedelta())

    def _may_repeat(self, error: ReconcilerError, name: str) -> TypeGuard[AwsError]:
        if not isinstance(error, AwsError):
            return False
        if error.aws_code in THROTTLED:
            return True
        passes = error.uncertain or error.aws_code in UNREACHED
        return self._connection.answered and passes and name.startswith(_READS)

    def _patient(self, began: float, rounds: int, pause: float) -> bool:
        """Whether there is time for one more try; without a deadline at least 8 are made."""
        resumed = time.monotonic() + pause
        deadline = self._connection.deadline
        if deadline is not None:
            return resumed < deadline
        return rounds < TRIES or resumed < began + PATIENCE

    def warn(self, text: str) -> None:
        """Tell, once in a run, what a missing permission changes."""
        with self._lock:
            known = text in self._warned
            self._warned.add(text)
        if not known:
            self._warn(text)

    @property
    def warned(self) -> frozenset[str]:
        """What was told so."""
        return frozenset(self._warned)

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
        deadline = self._connection.deadline
        return None if deadline is None else max(0.0, deadline - time.monotonic())

    @property
    def out_of_time(self) -> bool:
        """Whether the deadline has passed: no call begins any more."""
        return self._connection.out_of_time

    @property
    def ahead(self) -> timedelta | None:
        """AWS's time less ours, by its last answer."""
        return self._connection.ahead

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
        means that nothing is there. So is a token that comes a second time: the list would never
        end. Raises AwsError.
        """
        token: str | None = None
        restarts = 0
        seen: set[str] = set()
        while True:
            more: dict[str, Any] = {} if token is None else {"NextToken": token}
            try:
                answer = self.call(service, operation, needs=field, **parameters, **more)
            except AwsError as error:
                if error.aws_code not in _EXPIRED_TOKEN or token is None or restarts == RESTARTS:
                    raise
                token, restarts = None, restarts + 1
                seen.clear()
                continue
            yield answer[field]
            token = answer.get("NextToken")
            if not token:
                return
            if token in seen:
                raise AwsError(
                    f"{operation}: the answer names a page that was read before",
                    operation=operation,
                    aws_code=ENDLESS,
                    hint="nothing was concluded from it; run again",
                )
            seen.add(token)

    def each(self, function: Callable[[A], B], items: Sequence[A]) -> list[B]:
        """``function`` of each item, as many at once as ``parallelism`` says, in their order.

        The first failure is raised after the calls in flight have ended.
        """
        if len(items) <= 1:
            return [function(item) for item in items]
        with ThreadPoolExecutor(min(self.parallelism, len(items))) as pool:
            return list(pool.map(function, items))


def caller_account(aws: Aws) -> tuple[str, str]:
    """The account and the ARN that the credentials are of: the first call of every run.

    Raises CredentialsError or AwsError within 20 seconds where there is no way to AWS.
    """
    answer = aws.call("sts", "get_caller_identity", attempts=FIRST_ATTEMPTS, needs="Account")
    operation = "get_caller_identity"
    return str(require(answer, "Account", operation)), str(require(answer, "Arn", operation))
