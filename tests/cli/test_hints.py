"""Every command that a message tells people to run can be run, in the situation that shows it."""

from __future__ import annotations

import re
import shutil
from functools import cache
from pathlib import Path

import pytest

from tests.command import command
from tests.hints import Told, told
from tests.world import PREFIX, World


@cache
def collected() -> tuple[Told, ...]:
    return tuple(told())


def every() -> list[str]:
    return sorted({" ".join(one.words) for one in collected()})


# What stands for an environment, a resource or a key where a command is collected from the code.
FILLED = (
    (r"\{env\}|\{environment\}|ENV", "production"),
    (r"\{name\}|NAME…|NAME", "text"),
    (r"KEY", "password"),
)
# What these need is in AWS only after somebody else has acted, or is on no machine of a test; and
# which test runs them instead.
ELSEWHERE = {
    "bootstrap X --key-only --account X --region X": "tests/access/init/test_init.py",
    "diff --base …": "tests/manifest/branch",
    "diff --base HEAD": "tests/cli/test_recipients.py",
    "init": "tests/access/init/test_init.py",
    "merge-driver %O %A %B %P": "tests/manifest/merge",
    "merge-driver --install": "tests/manifest/merge",
    "recipients remove RECIPIENT {environment}": "tests/cli/test_recipients.py",
    "release X --all": "tests/workflows/test_edges.py",
    "rollback X X --rotated": "tests/operations/test_rollback.py",
    "rotation build X": "tests/access/functions",
    "rotation build X --out X": "tests/access/functions",
    "rotation template X": "tests/access/functions",
}
# Two placeholders in a row: an environment, and a resource of it. As they are collected.
LINES = {
    "set X X --key KEY": "set production map --key password",
    "export X --out X": "export production --out values.env",
    "apply X --only X": "apply production --only text --auto-approve",
    "rotate X X": "rotate production made",
    "rotate {environment} NAME…": "rotate production made",
    "rotate {env} {name}": "rotate production made",
    "rotate ENV NAME --clear-pending": "rotate production made --clear-pending",
    "rotate {env} {name} --clear-pending": "rotate production made --clear-pending",
    "rotate X X --clear-pending": "rotate production made --clear-pending",
    "release X NAME": "release production p",
    "release X X": "release production map",
    "adopt X X": "adopt production foreign",
    "rotate-keys": "rotate-keys production",
}
ASKS = ("apply", "adopt", "rotate", "release", "import", "rollback", "revoke")


def line(words: str) -> str:
    """A command as somebody runs it who has read the hint."""
    text = LINES.get(words, words)
    for pattern, filled in FILLED:
        text = re.sub(
            rf"(?<!-)\b(?:{pattern})(?!\w)" if pattern[0] != "\\" else pattern, filled, text
        )
    first, *rest = text.split()
    places = iter(("production", "text"))
    return " ".join([first, *(next(places) if word == "X" else word for word in rest)])


@pytest.fixture
def shown(world: World) -> World:
    """What most hints are about: an environment that is applied, locked, and has something that it
    does not own."""
    world.declare(
        {
            "text": {"value": "one"},
            "map": {"value": {"user": "u", "password": "p"}},
            "made": {"generate": {}},
        },
        {"p": {"value": "one"}},
    )
    command(world, "lock")
    world.converge()
    client = world.client("secretsmanager")
    client.create_secret(Name=f"{PREFIX}/foreign", SecretString="theirs")
    world.declare(
        {
            "text": {"value": "one"},
            "map": {"value": {"user": "u", "password": "p"}},
            "made": {"generate": {}},
            "foreign": {"value": "theirs"},
        },
        {"p": {"value": "one"}},
    )
    command(world, "lock")
    return world


def test_each_runs_as_it_is_printed(shown: World, tmp_path: Path) -> None:
    keep = tmp_path / "keep"
    shutil.copytree(shown.tree.manifests, keep)
    ran = []
    # What lets go of something comes last.
    for words in sorted(every(), key=lambda one: one.startswith("release")):
        if words in ELSEWHERE:
            continue
        shutil.rmtree(shown.tree.manifests)
        shutil.copytree(keep, shown.tree.manifests)
        typed = line(words).split()
        if typed[0] in ASKS or "--apply" in typed:
            typed += [] if "--auto-approve" in typed else ["--auto-approve"]
        done = command(shown, *typed, code=None, stdin="a new value")
        ran.append(words)
        assert done.code in (0, 2), f"{words}: {typed}: {done.said}"
    assert len(ran) > 30


def test_each_of_another_place_is_still_told() -> None:
    assert ELSEWHERE.keys() <= set(every())
    assert LINES.keys() <= set(every())
    assert all((Path(__file__).parents[2] / place).exists() for place in ELSEWHERE.values())


def test_what_is_collected_ends_where_the_sentence_goes_on() -> None:
    assert any("lock X" in str(one) for one in collected())
    assert not any(
        word in ["prints", "lists", "marks", "makes"] for one in collected() for word in one.words
    )
