"""Rotates a random string, which is the whole value or stands under one key of it.

No service is told: applications read the new string, and whoever compares it reads it, too.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from reconciler.kinds.rotation.functions import frame
from reconciler.kinds.rotation.functions.errors import RefusedError
from reconciler.kinds.rotation.functions.value import members, needed, same_but, written


class Random:
    """One string, of the declared length and alphabet."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._length: int = settings["length"]
        self._alphabet: str = settings["alphabet"]
        self._key: str | None = settings.get("key")

    def make(self, current: str) -> str:
        """Another string; all other keys stay."""
        self._string(current)
        new = "".join(secrets.choice(self._alphabet) for _ in range(self._length))
        if self._key is None:
            return new
        return written({**members(current), self._key: new})

    def follows(self, current: str, pending: str) -> bool:
        """Only the one key differs."""
        return self._key is None or same_but(current, pending, self._key)

    def put(self, current: str, pending: str) -> None:
        """Nobody else is told."""

    def test(self, current: str, pending: str) -> None:
        """It is as declared, unless it is the current one."""
        string = self._string(pending)
        if pending == current:
            return
        if not self.follows(current, pending):
            raise RefusedError("the secret was written meanwhile: rotate again")
        if len(string) != self._length or not set(string) <= set(self._alphabet):
            raise RefusedError("the new value is not of the declared length and alphabet")

    def _string(self, text: str) -> str:
        if self._key is None:
            return text
        value = members(text)
        needed(value, self._key)
        return str(value[self._key])


def handler(event: Mapping[str, Any], context: object) -> None:
    """What Lambda calls."""
    frame.handle(event, lambda settings, _: Random(settings))
