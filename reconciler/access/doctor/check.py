"""One thing that was looked at, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it is. Only ``fails`` keeps a command from working."""

    OK = "ok"
    INFO = "info"  # it is not there, and not needed yet
    WARNING = "warning"
    FAILS = "fails"


@dataclass(frozen=True)
class Check:
    """What was looked at, how it is, and what to do where that is not well."""

    subject: str  # sops, build, keys, identity, clock, plan, apply, function, …
    state: State
    message: str
    hint: str | None = None


def ok(subject: str, message: str) -> Check:
    """All is well."""
    return Check(subject, State.OK, message)


def info(subject: str, message: str, hint: str | None) -> Check:
    """It is not needed yet."""
    return Check(subject, State.INFO, message, hint)


def warning(subject: str, message: str, hint: str) -> Check:
    """It works, or nobody can tell whether it does."""
    return Check(subject, State.WARNING, message, hint)


def fails(subject: str, message: str, hint: str | None) -> Check:
    """It does not work."""
    return Check(subject, State.FAILS, message, hint)
