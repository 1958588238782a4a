"""A sandbox as a program of its own: until a signal ends it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path

from .access import AccessKey
from .server import Sandbox


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
