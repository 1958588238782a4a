"""boto3's clients of one Region: how long they wait, and when each try of a call may begin."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from reconciler.aws.failure import (
    LIMIT,
    THROTTLED,
    UNREPEATED,
    OutOfTimeError,
    code_of,
    never_sent,
    status_of,
    translate,
)
from reconciler.aws.pacing import Pacing

FIRST_ATTEMPTS = 3  # until one call was answered, a wrong address or a dead network ends the run
FIRST_WAIT = 8.0  # seconds: until one call was answered, none is tried again after that
CONNECT_TIMEOUT = 5.0  # seconds
READ_TIMEOUT = 30.0  # seconds
FIRST_READ_TIMEOUT = 10.0  # seconds

_TRIED, _LOST, _REFUSED = "reconciler-tried", "lost", "refused"  # in botocore's request context

# botocore's DEBUG log holds request bodies and urllib3's the addresses they go to.
_LOUD = ("boto3", "botocore", "urllib3")


class Connection:
    """``timeout`` is how many seconds all calls together may take: no call begins later.
    ``ahead`` is AWS's time less ours, by its last answer."""

    def __init__(
        self,
        session: Any,
        region: str,
        parallelism: int,
        timeout: float | None,
        pacing: Pacing,
    ) -> None:
        self._session = session
        self.region = region
        self._parallelism = parallelism
        self.pacing = pacing
        self.began = time.monotonic()
        self.deadline = None if timeout is None else self.began + timeout
        self.answered = False
        self.ahead: timedelta | None = None
        self._clients: dict[tuple[str, int], Any] = {}
        self._lock = threading.Lock()
        for name in _LOUD:
            logger = logging.getLogger(name)
            logger.setLevel(max(logger.level, logging.INFO))

    @property
    def out_of_time(self) -> bool:
        """Whether the deadline has passed: no call begins any more."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    def client(self, service: str, attempts: int) -> Any:
        """boto3's client, made when it is first needed. Raises AwsError or CredentialsError."""
        with self._lock:
            client = self._clients.get((service, attempts))
            if client is None:
                client = self._make(service, attempts)
                self._clients[service, attempts] = client
            return client

    def _make(self, service: str, attempts: int) -> Any:
        from botocore import exceptions as boto
        from botocore.config import Config

        first = attempts == FIRST_ATTEMPTS
        try:
            client = self._session.client(
                service,
                region_name=self.region,
                config=Config(
                    retries={"mode": "standard", "total_max_attempts": attempts},
                    connect_timeout=CONNECT_TIMEOUT,
                    read_timeout=min(FIRST_READ_TIMEOUT, READ_TIMEOUT) if first else READ_TIMEOUT,
                    max_pool_connections=self._parallelism + 2,
                ),
            )
        except (boto.BotoCoreError, ValueError) as error:
            failure = translate(error, service, carries_value=False)
        else:
            self._pace(client, service)
            return client
        raise failure

    def _pace(self, client: Any, service: str) -> None:
        """Let every try of every call, botocore's own repeats included, wait for its turn.

        The turn comes before the signature, which is good for five minutes only.
        """
        from botocore.exceptions import ConnectTimeoutError

        def begin(request: Any, operation_name: str, **_: Any) -> None:
            tried = request.context.get(_TRIED)
            waited = time.monotonic() - self.began
            if tried == _REFUSED and not self.answered and waited > FIRST_WAIT:
                raise ConnectTimeoutError(endpoint_url=request.url)
            if not self.pacing.take(service, operation_name, self.deadline):
                raise OutOfTimeError(tried == _LOST)

        def end(
            parsed_response: Any,
            exception: Any,
            context: dict[str, Any],
            event_name: str,
            **_: Any,
        ) -> None:
            if parsed_response is None:
                unsent = never_sent(exception) and context.get(_TRIED) != _LOST
                context[_TRIED] = _REFUSED if unsent else _LOST
                return
            if code_of(parsed_response) == LIMIT:
                # botocore takes it for throttling and would repeat it for a minute.
                parsed_response["Error"]["Code"] = UNREPEATED
            self.answered = True
            self.ahead = _ahead(parsed_response) or self.ahead
            code = code_of(parsed_response)
            if code in THROTTLED:
                self.pacing.throttled(service, event_name.rpartition(".")[2])
            if context.get(_TRIED) != _LOST:
                context[_TRIED] = _LOST if status_of(parsed_response) >= 500 else _REFUSED

        client.meta.events.register_first("request-created", begin)
        client.meta.events.register_last("response-received", end)


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
