"""What comes of reading a value from AWS, in the same form for every kind."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.values.sensitive import Sensitive

TRUNCATED = "TruncatedAnswer"  # our word for an answer that leaves out what was asked for


@dataclass(frozen=True)
class Read:
    """A value that is live, and the version that holds it."""

    content: Sensitive[str] | Sensitive[bytes]
    version: str


@dataclass(frozen=True)
class Unread:
    """A value that AWS did not hand out, with AWS's own word for why."""

    aws_code: str
