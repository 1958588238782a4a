"""A run that is killed at any of its calls converges on the next one.

The process is killed (SIGKILL, from botocore's own hooks) before and after each call of a run that
does everything that can be done; then the run is repeated, afresh or with the plan that was
reviewed before the crash. What is there then is what a run that nobody killed leaves: no version
twice, no value lost, no rotation reverted, AWSPREVIOUS what it was.

A crash leaves nothing but the account, and a call that reads leaves it as it is: the ordinary run
of the tests kills at the calls that write, the long one at all.
"""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
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


@pytest.fixture
def killer(account: Account) -> Iterator[subprocess.Popen[str]]:
    """The process that forks and kills."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.crash"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield child
    child.communicate(timeout=300)


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
    crash(crashing, killer, tmp_path, (name, "after", again), READS)


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
    crash(crashing, killer, tmp_path, (name, moment, (again,)), ())


def crash(
    crashing: Account,
    killer: subprocess.Popen[str],
    tmp_path: Path,
    way: tuple[str, str, tuple[str, ...]],
    left_out: tuple[str, ...],
) -> None:
    """Kill a run at each of its calls but those, and run it again, in each way on its own."""
    name, moment, again = way
    assert killer.stdin is not None
    assert killer.stdout is not None
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
    calls: list[tuple[str, str]] = []
    watched = Watched()
    watched.heard = lambda now, operation: calls.append((now, operation))
    assert run(watched.aws, scene.make, plans[0])
    assert set(account.aws.calls) >= scene.calls
    expected = photographs(account)
    operations = [operation for now, operation in calls if now == moment]
    points = [n for n, o in enumerate(operations) if not o.startswith(left_out)]
    assert {operations[point] for point in points} >= {
        operation for operation in scene.calls if not operation.startswith(left_out)
    }
    for point in points:
        where = f"{moment} call {point} of {len(operations)}, {operations[point]}"
        restore(account, saved)
        told = f"{name} {moment} {point}" + (f" {file}" if plans[0] else "")
        with has_to_end():
            killer.stdin.write(told + "\n")
            killer.stdin.flush()
            assert int(killer.stdout.readline()) == -signal.SIGKILL, where
            assert account.aws.wait_for_rotations()
            assert outside(account, scene) <= before, where
            state.save(crashed)
            for way_on, reviewed in zip(again, plans, strict=True):
                if reviewed != plans[0]:
                    restore(account, crashed)
                assert run(watched.aws, scene.make, reviewed), f"{where}, {way_on}"
                assert photographs(account) == expected, f"{where}, {way_on}"
    assert account.changes() == {}


def restore(account: Account, saved: Path) -> None:
    """Let the account be what was saved, and nothing else."""
    account.aws.reset()
    with account.aws.lock:
        state.load(saved)
