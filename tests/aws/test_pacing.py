"""How fast AWS is asked: in time that the tests let pass, not in the machine's."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from reconciler.aws import pacing
from reconciler.aws.pacing import CUT, FLOOR, RECOVERY, Bucket, Pacing
from reconciler.sandbox.throttle import QUOTAS


class Clock:
    """Time that passes where somebody sleeps, and for nobody else."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(pacing, "time", SimpleNamespace(monotonic=made.monotonic, sleep=made.sleep))
    return made


def seconds(calls: int, service: str, operation: str, clock: Clock, scale: float = 1.0) -> float:
    """How long so many calls, one after the other, wait in all."""
    pace, began = Pacing(scale), clock.now
    for _ in range(calls):
        assert pace.take(service, operation, None)
    return clock.now - began


@pytest.mark.parametrize(
    ("service", "operation", "quota", "most"),
    [("secretsmanager", "CreateSecret", 50, 1.2), ("ssm", "PutParameter", 3, 1.05)],
)
def test_a_thousand_writes_take_what_the_quota_asks_for(clock, service, operation, quota, most):
    floor = 1000 / quota
    assert 0.97 * floor <= seconds(1000, service, operation, clock) <= most * floor


def test_another_quota_is_another_pace(clock):
    once = seconds(300, "ssm", "PutParameter", clock)
    assert seconds(300, "ssm", "PutParameter", clock, scale=3.0) == pytest.approx(once / 3, rel=0.1)


def test_a_full_bucket_makes_nobody_wait(clock):
    assert seconds(20, "ssm", "DescribeParameters", clock) == 0
    assert seconds(21, "ssm", "DescribeParameters", clock) > 0


def test_a_bucket_holds_no_more_than_its_burst():
    bucket = Bucket(quota=10, burst=5, now=0.0)
    waits = [bucket.reserve(3600.0) for _ in range(7)]
    assert waits == pytest.approx([0, 0, 0, 0, 0, 0.1, 0.2])


def test_operations_of_one_quota_share_it_and_others_do_not(clock):
    pace = Pacing()
    for _ in range(25):
        pace.take("secretsmanager", "PutSecretValue", None)
    assert clock.slept == []
    pace.take("secretsmanager", "TagResource", None)
    pace.take("ssm", "PutParameter", None)
    assert clock.slept == []
    pace.take("secretsmanager", "UpdateSecretVersionStage", None)
    assert clock.slept == [pytest.approx(0.02)]


def test_threads_share_the_buckets(monkeypatch):
    """Each turn is given once: so many turns end so far in the future, whoever takes them."""
    waits: list[float] = []
    still = SimpleNamespace(monotonic=lambda: 1000.0, sleep=waits.append)
    monkeypatch.setattr(pacing, "time", still)
    pace = Pacing()

    def work() -> None:
        for _ in range(10):
            pace.take("ssm", "PutParameter", None)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    burst = 1.5
    turns = [(n - burst) / 3 for n in range(1, 81) if n > burst]
    assert sorted(waits) == pytest.approx(turns)


def test_where_aws_throttles_the_rate_is_cut_and_comes_back():
    bucket = Bucket(quota=10, burst=5, now=0.0)
    bucket.cut(0.0)
    assert bucket.rate == pytest.approx(10 * CUT)
    assert bucket.reserve(0.0) == pytest.approx(1 / bucket.rate)
    bucket.reserve(2.0)
    assert bucket.rate == pytest.approx(10 * CUT + 2 * 10 * RECOVERY)
    bucket.reserve(3600.0)
    assert bucket.rate == 10


def test_refusals_of_the_same_moment_are_one_excess_and_the_rate_has_a_floor():
    bucket = Bucket(quota=10, burst=5, now=0.0)
    for moment in (5.0, 5.1, 5.9):
        bucket.cut(moment)
    assert bucket.rate == pytest.approx(10 * CUT)
    for moment in range(6, 60):
        bucket.cut(float(moment))
    assert bucket.rate == pytest.approx(10 * FLOOR)


def test_a_throttled_call_cuts_its_own_quota_only(clock):
    pace = Pacing()
    pace.throttled("ssm", "PutParameter")
    pace.take("ssm", "PutParameter", None)
    assert clock.slept == [pytest.approx(1 / (3 * CUT))]
    pace.take("ssm", "DeleteParameter", None)
    pace.take("sts", "GetCallerIdentity", None)
    pace.throttled("sts", "GetCallerIdentity")
    assert len(clock.slept) == 1


def test_a_turn_after_the_deadline_is_not_waited_for(clock):
    pace = Pacing()
    assert pace.take("ssm", "PutParameter", clock.now + 0.2)
    assert not pace.take("ssm", "PutParameter", clock.now + 0.1)
    assert clock.slept == []


def test_the_quotas_are_those_of_the_embedded_aws():
    """Which has them from AWS's documentation, and throttles by them."""
    for service, quotas in pacing._QUOTAS.items():
        for rate, _, operations in quotas:
            signed = {"resourcegroupstaggingapi": "tagging"}.get(service, service)
            found = {QUOTAS[signed][operation] for operation in operations}
            assert len(found) == 1, operations
            assert {limit for _, limit in found} == {rate}, operations
