"""What a part of another resource answers to commands that are about the whole: it is declared with
it, and has no value, name or owner of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.aws.client import Aws
from reconciler.core.ownership import Refusal
from reconciler.kinds.kind import Act, NotForKind, Record, Section, Target, Turn
from reconciler.kinds.reading import Read, Unread

section: Section | None = None

_OF_THE_WHOLE = NotForKind("part", "it is part of a secret", "name the secret")


def read(aws: Aws, names: Iterable[str]) -> Mapping[str, Read | Unread]:
    """Nothing: a value is read by the whole."""
    return {}


def release(record: Record) -> Act | Refusal:
    """It goes with the whole."""
    return _OF_THE_WHOLE


def rotate(target: Target, turn: Turn) -> Act | Refusal:
    """The whole rotates."""
    return _OF_THE_WHOLE


def roll_back(target: Target, *, rotated: bool) -> Act | Refusal:
    """The whole has versions."""
    return _OF_THE_WHOLE


def cost(count: int) -> str | None:
    """Nothing."""
    return None
