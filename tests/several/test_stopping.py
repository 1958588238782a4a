"""Several environments in one run: what a terminal shows of them, and Ctrl-C."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.faults.test_stopping import INTERRUPTED, TIMEOUT, Gate, said
from tests.several.test_accounts import table
from tests.trees import default_settings
from tests.world import World

NAMES = ("production", "qa", "staging")


@pytest.fixture
def three(world: World) -> World:
    """Three environments; the first declares two secrets, and the others one."""
    world.declare({"a": {"value": "one"}, "b": {"value": "two"}})
    for name in NAMES[1:]:
        world.tree.write(f"{name}/environment.sops.yaml", default_settings(name))
        world.tree.write(f"{name}/main.sops.yaml", {"secrets": {"a": {"value": name}}})
    return world


@contextmanager
def held(world: World, operation: str, *words: str) -> Iterator[tuple[Gate, Any]]:
    """A run, whose calls of ``operation`` get no answer yet."""
    gate = Gate(world, operation)
    child = subprocess.Popen(
        [sys.executable, "-m", "reconciler.cli.main", *words],
        env=world.environ(), cwd=world.tree.manifests.parent,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert gate.reached.wait(TIMEOUT)
        yield gate, child
    finally:
        gate.opened.set()
        child.kill()
        child.communicate()
        world.aws.hooks.clear()


def test_ctrl_c_ends_the_calls_in_flight_and_begins_no_further_environment(three: World) -> None:
    plans = str(three.tree.manifests.parent / "plans.json")
    assert three.cli("plan", "--out", plans).returncode == 0
    words = ("apply", "--plan", plans, "-j", "1", "--parallelism", "1")
    with held(three, "CreateSecret", *words) as (gate, child):
        child.send_signal(signal.SIGINT)
        said(child, "stopping: the calls in flight are finished")
        gate.opened.set()
        out, err = child.communicate(timeout=TIMEOUT)
    assert child.returncode == 1, err
    rows = table(out)
    assert rows["production"] == (4, "Applied: 1 done, 1 not-started.")
    for name in NAMES[1:]:
        assert rows[name] == (1, "not begun: the run was stopped")
    assert three.aws.calls["CreateSecret"] == 1
    # The same file does the rest.
    rest = three.cli("apply", "--plan", plans)
    assert rest.returncode == 0, rest.stderr
    assert {told for _, told in table(rest.stdout).values()} == {"Applied: 1 done."}


def test_ctrl_c_ends_a_run_that_only_reads_at_once(three: World) -> None:
    with held(three, "ListSecrets", "drift", "-o", "json") as (_, child):
        child.send_signal(signal.SIGINT)
        assert child.wait(TIMEOUT) == INTERRUPTED
        out, err = child.stdout.read(), child.stderr.read()
    assert err.split() == ["stopped"]
    assert [json.loads(line) for line in out.splitlines()] == []


def test_a_terminal_shows_how_many_have_ended_and_which_run(three: World) -> None:
    three.tree.write("qa/main.sops.yaml", {"secrets": {"a": {}}})
    mine, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "reconciler.cli.main", "lock", "-j", "1"],
        env=three.environ(), cwd=three.tree.manifests.parent,
        stdout=subprocess.PIPE, stderr=theirs, text=True,
    )  # fmt: skip
    os.close(theirs)
    shown: list[bytes] = []

    def read() -> None:
        try:
            while got := os.read(mine, 4096):
                shown.append(got)
        except OSError:  # nobody writes any more
            os.close(mine)

    reader = threading.Thread(target=read)
    reader.start()
    out, _ = child.communicate(timeout=TIMEOUT)
    reader.join(TIMEOUT)
    assert child.returncode == 1
    text = b"".join(shown).decode()
    boards = re.findall(r"\r(\d of 3: [a-z, ]*)\x1b\[K", text)
    assert boards == [
        "0 of 3: production", "1 of 3: ", "1 of 3: qa", "2 of 3: ", "2 of 3: staging", "3 of 3: ",
    ]  # fmt: skip
    # A message begins on a line of its own, and nothing is left of the board at the end.
    assert "\r\x1b[Kmanifests/qa/main.sops.yaml:" in text
    assert text.endswith("3 of 3: \x1b[K\r\x1b[K")
    assert set(table(out)) == set(NAMES)
