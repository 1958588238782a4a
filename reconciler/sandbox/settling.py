"""What AWS does not know at once: DescribeSecret, PutResourcePolicy, RotateSecret and TagResource
may not find a secret that was just created or restored; a policy may not name a new principal; what
was deleted by force may linger; a rotation and replication take their time. Recorded on AWS, and in
no model.

Counted in calls, not in seconds, so that every test sees the same.
"""

from __future__ import annotations

from collections import Counter

NOT_FOUND = ("DescribeSecret", "PutResourcePolicy", "RotateSecret", "TagResource")


class Settling:
    """How many more calls see the past of what."""

    def __init__(self) -> None:
        self._left: Counter[tuple[str, str]] = Counter()
        self._known: set[str] = set()

    def reset(self) -> None:
        self._left.clear()
        self._known.clear()

    def begin(self, calls: int, arn: str, *sights: str) -> None:
        """Let each sight of a resource lag for so many calls from now on."""
        for sight in sights:
            self._left[arn, sight] = calls

    def begin_once(self, calls: int, arn: str, sight: str) -> None:
        """The same, for what was never seen before."""
        if arn not in self._known:
            self._known.add(arn)
            self.begin(calls, arn, sight)

    def lags(self, arn: str, sight: str) -> bool:
        """Whether this call still sees the past; counts it."""
        if self._left[arn, sight] <= 0:
            return False
        self._left[arn, sight] -= 1
        return True
