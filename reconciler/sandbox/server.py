"""The embedded AWS: moto's server on 127.0.0.1, made to behave like AWS.

`with Sandbox() as aws:` and then any AWS client with `endpoint_url=aws.url`.
"""

from __future__ import annotations

import functools
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from moto.core.exceptions import ServiceException
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from . import access, install, parameters, secretsmanager, shapes, tagging
from . import state as states
from .access import AccessKey
from .awslambda import FunctionsBackend
from .beyond import Beyond
from .call import Call
from .context import Event, Rotation
from .http import Answer, Drop, Handler, Request, error_answer, json_answer, parse
from .refusal import Refusal
from .settling import Settling
from .throttle import Throttle
from .tokens import PageTokens

__all__ = ["Answer", "Drop", "Sandbox", "parse", "serve"]

HOST = "127.0.0.1"
Body = dict[str, Any] | None
Before = Callable[[str, Body], "tuple[int, str, str] | None"]
After = Callable[[str, Body, Answer], "Answer | None"]

_TARGETS = {
    "secretsmanager": "secretsmanager.",
    "ssm": "AmazonSSM.",
    "tagging": "ResourceGroupsTaggingAPI_20170126.",
}
_MODELS = {"tagging": "resourcegroupstaggingapi"}  # where botocore calls a service otherwise
_running = threading.Lock()


class Sandbox(Beyond):
    """An AWS of one account (123456789012) on 127.0.0.1. A context manager.

    Only one can run in a process at a time, since moto's state belongs to the process; `start`
    raises RuntimeError for a second.

    Attributes that may be changed while it runs:
        latency: seconds that every call waits.
        list_staleness: seconds by which ListSecrets lags behind (0 to 600).
        settling: how many calls see the past of what was just created, restored, deleted by
            force, replicated or put into a rotation, and for how long (`settling.py`).
        denied_keys: (operation, key ARN) that callers may not use of KMS: ("Decrypt", arn) for the
            key of values, ("Encrypt", arn) for a secret's new key.
        throttle: whether calls are throttled by AWS's quotas.
        empty_pages: whether a filtered page of parameters ends after MaxResults parameters were
            looked at, and so may be empty and still carry a NextToken.
        keeps_pending: whether AWSPENDING stays on what a rotation made current; AWS removes it,
            and reports exist where it stays.
        keep_log: whether `log` grows.
        hooks: called as `hook(operation, body)` before each call; the first that returns
            `(status, code, message)` makes the call fail so, without effect.
        after: called as `hook(operation, body, answer)` once a call has had its effect; may
            return another Answer, or raise Drop to close the connection without an answer.

    Attributes to read:
        url: the endpoint, once started.
        access_key: the only key, besides those that IAM and STS issue here, that calls may be
            signed with; None: any, which is for tests in one process alone.
        calls: operation name -> number of calls, refused ones included.
        log: (operation, parsed body or None) of each call, values included.
        rotations: how each rotation went.
        events: what EventBridge would tell of labels.
        failures: exceptions that the sandbox itself must not have had (the caller saw a 500).
    """

    def __init__(
        self,
        port: int = 0,
        *,
        state: Path | None = None,
        list_staleness: float = 0.0,
        throttle: bool = False,
        latency: float = 0.0,
        access_key: AccessKey | None = None,
    ) -> None:
        self.url = ""
        self.access_key = access_key
        self.latency = latency
        self.list_staleness = list_staleness
        self.settling = Settling()
        self.denied_keys: set[tuple[str, str]] = set()
        self.throttle = throttle
        self.empty_pages = True
        self.keeps_pending = False
        self.keep_log = True
        self.hooks: list[Before] = []
        self.after: list[After] = []
        self.calls: Counter[str] = Counter()
        self.log: list[tuple[str, Body]] = []
        self.rotations: list[Rotation] = []
        self.events: list[Event] = []
        self.failures: list[Exception] = []
        self.tokens = PageTokens()
        # One lock for every access to moto's state, which knows none. Not reentrant: a running
        # function's invocation releases it.
        self.lock = threading.Lock()
        self._port = port
        self._state = state
        self._throttle = Throttle()
        self._counting = threading.Lock()
        self._background: list[tuple[threading.Thread, threading.Event]] = []
        self.function_key = AccessKey()
        self._app = DomainDispatcherApplication(create_backend_app)
        # moto lists its own folder twice for each call.
        backend = functools.lru_cache(256)(self._app.get_backend_for_host)
        self._app.get_backend_for_host = backend  # type: ignore[method-assign]
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    # Life

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Install the overlay, load the state file if there is one, and serve.

        Raises RuntimeError when another sandbox runs in this process, StateError for a state file
        that cannot be trusted or read, OSError when the port is taken.
        """
        if not _running.acquire(blocking=False):
            raise RuntimeError("another sandbox runs in this process; moto's state is its own")
        try:
            handler = type("SandboxHandler", (Handler,), {"sandbox": self})
            self._server = make_server(
                HOST, self._port, self._app, threaded=True, request_handler=handler
            )
            self.url = f"http://{HOST}:{self._server.server_port}"
            FunctionsBackend.endpoint = self.url
            FunctionsBackend.access_key = self.function_key
            FunctionsBackend.lock = self.lock
            install.install()
            if self._state is not None:
                if not self._state.parent.is_dir():
                    raise states.StateError(f"{self._state}: its directory does not exist")
                states.load(self._state)
        except BaseException:
            if self._server is not None:
                self._server.server_close()
                self._server = None
            install.uninstall()
            _running.release()
            raise
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop serving, end running rotations, save the state, and take the overlay out."""
        if self._server is None or self._thread is None:
            return
        self._end_background()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = None
        try:
            self.save()
        finally:
            install.uninstall()
            _running.release()

    def save(self) -> None:
        """Write the state file now, if there is to be one."""
        if self._state is not None:
            with self.lock:
                states.save(self._state)

    def reset(self) -> None:
        """Empty AWS and forget the calls; hooks, switches and the port stay."""
        self._end_background()
        with self.lock:
            install.empty()
        self._throttle.reset()
        self.settling.reset()
        self.denied_keys.clear()
        self.tokens.expire()
        with self._counting:
            self.calls.clear()
            self.log.clear()
        self.rotations.clear()
        self.events.clear()
        self.failures.clear()

    # Work in the background

    def spawn(self, work: Callable[[threading.Event], None], name: str) -> None:
        """Run `work` in a thread; its argument is set when the sandbox stops or is reset."""
        stopping = threading.Event()
        thread = threading.Thread(target=work, args=(stopping,), name=name, daemon=True)
        self._background = [pair for pair in self._background if pair[0].is_alive()]
        self._background.append((thread, stopping))
        thread.start()

    def wait_for_rotations(self, timeout: float = 300.0) -> bool:
        """Wait until no rotation runs; False when `timeout` seconds were not enough."""
        deadline = time.monotonic() + timeout
        for thread, _ in list(self._background):
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                return False
        return True

    def _end_background(self) -> None:
        for _, stopping in self._background:
            stopping.set()
        for thread, _ in list(self._background):
            thread.join(10.0)
        self._background.clear()

    # Calls

    def answer(self, request: Request, handler: Handler) -> Answer:
        """Answer one request. Raises Drop when an `after` hook says so."""
        if self._server is None:
            # A connection that was kept alive past the end.
            raise Drop
        with self._counting:
            self.calls[request.operation] += 1
            if self.keep_log:
                self.log.append((request.operation, request.body))
        if self.latency > 0:
            time.sleep(self.latency)
        try:
            _refuse_browsers(request)
            if self.access_key is not None:
                access.check(request, self.access_key, self.function_key)
            for hook in list(self.hooks):
                failure = hook(request.operation, request.body)
                if failure is not None:
                    status, code, message = failure
                    raise Refusal(code, message, status)
            if self.throttle:
                higher = parameters.of_region(request.region).high_throughput == "true"
                self._throttle.take(request.service, request.region, request.operation, higher)
            answer = self._perform(request, handler)
        except Refusal as refusal:
            answer = error_answer(request, refusal)
        except ServiceException as error:
            # One of moto's own checks.
            answer = error_answer(request, Refusal(error.code, error.message))
        except NotImplementedError:
            # What moto does not know is no fault, and not worth a repeat: clients repeat a 500.
            unknown = Refusal("NotImplemented", "the embedded AWS does not know this", 501)
            answer = error_answer(request, unknown)
        except Exception as failure:
            # A fault of the sandbox. Its text may hold a value, so that only its kind goes out.
            self.failures.append(failure)
            fault = Refusal("InternalFailure", f"sandbox: {type(failure).__name__}", 500)
            answer = error_answer(request, fault)
        for change in list(self.after):
            answer = change(request.operation, request.body, answer) or answer
        return answer

    def _perform(self, request: Request, handler: Handler) -> Answer:
        with self.lock:
            service = _ours(request)
            if service is not None:
                if request.service != service:
                    raise _wrongly_signed(request, service)
                if not shapes.knows(_MODELS.get(service, service), request.operation):
                    raise Refusal("UnknownOperationException", "")
                if request.body is None:
                    raise Refusal("SerializationException", "The request body is not JSON.")
                call = Call(
                    self, request.operation, request.region, request.body, request.access_key
                )
                document = _perform_ours(service, call)
                if document is not None:
                    return json_answer(document)
            return handler.run_moto(self._app, request.raw)


def _refuse_browsers(request: Request) -> None:
    """Keep web pages out: moto allows every origin, so that a page could otherwise ask for
    secrets, also under a name of its own that leads here.
    """
    host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
    local = host in (HOST, "localhost") or host.endswith(".localhost")
    if not local or "origin" in request.headers:
        raise Refusal("AccessDeniedException", "The sandbox answers AWS clients only.", 403)


def _ours(request: Request) -> str | None:
    """The service that the overlay answers for, or None for one that is left to moto."""
    target = request.headers.get("x-amz-target", "")
    for service, prefix in _TARGETS.items():
        if target.startswith(prefix):
            return service
    return None


def _wrongly_signed(request: Request, service: str) -> Refusal:
    # No signature is checked, but its scope says the Region and must fit the service.
    if not request.service:
        return Refusal("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
    return Refusal(
        "InvalidSignatureException",
        f"Credential should be scoped to correct service: '{service}'.",
        403,
    )


def _perform_ours(service: str, call: Call) -> dict[str, Any] | None:
    if service == "secretsmanager":
        return secretsmanager.handle(call)
    if service == "tagging":
        return tagging.handle(call)
    try:
        return parameters.handle(call)
    except parameters.Passed:
        return None


def serve(
    port: int = 0,
    *,
    state: Path | None = None,
    list_staleness: float = 0.0,
    throttle: bool = False,
    latency: float = 0.0,
    ready: Callable[[str, AccessKey], None],
) -> None:
    """Run a sandbox until SIGINT or SIGTERM, then save its state and return.

    `ready` is called with the URL, and with the access key that calls have to be signed with, once
    calls are answered. Prints nothing. Must be called from
    the main thread, which alone may handle signals; their former handlers are put back.
    """
    stopped = threading.Event()
    key = AccessKey()
    sandbox = Sandbox(
        port,
        state=state,
        list_staleness=list_staleness,
        throttle=throttle,
        latency=latency,
        access_key=key,
    )
    # A long run must not collect every request.
    sandbox.keep_log = False
    former = {
        number: signal.signal(number, lambda *_: stopped.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        with sandbox:
            ready(sandbox.url, key)
            while not stopped.wait(0.5):
                continue
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
