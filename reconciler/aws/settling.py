"""What is new in AWS and not known everywhere yet: of it "not found" does not mean absent.

Recorded on AWS: DescribeSecret, PutResourcePolicy, RotateSecret and TagResource may not find a
secret for a while after CreateSecret and RestoreSecret, whoever called those.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from reconciler.aws.failure import OUT_OF_TIME
from reconciler.core.errors import AwsError

SETTLES = 120.0  # seconds in which AWS comes to know everywhere what is new

_ABSENT = "ResourceNotFoundException"
_MALFORMED = "MalformedPolicyDocumentException"


class Settling:
    """The names that are new, by service. Safe to use from threads."""

    def __init__(self) -> None:
        self._new: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def add(self, service: str, name: str) -> None:
        """Remember a name that exists, and has not for long."""
        with self._lock:
            self._new.add((service, name))

    def hides(self, error: AwsError, service: str, parameters: Mapping[str, Any]) -> bool:
        """Whether a failure may only say that AWS does not know yet what is new: the resource, or
        the principal of its policy, which may be as new."""
        late = error.aws_code == _ABSENT or (
            error.aws_code == _MALFORMED and "principal" in error.message.lower()
        )
        return late and any(
            isinstance(given, str) and (service, given) in self._new
            for given in parameters.values()
        )


def is_new(changed: datetime | None, now: datetime) -> bool:
    """Whether what was created or restored at that time, by AWS's clock, may not be known yet."""
    return changed is not None and now - changed < timedelta(seconds=SETTLES)


def unknown(operation: str, error: AwsError) -> AwsError:
    """What a failure becomes where there is no time left to see whether it stays."""
    return AwsError(
        f"{operation}: {error.aws_code} for what was made moments ago, and the time for this run"
        " is over",
        operation=operation,
        aws_code=OUT_OF_TIME,
        request_id=error.request_id,
        hint="AWS may not know it everywhere yet: nothing was concluded from it; run again",
    )
