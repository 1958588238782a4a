"""Throttling by AWS's quotas: token buckets that hold one second's worth."""

from __future__ import annotations

import threading
import time

from .refusal import Refusal

_SECRETS_GROUPS: dict[tuple[str, ...], float] = {
    ("GetSecretValue",): 10_000,
    ("DescribeSecret",): 40_000,
    ("ListSecrets",): 100,
    ("BatchGetSecretValue",): 100,
    (
        "PutSecretValue",
        "UpdateSecret",
        "UpdateSecretVersionStage",
        "ReplicateSecretToRegions",
        "RemoveRegionsFromReplication",
        "StopReplicationToReplica",
    ): 50,
    ("CreateSecret",): 50,
    ("DeleteSecret",): 50,
    ("RestoreSecret",): 50,
    ("RotateSecret", "CancelRotateSecret"): 50,
    ("TagResource", "UntagResource"): 50,
    ("ListSecretVersionIds",): 50,
    ("GetRandomPassword",): 50,
    (
        "GetResourcePolicy",
        "PutResourcePolicy",
        "DeleteResourcePolicy",
        "ValidateResourcePolicy",
    ): 50,
}
_PARAMETER_GROUPS: dict[tuple[str, ...], float] = {
    ("GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory"): 40,
    ("PutParameter",): 3,
    ("DescribeParameters",): 10,
    ("DeleteParameter", "DeleteParameters"): 5,
    ("AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource"): 10,
    ("LabelParameterVersion", "UnlabelParameterVersion"): 5,
}

HIGHER: dict[str, float] = {"PutParameter": 10}
"""The rates that ssm's setting high-throughput-enabled raises."""

QUOTAS: dict[str, dict[str, tuple[str, float]]] = {
    service: {operation: (group[0], rate) for group, rate in groups.items() for operation in group}
    for service, groups in (
        ("secretsmanager", _SECRETS_GROUPS),
        ("ssm", _PARAMETER_GROUPS),
        ("tagging", {("GetResources",): 15.0}),
    )
}
"""For each service, the bucket of each operation and its rate: calls a second and Region."""


class Throttle:
    """One bucket for each quota and Region."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str, str], tuple[float, float]] = {}

    def take(self, service: str, region: str, operation: str, higher: bool) -> None:
        """Take one token. Raises ThrottlingException when the bucket is empty.

        `higher`: the Region's throughput of parameters is the one that is paid for.
        """
        quota = QUOTAS.get(service, {}).get(operation)
        if quota is None:
            return
        bucket, rate = quota
        if higher:
            rate = HIGHER.get(operation, rate)
        key = (service, region, bucket)
        now = time.monotonic()
        with self._lock:
            left, then = self._buckets.get(key, (rate, now))
            left = min(rate, left + (now - then) * rate)
            if left >= 1:
                self._buckets[key] = (left - 1, now)
                return
            self._buckets[key] = (left, now)
        raise Refusal("ThrottlingException", "Rate exceeded")
