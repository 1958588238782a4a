"""Two reconcilers that start together: one winner a resource, no lost update, two true reports."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.embedded import Embedded
from tests.forked import program
from tests.world import PREFIX, World, make_world

COUNT = 6  # of each kind
WRITES = ("CreateSecret", "PutSecretValue", "PutParameter")
TIMEOUT = 300  # seconds, on a machine that is busy with other tests


@pytest.fixture
def other(tmp_path: Path, world: World) -> World:
    """Another checkout of the same environment, with other values."""
    folder = tmp_path / "other"
    folder.mkdir()
    return make_world(folder, world.aws)


def declare(world: World, value: str) -> None:
    world.declare(
        {f"s{n}": {"value": f"{value}{n}"} for n in range(COUNT)},
        {f"p{n}": {"plaintext": f"{value}{n}"} for n in range(COUNT)},
        guards={"max_prunes": 0, "max_change_ratio": 1.0},
    )


def meet(aws: Embedded) -> None:
    """Hold the first write of each of two runs until the other is there too: both have planned."""
    waiting: list[str] = []
    both = threading.Event()

    def hook(operation: str, _: Any) -> None:
        if operation in WRITES and not both.is_set():
            waiting.append(operation)
            if len(waiting) == 2:
                both.set()
            both.wait(TIMEOUT / 2)

    aws.hooks.append(hook)


def together(*worlds: World) -> list[tuple[int, dict[str, dict[str, Any]], str]]:
    """Apply in two processes at once: exit code, what the audit log says of each, stdout."""
    meet(worlds[0].aws)
    runs = []
    for number, world in enumerate(worlds):
        log = world.tree.manifests.parent / f"audit-{number}.jsonl"
        command = [str(program()), "apply", "production"]
        command += ["--auto-approve", "--parallelism", "1", "--audit", str(log), "--pace", "100"]
        child = subprocess.Popen(
            command,
            cwd=world.tree.manifests.parent,
            env=world.environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        runs.append((child, log))
    found = []
    for child, log in runs:
        out, err = child.communicate(timeout=TIMEOUT)
        assert "Traceback" not in err
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        ended = {
            f"{line['kind']} {line['name'].removeprefix(PREFIX + '/')}": line
            for line in lines
            if line["outcome"] != "begun"
        }
        assert len(ended) == 2 * COUNT, err
        found.append((child.returncode, ended, out))
    worlds[0].aws.hooks.clear()
    return found


def values(world: World) -> dict[str, list[str]]:
    """Every value that a resource ever had, in order; the last is live."""
    secrets, ssm = world.client("secretsmanager"), world.client("ssm")
    found = {}
    for n in range(COUNT):
        name = f"{PREFIX}/s{n}"
        listed = secrets.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)["Versions"]
        current = secrets.get_secret_value(SecretId=name)
        others = [v["VersionId"] for v in listed if v["VersionId"] != current["VersionId"]]
        found[f"secret s{n}"] = [
            *sorted(
                secrets.get_secret_value(SecretId=name, VersionId=version)["SecretString"]
                for version in others
            ),
            current["SecretString"],
        ]
        history = ssm.get_parameter_history(Name=f"{PREFIX}/p{n}")["Parameters"]
        found[f"parameter p{n}"] = [entry["Value"] for entry in history]
    return found


def test_with_different_values_one_wins_each(world: World, other: World) -> None:
    declare(world, "old")
    world.converge()
    declare(world, "mine")
    declare(other, "theirs")
    mine, theirs = together(world, other)
    live = values(world)
    for name, history in live.items():
        outcomes = {"mine": mine[1][name]["outcome"], "theirs": theirs[1][name]["outcome"]}
        winner = history[-1].rstrip("0123456789")
        loser = "theirs" if winner == "mine" else "mine"
        assert winner in outcomes, name
        if name.startswith("secret"):
            # The losing value is there as a version that never served; the label never moved twice.
            assert (outcomes[winner], outcomes[loser]) == ("done", "conflict"), name
            assert len(history) == 3, name
        else:
            # A parameter has no compare-and-swap: both are in the history, and one run says so.
            assert sorted(outcomes.values()) == ["conflict", "done"], name
            assert history[0].startswith("old"), name
            assert len(history) <= 3, name
    assert {mine[0], theirs[0]} <= {0, 4}
    for code, ended, out in (mine, theirs):
        conflicts = [name for name, line in ended.items() if line["outcome"] == "conflict"]
        assert (code == 4) is bool(conflicts)
        assert out.count("conflict") >= len(conflicts)


@pytest.mark.parametrize("exists", [True, False], ids=["updates", "creations"])
def test_with_the_same_values_nothing_is_written_twice(
    world: World, other: World, exists: bool
) -> None:
    if exists:
        declare(world, "old")
        world.converge()
    declare(world, "new")
    declare(other, "new")
    runs = together(world, other)
    for name, history in values(world).items():
        outcomes = sorted(run[1][name]["outcome"] for run in runs)
        assert "done" in outcomes, name
        if name.startswith("secret"):
            assert outcomes == ["done", "done"], name
            assert history == (["old" + name[-1], "new" + name[-1]] if exists else history), name
            assert len(history) == 1 + exists, name
        assert history[-1] == "new" + name[-1]
    world.apply()
    assert world.changes() == {}
