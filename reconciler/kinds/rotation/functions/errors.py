"""How a step of a rotation fails. Their words hold no value: Lambda logs them."""

from __future__ import annotations


class RefusedError(Exception):
    """What a function cannot do, in words that may be logged. Nothing was changed anywhere, so
    AWSPENDING goes."""


class UnfinishedError(Exception):
    """The same where the service may have the new value already: AWSPENDING stays, and with it the
    only copy of that value."""


class RotationError(Exception):
    """The one line with which a step fails, in Lambda's log."""
