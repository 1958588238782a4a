"""A run that is killed at any of its calls converges on the next one.

The process is killed (SIGKILL, from botocore's own hooks) before and after each call of a run that
does everything that can be done; then the run is repeated, afresh or with the plan that was
reviewed before the crash. What is there then is what a run that nobody killed leaves: no version
twice, no value lost, no rotation reverted, AWSPREVIOUS what it was.

A crash leaves nothing but the account, and a call that reads leaves it as it is: the ordinary run
of the tests goes on from what each call that writes left behind it in a run that nobody killed. It
kills at three of them, which leave just that. The long one kills at all calls.
"""

from __future__ import annotations

import copy
import itertools
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler.core import planfile
from reconciler.core.applied import Applied, Attempt, Standing
from reconciler.core.drift import DriftClass
from reconciler.core.model import Key
from reconciler.operations import drift, planning
from reconciler.sandbox import state
from tests.faults import function
from tests.faults.account import Account
from tests.faults.crash import Watched, run
from tests.faults.direct import SCOPE
from tests.faults.photo import Photo, take
from tests.faults.scenes import SCENES
from tests.limit import has_to_end

ROOT = Path(__file__).parents[2]
READS = ("Get", "List", "Describe", "BatchGet")
MADE = ("reconciler:bound", "reconciler:spec")  # tags that name a version, whose id chance makes


@pytest.fixture
def crashing(account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    function.install(monkeypatch)
    account.shared = True
    account.parallelism = 1
    return account


def photographs(account: Account) -> dict[Key, Photo]:
    """The account, without the values that chance made."""
    assert account.aws.wait_for_rotations()

    def masked(version: str) -> str:
        return "made" if version.startswith("g1") else version

    found = {}
    for key, photo in take(account.aws).items():
        found[key] = replace(
            photo,
            current=None if photo.current is None else masked(photo.current),
            value=None if (photo.current or "").startswith("g1") else photo.value,
            versions={
                masked(version): "" if version.startswith("g1") else value
                for version, value in photo.versions.items()
            },
            labels={label: masked(version) for label, version in photo.labels.items()},
            tags={
                name: "made" if name in MADE and (photo.current or "").startswith("g1") else value
                for name, value in photo.tags.items()
            },
        )
    return found


def outside(account: Account, scene: Any) -> set[tuple[Key, str]]:
    """What drift says that somebody outside did. All of it was to be written by the run."""
    attempt = Attempt({key: one.fields for key, one in scene.git.resources.items()})
    found = drift.classify(
        planning.make(SCOPE, lambda: scene.git, account.connect()),
        datetime.now(UTC),
        applied=Applied(
            otherwise=Standing.ONLY_IN_ATTEMPTED, unfinished=("c0ffee",), attempted=(attempt,)
        ),
    )
    return {
        (entry.key, f"{entry.what} {[field.name for field in entry.fields]}")
        for entry in found
        if entry.kind_of is DriftClass.OUTSIDE
    }


@pytest.fixture(scope="module")
def killers() -> Iterator[list[subprocess.Popen[str]]]:
    found: list[subprocess.Popen[str]] = []
    yield found
    for child in found:
        child.communicate(timeout=300)


@pytest.fixture
def killer(account: Account, killers: list[subprocess.Popen[str]]) -> subprocess.Popen[str]:
    """The process that forks and kills, on the account of all tests."""
    if not killers:
        killers.append(
            subprocess.Popen(
                [sys.executable, "-m", "tests.faults.crash"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    return killers[0]


# What a call leaves behind it is what the next one finds before it, and both ways can go on from
# there: the other ways say the same once more, and take as long.
SHORT = {name: ("reviewed", "afresh") if name == "everything" else ("reviewed",) for name in SCENES}


@pytest.mark.parametrize(("name", "again"), SHORT.items())
def test_every_crash_at_a_write_converges(
    crashing: Account,
    killer: subprocess.Popen[str],
    tmp_path: Path,
    name: str,
    again: tuple[str, ...],
) -> None:
    crash(crashing, killer, tmp_path, (name, "after", again), every=False)


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "moment", "again"),
    list(itertools.product(SCENES, ("before", "after"), ("afresh", "reviewed"))),
)
def test_every_crash_point_converges(
    crashing: Account,
    killer: subprocess.Popen[str],
    tmp_path: Path,
    name: str,
    moment: str,
    again: str,
) -> None:
    crash(crashing, killer, tmp_path, (name, moment, (again,)), every=True)


def crash(
    crashing: Account,
    killer: subprocess.Popen[str],
    tmp_path: Path,
    way: tuple[str, str, tuple[str, ...]],
    *,
    every: bool,
) -> None:
    """Let a run end at each of its calls, or at those that write, and run it again, in each way on
    its own."""
    name, moment, again = way
    left_out = () if every else READS
    account, scene = crashing, SCENES[name]
    scene.arrange(account)
    account.aws.settling.pass_by()
    account.git = scene.git
    saved, crashed, file = (tmp_path / name for name in ("account", "crashed", "plan"))
    state.save(saved)
    file.write_text(planfile.dumps([scene.make(account.connect()).plan]))
    before = outside(account, scene)
    plans = [file.read_text() if one == "reviewed" else None for one in again]
    account.aws.calls.clear()
    operations: list[str] = []
    behind: dict[int, Left] = {}

    def heard(now: str, operation: str) -> None:
        if now == moment:
            if not operation.startswith(left_out):
                point = len(operations)
                behind[point] = Left.behind(account, tmp_path / f"behind-{point}")
            operations.append(operation)

    watched = Watched()
    watched.heard = heard
    assert run(watched.aws, scene.make, plans[0])
    watched.heard = lambda *_: None
    assert set(account.aws.calls) >= scene.calls
    expected = photographs(account)
    assert {operations[point] for point in behind} >= {
        operation for operation in scene.calls if not operation.startswith(left_out)
    }
    points = list(behind)
    killed = set(points if every else (points[0], points[len(points) // 2], points[-1]))
    for point in points:
        where = f"{moment} call {point} of {len(operations)}, {operations[point]}"
        with has_to_end():
            behind[point].restore(account)
            if point in killed:
                there = photographs(account)
                restore(account, saved)
                told = f"{name} {moment} {point}" + (f" {file}" if plans[0] else "")
                assert kill(killer, told) == -signal.SIGKILL, where
                assert photographs(account) == there, where
            assert outside(account, scene) <= before, where
            state.save(crashed)
            for way_on, reviewed in zip(again, plans, strict=True):
                if reviewed != plans[0]:
                    restore(account, crashed)
                assert run(watched.aws, scene.make, reviewed), f"{where}, {way_on}"
                assert photographs(account) == expected, f"{where}, {way_on}"
    assert account.changes() == {}


def kill(killer: subprocess.Popen[str], told: str) -> int:
    """How a run ends that is to be killed."""
    assert killer.stdin is not None
    assert killer.stdout is not None
    killer.stdin.write(told + "\n")
    killer.stdin.flush()
    return int(killer.stdout.readline())


@dataclass(frozen=True)
class Left:
    """What a run has left behind it at a call: the account, and what AWS does not know at once."""

    _account: Path
    _unsettled: dict[str, Any]

    @classmethod
    def behind(cls, account: Account, file: Path) -> Left:
        assert account.aws.wait_for_rotations()
        state.save(file)
        return cls(file, copy.deepcopy(vars(account.aws.settling)))

    def restore(self, account: Account) -> None:
        """Let it be there again."""
        restore(account, self._account)
        vars(account.aws.settling).update(copy.deepcopy(self._unsettled))


def restore(account: Account, saved: Path) -> None:
    """Let the account be what was saved, and nothing else."""
    account.aws.reset()
    with account.aws.lock:
        state.load(saved)
