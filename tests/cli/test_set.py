"""Set: a value goes from a prompt or a pipe through sops into the manifest, and nowhere else."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler import manifest
from reconciler.core.model import Key
from reconciler.manifest.edit import EditError
from reconciler.manifest.giving import Edit, give
from reconciler.values.sensitive import Sensitive
from tests.command import Done, command
from tests.leaks.search import Canaries, search
from tests.world import World


@pytest.fixture
def declared(world: World) -> World:
    """A world with a text, a mapping, a binary and parameters, all applied."""
    world.declare(
        {
            "text": {"value": "one", "description": "stays"},
            "map": {"value": {"user": "u", "password": "one", "inner": {"a": "b"}}},
            "raw": {"value": "AAE=", "binary": True},
            "made": {"generate": {}},
        },
        {"p": {"value": "one"}, "clear": {"plaintext": "seen"}},
    )
    world.converge()
    return world


def put(world: World, *arguments: str, value: str = "two", code: int = 0) -> Done:
    return command(world, "set", "production", *arguments, stdin=value, code=code)


@pytest.mark.parametrize("value", ["two", "two\n", "a\nb\n", "zwei 😀 \" ' \\ # :", "012", "{}"])
def test_a_value_from_standard_input(declared: World, value: str) -> None:
    put(declared, "text", value=value)
    assert list(declared.changes()) == ["secret:text"]
    declared.converge()
    assert declared.secret_value("text") == (value if "\nb" in value else value.strip("\n"))
    assert "description: stays" in declared.tree.read("production/main.sops.yaml")


def test_one_field_of_a_mapping(declared: World) -> None:
    put(declared, "map", "--key", "password")
    declared.converge()
    assert declared.secret_value("map") == '{"inner":{"a":"b"},"password":"two","user":"u"}'


def test_a_parameter(declared: World) -> None:
    done = put(declared, "p")
    assert "main.sops.yaml written" in done.out
    assert not done.calls
    declared.converge()
    assert declared.parameter_value("p") == "two"


def test_outcomes_as_json(declared: World) -> None:
    shown = json.loads(put(declared, "p", "-o", "json").out)
    assert shown["outcomes"][0]["status"] == "done"
    assert shown["outcomes"][0]["message"] == "main.sops.yaml written"


def test_apply_writes_the_same_token_as_the_merge_would(declared: World) -> None:
    done = put(declared, "map", "--key", "password", "--apply", "--auto-approve")
    assert "Applied: 1 done." in done.out
    assert "commit the manifest" in done.err
    assert '"password":"two"' in declared.secret_value("map")
    assert declared.changes() == {}


FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:rotate"


@pytest.fixture
def rotated(world: World) -> World:
    """A secret that rotation owns but for one key."""
    rotation = {"lambda": FUNCTION, "schedule": "rate(30 days)"}
    value = {"host": "one", "password": "one"}
    world.declare({"db": {"value": value, "rotation": rotation, "git_keys": ["host"]}})
    return world


def test_a_value_that_rotation_owns_is_not_applied(rotated: World) -> None:
    before = rotated.tree.read("production/main.sops.yaml")
    done = put(rotated, "db", "--key", "password", "--apply", "--auto-approve", code=64)
    assert "rotation owns the value of db: apply would not write it" in done.err
    assert "reconciler rotate production db" in done.err
    assert rotated.tree.read("production/main.sops.yaml") == before
    assert not done.calls


def test_the_first_value_of_a_rotated_secret_is_called_so(rotated: World) -> None:
    assert (
        "this one is written only when it is created" in put(rotated, "db", "--key", "password").err
    )


def test_a_key_that_git_owns_is_not_rotations(rotated: World) -> None:
    assert "rotation owns" not in put(rotated, "db", "--key", "host").err


def test_apply_writes_nothing_else(declared: World) -> None:
    put(declared, "text", value="other")
    put(declared, "p", "--apply", "--auto-approve")
    assert declared.secret_value("text") == "one"
    assert list(declared.changes()) == ["secret:text"]


@pytest.mark.parametrize(
    ("arguments", "value", "code", "told"),
    [
        (("map",), "x", 64, "map is a mapping: say which field with --key"),
        (("map", "--key", "pasword"), "x", 64, "map has no field pasword"),
        (("map", "--key", "inner"), "x", 64, "inner of map is not one text"),
        (("text", "--key", "user"), "x", 64, "text is one text, without fields"),
        (("made",), "x", 64, "made has no encrypted `value`"),
        (("made",), "x", 64, "reconciler rotate production made makes a new one"),
        (("clear",), "x", 64, "clear has no encrypted `value`"),
        (("clear",), "x", 64, "is in clear text: change it in the manifest"),
        (("txt",), "x", 64, "Did you mean text?"),
        (("text",), "", 64, "The value is empty."),
        (("text",), "\n", 64, "The value is empty."),
        (("raw",), "not base64!", 64, "the value is not base64"),
        (("p",), "{{ssm:x}}", 64, "error[reference]"),
        (("p", "--auto-approve"), "x", 64, "goes with --apply"),
        (("p", "--apply"), "x", 64, "give --auto-approve"),
        (("p", "--apply", "--auto-approve", "-o", "json"), "x", 64, "goes without --apply"),
    ],
)
def test_bad_inputs_are_one_clear_line_and_change_nothing(
    declared: World, arguments: tuple[str, ...], value: str, code: int, told: str
) -> None:
    before = declared.tree.read("production/main.sops.yaml")
    done = put(declared, *arguments, value=value, code=code)
    assert told in done.err
    assert declared.tree.read("production/main.sops.yaml") == before


def test_a_prompt_shows_nothing_of_it(declared: World) -> None:
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler.cli.main", "set", "production", "text"],
        stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
        env=declared.environ() | {"TERM": "dumb"},
    )  # fmt: skip
    os.close(follower)
    shown, answered = "", 0
    while True:
        try:
            piece = os.read(leader, 4096).decode()
        except OSError:
            break
        shown += piece
        if ("New value" in piece or "The same again" in piece) and answered < 2:
            answered += 1
            os.write(leader, b"typed-and-unseen\n")
    os.close(leader)
    assert process.wait(300) == 0, shown
    assert "typed" not in shown
    declared.converge()
    assert declared.secret_value("text") == "typed-and-unseen"


def test_a_file_that_changed_meanwhile_is_not_overwritten(declared: World) -> None:
    read = manifest.read(declared.tree.manifests, "production")
    declared.tree.edit("production/main.sops.yaml", "stays", "edited meanwhile")
    edit = Edit(Key("secret", "/test/production/text"), Sensitive('"x"'))
    with pytest.raises(EditError, match="has changed meanwhile"):
        give(read, [edit], declared.tree.sops).write()
    assert "edited meanwhile" in declared.tree.read("production/main.sops.yaml")


def test_nothing_of_it_leaks(declared: World, tmp_path: Path) -> None:
    canaries = Canaries()
    value = canaries.plant()
    commands = (
        ("set", "production", "text", "-vv"),
        ("set", "production", "raw"),
        ("set", "production", "map", "--key", "password", "--apply", "--auto-approve", "-vv"),
    )
    assert search(declared, canaries, tmp_path, commands, stdin=value) == []
    declared.converge()
    assert declared.secret_value("text") == value
