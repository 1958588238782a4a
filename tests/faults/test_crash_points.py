"""A run that is killed at any of its calls converges on the next one.

The process is killed (SIGKILL, from botocore's own hooks) before and after each call of a run that
does everything that can be done; then the run is repeated, afresh or with the plan that was
reviewed before the crash. What is there then is what a run that nobody killed leaves: no version
twice, no value lost, no rotation reverted, AWSPREVIOUS what it was.
"""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.core import planfile
from reconciler.core.model import Key
from reconciler.sandbox import state
from tests.faults import function
from tests.faults.account import Account
from tests.faults.crash import Watched, run
from tests.faults.photo import Photo, take
from tests.faults.scenes import SCENES

ROOT = Path(__file__).parents[2]
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


# What a call leaves behind it is what the next one finds before it: the other ways say the same
# once more, and take as long.
SHORT = {("everything", "before", "afresh"), *((name, "after", "reviewed") for name in SCENES)}


@pytest.mark.parametrize(
    ("name", "moment", "again"),
    [
        pytest.param(*way, marks=() if way in SHORT else pytest.mark.long)
        for way in itertools.product(SCENES, ("before", "after"), ("afresh", "reviewed"))
    ],
)
def test_every_crash_point_converges(
    crashing: Account,
    killer: subprocess.Popen[str],
    tmp_path: Path,
    name: str,
    moment: str,
    again: str,
) -> None:
    assert killer.stdin is not None
    assert killer.stdout is not None
    account, scene = crashing, SCENES[name]
    scene.arrange(account)
    account.git = scene.git
    saved, file = tmp_path / "account.json", tmp_path / "plan.json"
    state.save(saved)
    file.write_text(planfile.dumps([scene.make(account.connect()).plan]))
    reviewed = file.read_text() if again == "reviewed" else None
    account.aws.calls.clear()
    calls: list[str] = []
    watched = Watched()
    watched.heard = calls.append
    assert run(watched.aws, scene.make, reviewed)
    assert set(account.aws.calls) >= scene.calls
    expected = photographs(account)
    points = calls.count(moment)
    for point in range(points):
        where = f"{moment} call {point} of {points}"
        account.aws.reset()
        with account.aws.lock:
            state.load(saved)
        told = f"{name} {moment} {point}" + (f" {file}" if reviewed else "")
        killer.stdin.write(told + "\n")
        killer.stdin.flush()
        assert int(killer.stdout.readline()) == -signal.SIGKILL, where
        assert account.aws.wait_for_rotations()
        assert run(watched.aws, scene.make, reviewed), where
        assert photographs(account) == expected, where
    assert account.changes() == {}
