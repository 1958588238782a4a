"""How fast AWS is asked: one bucket for each of its quotas, shared by all threads.

A bucket fills at its quota's rate. Where AWS throttles nevertheless (others use the account too),
the rate is cut, and comes back slowly. Repeating a call is botocore's business; here is only when.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

CUT = 0.7  # of the rate stays when AWS throttles
CUT_EVERY = 1.0  # seconds: refusals of the same moment are one excess
RECOVERY = 0.05  # of the quota comes back each second
FLOOR = 0.1  # of the quota is never cut
READ_BURST = 2.0  # seconds' worth; a bucket that is full when a run begins
WRITE_BURST = 0.5  # less than AWS holds, so that an even stream never meets an empty bucket

# Calls a second and Region by default: the operations that share a quota, and whether they read.
_QUOTAS: Mapping[str, tuple[tuple[float, bool, tuple[str, ...]], ...]] = {
    "secretsmanager": (
        (40_000, True, ("DescribeSecret",)),
        (10_000, True, ("GetSecretValue",)),
        (100, True, ("ListSecrets",)),
        (100, True, ("BatchGetSecretValue",)),
        (
            50,
            False,
            (
                "PutSecretValue",
                "UpdateSecret",
                "UpdateSecretVersionStage",
                "ReplicateSecretToRegions",
                "RemoveRegionsFromReplication",
            ),
        ),
        (50, False, ("CreateSecret",)),
        (50, False, ("DeleteSecret",)),
        (50, False, ("RestoreSecret",)),
        (50, False, ("RotateSecret", "CancelRotateSecret")),
        (50, False, ("TagResource", "UntagResource")),
        (50, False, ("GetResourcePolicy", "PutResourcePolicy", "DeleteResourcePolicy")),
    ),
    "ssm": (
        (40, True, ("GetParameter", "GetParameters", "GetParametersByPath")),
        (10, True, ("DescribeParameters",)),
        (3, False, ("PutParameter",)),
        (5, False, ("DeleteParameter", "DeleteParameters")),
        (10, False, ("AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource")),
    ),
    "resourcegroupstaggingapi": ((15, True, ("GetResources",)),),
}


class Bucket:
    """One quota: ``quota`` calls a second on average, ``burst`` of them at once.

    Not safe to use from threads by itself.
    """

    def __init__(self, quota: float, burst: float, now: float) -> None:
        self.quota = self.rate = quota
        self._burst = self._tokens = max(1.0, burst)
        self._then = self._cut = now

    def reserve(self, now: float) -> float:
        """Take the next turn; returns in how many seconds it is. Turns are given in order."""
        elapsed = max(0.0, now - self._then)
        self._then = now
        self._tokens = min(self._burst, self._tokens + elapsed * self.rate)
        self.rate = min(self.quota, self.rate + elapsed * self.quota * RECOVERY)
        self._tokens -= 1
        return max(0.0, -self._tokens / self.rate)

    def cut(self, now: float) -> None:
        """AWS throttled a call: its own bucket is empty, so ours is too."""
        self._tokens = min(self._tokens, 0.0)
        if now - self._cut >= CUT_EVERY or self.rate == self.quota:
            self.rate = max(self.quota * FLOOR, self.rate * CUT)
            self._cut = now


class Pacing:
    """The buckets of one account and Region.

    ``scale`` is for an account with other quotas than AWS's default: 2 means twice of each.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self.scaled = scale != 1.0
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], Bucket] = {}
        now = time.monotonic()
        for service, quotas in _QUOTAS.items():
            for rate, reads, operations in quotas:
                burst = rate * scale * (READ_BURST if reads else WRITE_BURST)
                shared = Bucket(rate * scale, burst, now)
                self._buckets.update({(service, name): shared for name in operations})

    def take(self, service: str, operation: str, deadline: float | None) -> bool:
        """Wait for the turn of a call. ``deadline`` is a time of ``time.monotonic``: where the turn
        comes later than that, False, without waiting."""
        bucket = self._buckets.get((service, operation))
        now = time.monotonic()
        wait = 0.0
        if bucket is not None:
            with self._lock:
                wait = bucket.reserve(now)
        if deadline is not None and now + wait >= deadline:
            return False
        if wait > 0:
            time.sleep(wait)
        return True

    def rate(self, service: str, operation: str) -> float:
        """Calls a second that an operation may make."""
        return self._buckets[service, operation].quota

    def allow(self, service: str, operation: str, rate: float) -> None:
        """The account has a higher quota for an operation than AWS's default."""
        with self._lock:
            bucket = self._buckets[service, operation]
            bucket.quota = bucket.rate = rate

    def throttled(self, service: str, operation: str) -> None:
        """AWS refused a call because it came too soon."""
        bucket = self._buckets.get((service, operation))
        if bucket is not None:
            with self._lock:
                bucket.cut(time.monotonic())
