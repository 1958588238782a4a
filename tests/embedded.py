"""The embedded AWS as tests have it: calls are counted and kept, may be refused, changed or cut;
and what AWS has and its API cannot make: owners, foreign replicas, dates, and passing time.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, cast

from botocore.loaders import Loader
from moto.secretsmanager.models import secretsmanager_backends

from reconciler.sandbox import install, rotation
from reconciler.sandbox.account import ACCOUNT, secrets_of
from reconciler.sandbox.call import Call
from reconciler.sandbox.http import Answer, Handler, Request
from reconciler.sandbox.refusal import Refusal
from reconciler.sandbox.secret import Secret, SecretsBackend
from reconciler.sandbox.server import Sandbox
from reconciler.sandbox.throttle import Throttle
from reconciler.sandbox.tokens import PageTokens

Body = dict[str, Any] | None
Before = Callable[[str, Body], "tuple[int, str, str] | None"]
After = Callable[[str, Body, Answer], "Answer | None"]


def named(request: Request) -> Request:
    """A request by AWS's name of its operation, which Lambda's protocol does not send."""
    for pattern, name in _operations() if request.service == "lambda" else ():
        if pattern.fullmatch(request.operation):
            return dataclasses.replace(request, operation=name)
    return request


@functools.cache
def _operations() -> list[tuple[re.Pattern[str], str]]:
    """Method and path of each of Lambda's operations, and its name."""
    model = Loader().load_service_model("lambda", "service-2")["operations"]
    paths = {
        name: re.sub(r"{\w+}", "[^/]+", one["http"]["requestUri"].rstrip("/"))
        for name, one in model.items()
    }
    return [
        (re.compile(f"{model[name]['http']['method']} {path}/?"), name)
        for name, path in paths.items()
    ]


class Embedded(Sandbox):
    """A sandbox that anybody may call who has its URL.

    Attributes that may be changed while it runs, besides a sandbox's own:
        keep_log: whether `log` grows.
        hooks: called as `hook(operation, body)` before each call; the first that returns
            `(status, code, message)` makes the call fail so, without effect.
        after: called as `hook(operation, body, answer)` once a call has had its effect; may
            return another Answer, or raise Drop to close the connection without an answer.

    Attributes to read:
        calls: operation name -> number of calls, refused ones included.
        log: (operation, parsed body or None) of each call, values included.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.keep_log = True
        self.hooks: list[Before] = []
        self.after: list[After] = []
        self.calls: Counter[str] = Counter()
        self.log: list[tuple[str, Body]] = []
        self._counting = threading.Lock()

    def __enter__(self) -> Embedded:
        super().__enter__()
        return self

    def answer(self, request: Request, handler: Handler) -> Answer:
        """Answer one request. Raises Drop when an `after` hook says so."""
        request = named(request)
        with self._counting:
            self.calls[request.operation] += 1
            if self.keep_log:
                self.log.append((request.operation, request.body))
        answer = super().answer(request, handler)
        for change in list(self.after):
            answer = change(request.operation, request.body, answer) or answer
        return answer

    def admit(self, request: Request) -> None:
        """Refuse a call before it has an effect, as the first hook says that does."""
        for hook in list(self.hooks):
            failure = hook(request.operation, request.body)
            if failure is not None:
                status, code, message = failure
                raise Refusal(code, message, status)
        super().admit(request)

    def reset(self) -> None:
        """Empty AWS and forget the calls; hooks, switches and the port stay."""
        self._end_background()
        with self.lock:
            install.empty()
        self._throttle = Throttle()
        self.settling.reset()
        self.denied_keys.clear()
        self.expire_tokens()
        with self._counting:
            self.calls.clear()
            self.log.clear()
        self.rotations.clear()
        self.events.clear()
        self.failures.clear()

    def expire_tokens(self) -> None:
        """Make every NextToken that was handed out so far invalid."""
        self.tokens = PageTokens()

    def wait_for_rotations(self, timeout: float = 300.0) -> bool:
        """Wait until no rotation runs; False when `timeout` seconds were not enough."""
        deadline = time.monotonic() + timeout
        for thread, _ in list(self._background):
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                return False
        return True

    def set_owning_service(self, name: str, service: str) -> None:
        """Have another AWS service own a secret ("rds"): it then refuses writes, and rotates
        without a function. KeyError when there is no such secret.
        """
        with self._edit(name) as secret:
            secret.owner = service

    def make_replica(self, name: str, primary_region: str) -> None:
        """Make a secret the replica of one in `primary_region`; it then refuses writes."""
        with self._edit(name) as secret:
            secret.primary_region = primary_region

    def make_cross_account_replica(self, name: str, primary: str) -> None:
        """Make a secret the replica of one in another account, of which `primary` is the ARN."""
        with self._edit(name) as secret:
            secret.cross_account_primary = primary

    def set_last_rotated(self, name: str, moment: datetime | None) -> None:
        """Set when AWS last rotated a secret; None: never."""
        with self._edit(name) as secret:
            secret.last_rotated = None if moment is None else moment.timestamp()

    def set_last_changed(self, name: str, moment: datetime) -> None:
        """Set a secret's LastChangedDate and the creation date of its current version."""
        with self._edit(name) as secret:
            secret.last_changed_date = moment.timestamp()  # type: ignore[assignment]
            current = secret.holder("AWSCURRENT")
            if current is not None:
                secret.versions[current]["createdate"] = moment.timestamp()

    def age_versions(self, name: str, seconds: float) -> None:
        """Make every version of a secret older by `seconds`."""
        with self._edit(name) as secret:
            for version in secret.versions.values():
                version["createdate"] -= seconds

    def rotate_as_scheduled_before(self, name: str) -> bool:
        """Let a rotation begin that a former rule had scheduled; False where there is none."""
        with self._edit(name) as secret:
            due, secret.scheduled_before = secret.scheduled_before, None
            if due is not None:
                call = Call(self, "RotateSecret", secret.region, {})
                rotation.rotate(call, secret, str(uuid.uuid4()))
        return due is not None

    def age_lists(self, seconds: float) -> None:
        """Let `seconds` pass for ListSecrets, so that no test need wait for `list_staleness`."""
        with self.lock:
            for backend in secretsmanager_backends[ACCOUNT].values():
                for line in cast("SecretsBackend", backend).history._order:
                    line.times = [moment - seconds for moment in line.times]

    def secret(self, name: str) -> Secret:
        """The state of a secret, for a test to look at. KeyError when there is none."""
        for region in list(secretsmanager_backends[ACCOUNT]):
            found = secrets_of(region).secrets.find(name)
            if found is not None:
                return found
        raise KeyError(name)

    @contextlib.contextmanager
    def _edit(self, name: str) -> Iterator[Secret]:
        with self.lock:
            secret = self.secret(name)
            yield secret
            secrets_of(secret.region).touch(secret)
