"""What comes of reading a value from AWS, in the same form for every kind."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.core.model import FieldChange
from reconciler.values.sensitive import Sensitive

TRUNCATED = "TruncatedAnswer"  # our word for an answer that leaves out what was asked for


@dataclass(frozen=True)
class Read:
    """A value that is live, and the version that holds it."""

    content: Sensitive[str] | Sensitive[bytes]
    version: str


@dataclass(frozen=True)
class Unread:
    """A value that AWS did not hand out, with AWS's own word for why. ``gone`` says that the word
    means that there is none."""

    aws_code: str
    gone: bool = False


@dataclass(frozen=True)
class Verdict:
    """What reading a value has shown.

    ``same``: it is the declared one, or holds the declared keys where git owns only those; None
    where git declares none. ``keys`` name where two JSON values differ. ``false``: its version says
    that we wrote another value than it holds. ``lost`` says what it means where no change is
    planned although it differs. ``unread`` is AWS's word for why it was not handed out.
    """

    same: bool | None = None
    keys: tuple[FieldChange, ...] = ()
    false: bool = False
    lost: str | None = None
    unread: str | None = None
