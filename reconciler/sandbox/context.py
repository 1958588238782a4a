"""What an operation knows of the sandbox that it runs in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .access import AccessKey
from .settling import Settling
from .tokens import PageTokens


@dataclass(frozen=True)
class Rotation:
    """How one rotation went; `Sandbox.rotations` keeps them.

    `outcome` is what CloudTrail would call it: "succeeded", "failed", "abandoned", or for
    RotateImmediately=False "test succeeded" and "test failed". `step` and `error` say where and
    why it failed (the function's own message, which may hold a value).
    """

    arn: str
    token: str
    outcome: str
    step: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class Event:
    """ "Secret Label Updated": recorded on AWS for every label, one's own included."""

    arn: str
    label: str
    version: str | None
    """The version that holds the label now; None: none."""


class Context(Protocol):
    """The sandbox as operations see it; `Sandbox` says what each part means."""

    url: str
    function_key: AccessKey
    list_staleness: float
    settling: Settling
    denied_keys: set[tuple[str, str]]
    keeps_pending: bool
    empty_pages: bool
    rotations: list[Rotation]
    events: list[Event]
    tokens: PageTokens
    lock: threading.Lock

    def spawn(self, work: Callable[[threading.Event], None], name: str) -> None:
        """Run `work` in a thread; its argument is set when the sandbox stops or is reset."""
