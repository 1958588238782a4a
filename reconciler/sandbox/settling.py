"""What AWS does not know at once: DescribeSecret, PutResourcePolicy, RotateSecret and TagResource
may not find a secret that was just created or restored; a policy may not name a new principal; what
was deleted by force may linger; a rotation and replication take their time. Recorded on AWS, and in
no model.

Each call sees the past so many times, so that every test sees the same, and for seconds at most, so
that nobody who tries the sandbox by hand meets it for long.
"""

from __future__ import annotations

import time

NOT_FOUND = ("DescribeSecret", "PutResourcePolicy", "RotateSecret", "TagResource")


class Settling:
    """What still lags. `calls`: how many calls of each kind see the past of what is new (0: none),
    `seconds`: for how long at most.
    """

    def __init__(self) -> None:
        self.calls, self.seconds = 1, 2.0
        self._left: dict[tuple[str, str], tuple[int, float]] = {}
        self._known: set[str] = set()

    def reset(self) -> None:
        """Forget what is new."""
        self.pass_by()
        self._known.clear()

    def pass_by(self) -> None:
        """Let the time pass that AWS takes: nothing lags any more."""
        self._left.clear()

    def begin(self, arn: str, *sights: str) -> None:
        """Let each sight of a resource lag from now on."""
        for sight in sights if self.calls else ():
            self._left[arn, sight] = self.calls, time.monotonic() + self.seconds

    def begin_once(self, arn: str, sight: str) -> None:
        """The same, for what was never seen before."""
        if arn not in self._known:
            self._known.add(arn)
            self.begin(arn, sight)

    def lags(self, arn: str, sight: str) -> bool:
        """Whether this call still sees the past; counts it."""
        left, until = self._left.pop((arn, sight), (0, 0.0))
        if left > 1:
            self._left[arn, sight] = left - 1, until
        return left > 0 and time.monotonic() < until
