"""The embedded AWS: moto's server on 127.0.0.1, made to behave like AWS.

`with Sandbox() as aws:` and then any AWS client with `endpoint_url=aws.url`.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from moto.core.exceptions import ServiceException
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from . import access, install, parameter_store, routing
from . import state as states
from .access import AccessKey
from .awslambda import FunctionsBackend
from .context import Event, Rotation
from .http import Answer, Drop, Handler, Request, error_answer, json_answer
from .refusal import Refusal
from .routing import HOST
from .settling import Settling
from .throttle import Throttle
from .tokens import PageTokens

__all__ = ["Answer", "Drop", "Sandbox"]

_running = threading.Lock()


class Sandbox:
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

    Attributes to read:
        url: the endpoint, once started.
        access_key: the only key, besides those that IAM and STS issue here, that calls may be
            signed with; None: any, which is for tests in one process alone.
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

    # Work in the background

    def spawn(self, work: Callable[[threading.Event], None], name: str) -> None:
        """Run `work` in a thread; its argument is set when the sandbox stops or is reset."""
        stopping = threading.Event()
        thread = threading.Thread(target=work, args=(stopping,), name=name, daemon=True)
        self._background = [pair for pair in self._background if pair[0].is_alive()]
        self._background.append((thread, stopping))
        thread.start()

    def _end_background(self) -> None:
        for _, stopping in self._background:
            stopping.set()
        for thread, _ in list(self._background):
            thread.join(10.0)
        self._background.clear()

    # Calls

    def answer(self, request: Request, handler: Handler) -> Answer:
        """Answer one request. Raises Drop where the connection is to end without an answer."""
        if self._server is None:
            # A connection that was kept alive past the end.
            raise Drop
        if self.latency > 0:
            time.sleep(self.latency)
        try:
            self.admit(request)
            return self._perform(request, handler)
        except Refusal as refusal:
            return error_answer(request, refusal)
        except ServiceException as error:
            # One of moto's own checks.
            return error_answer(request, Refusal(error.code, error.message))
        except NotImplementedError:
            # What moto does not know is no fault, and not worth a repeat: clients repeat a 500.
            unknown = Refusal("NotImplemented", "the embedded AWS does not know this", 501)
            return error_answer(request, unknown)
        except Exception as failure:
            # A fault of the sandbox. Its text may hold a value, so that only its kind goes out.
            self.failures.append(failure)
            fault = Refusal("InternalFailure", f"sandbox: {type(failure).__name__}", 500)
            return error_answer(request, fault)

    def admit(self, request: Request) -> None:
        """Refuse a call before it has an effect."""
        routing.refuse_browsers(request)
        if self.access_key is not None:
            access.check(request, self.access_key, self.function_key)
        if self.throttle:
            higher = parameter_store.of_region(request.region).high_throughput == "true"
            self._throttle.take(request.service, request.region, request.operation, higher)

    def _perform(self, request: Request, handler: Handler) -> Answer:
        with self.lock:
            document = routing.perform(self, request)
            if document is not None:
                return json_answer(document)
            return handler.run_moto(self._app, request.raw)
