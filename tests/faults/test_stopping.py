"""A run that is told to stop, or has no more time, ends what is in flight and says what is left.

Each is a process of its own, as a user runs it; the next run does the rest.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from reconciler.core.errors import AwsError, Exit
from reconciler.operations.attempt import Status
from tests.faults.account import Account, assert_ends, assert_true_report, exit_code
from tests.world import World

COUNT = 12
TIMEOUT = 300  # seconds, on a machine that is busy with other tests
INTERRUPTED = 130
SIGNALS = [signal.SIGINT, signal.SIGTERM]


class Gate:
    """Holds each create until it is opened; ``reached`` is set when one is there."""

    def __init__(self, world: World, operation: str) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        world.aws.hooks.append(self.hold)
        self.operation = operation

    def hold(self, operation: str, _: Any) -> None:
        if operation == self.operation:
            self.reached.set()
            self.opened.wait(TIMEOUT)


@contextmanager
def held(world: World, operation: str) -> Iterator[tuple[Gate, subprocess.Popen[str]]]:
    """An apply whose calls of ``operation`` get no answer yet."""
    world.declare({f"s{n:02}": {"value": "one"} for n in range(COUNT)})
    gate = Gate(world, operation)
    command = ["apply", "production", "--auto-approve", "--parallelism", "2"]
    child = subprocess.Popen(
        [sys.executable, "-m", "reconciler.cli.main", *command],
        env=world.environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert gate.reached.wait(TIMEOUT)
        yield gate, child
    finally:
        gate.opened.set()
        child.kill()
        child.communicate()
        world.aws.hooks.clear()


def said(child: subprocess.Popen[str], word: str) -> str:
    """What it says on stderr until that word has come."""
    assert child.stderr is not None
    lines: list[str] = []
    for line in child.stderr:
        lines.append(line)
        if word in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


@pytest.mark.parametrize("number", SIGNALS)
def test_the_calls_in_flight_are_finished_and_all_is_reported(
    world: World, number: signal.Signals
) -> None:
    with held(world, "CreateSecret") as (gate, child):
        child.send_signal(number)
        said(child, "stopping: the calls in flight are finished")
        gate.opened.set()
        out, err = child.communicate(timeout=TIMEOUT)
    assert child.returncode == 4, err
    assert "Traceback" not in err
    made = world.aws.calls["CreateSecret"]
    assert 1 <= made <= 2
    left = {name.removeprefix("secret:") for name in world.changes()}
    assert len(left) == COUNT - made
    for name in (f"s{n:02}" for n in range(COUNT)):
        lines = [line for line in out.split("Plan:")[1].splitlines() if f" {name}" in line]
        assert len(lines) == 1, out
        assert ("not-started" if name in left else "done") in lines[0]
    world.converge()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_signal_ends_at_once(world: World, number: signal.Signals) -> None:
    """Also while AWS owes an answer; what was done of it, the next run sees."""
    with held(world, "CreateSecret") as (_, child):
        child.send_signal(number)
        said(child, "again to stop at once")
        child.send_signal(number)
        assert child.wait(TIMEOUT) == INTERRUPTED
    assert world.aws.calls["CreateSecret"] <= 2
    world.converge()


@pytest.mark.parametrize("number", SIGNALS)
def test_before_anything_is_written_a_signal_ends_at_once(
    world: World, number: signal.Signals
) -> None:
    with held(world, "ListSecrets") as (_, child):
        child.send_signal(number)
        assert child.wait(TIMEOUT) in (INTERRUPTED, -number)
    assert world.aws.calls["CreateSecret"] == 0


def test_after_its_time_a_run_begins_no_more_and_says_so(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deadline comes with the third create, however fast the machine is."""
    account.parallelism = 1
    account.declare({"secrets": {f"s{n:02}": {"value": "one"} for n in range(COUNT)}})
    aws = account.connect()
    creates: list[str] = []

    def hook(operation: str, _: Any) -> None:
        creates.extend([operation] if operation == "CreateSecret" else [])
        if len(creates) == 3:
            aws._connection.deadline = 0.0

    account.aws.hooks.append(hook)
    with monkeypatch.context() as patch:
        patch.setattr(account, "connect", lambda: aws)
        outcomes = account.apply()
    account.calm()
    assert Counter(outcome.status for outcome in outcomes.values()) == {
        Status.DONE: 3,
        Status.NOT_STARTED: COUNT - 3,
    }
    assert len(creates) == 3
    assert exit_code(outcomes) is Exit.PARTIAL
    assert_true_report(account, outcomes)
    assert_ends(account)


def test_no_call_is_repeated_after_the_deadline(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS throttles for ever; the call in flight then ends as a failure that was not done."""
    account.declare({"secrets": {"db": {"value": "one"}}})
    aws = account.connect()

    def hook(operation: str, _: Any) -> tuple[int, str, str] | None:
        if operation != "CreateSecret":
            return None
        if account.aws.calls["CreateSecret"] == 3:
            aws._connection.deadline = 0.0
        return 400, "ThrottlingException", "no"

    account.aws.hooks.append(hook)
    with monkeypatch.context() as patch:
        patch.setattr(account, "connect", lambda: aws)
        (outcome,) = account.apply().values()
    assert account.aws.calls["CreateSecret"] == 3
    account.calm()
    assert outcome.status is Status.FAILED
    assert isinstance(outcome.error, AwsError)
    assert (outcome.error.aws_code, outcome.error.uncertain) == ("OutOfTime", False)
    assert_ends(account)
