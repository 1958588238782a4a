"""Who can decrypt the manifests, changed in `.sops.yaml` and in every file at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from reconciler.values.sops import Sops
from tests.age_key import AgeKey, new_age_key
from tests.command import command
from tests.trees import default_settings
from tests.world import World


@pytest.fixture
def two(world: World) -> World:
    world.declare(
        {"text": {"value": "one"}, "map": {"value": {"user": "u"}}, "made": {"generate": {}}}
    )
    world.tree.write("staging/environment.sops.yaml", default_settings("staging"))
    world.tree.write("staging/main.sops.yaml", {"secrets": {"text": {"value": "two"}}})
    command(world, "lock")
    return world


@pytest.fixture
def joined(two: World) -> tuple[World, AgeKey]:
    key = new_age_key()
    command(two, "recipients", "add", key.recipient)
    return two, key


def test_somebody_joins(joined: tuple[World, AgeKey]) -> None:
    world, key = joined
    own = {"SOPS_AGE_KEY": key.identity, "SOPS_AGE_KEY_FILE": ""}
    command(world, "lock", "--check", variables=own)
    assert key.recipient in command(world, "recipients", "list").out
    command(world, "validate")
    again = command(world, "recipients", "add", key.recipient)
    assert "written" not in again.out


def test_who_gets_access_stands_first_by_the_command_of_the_hint(two: World) -> None:
    folder = two.tree.manifests.parent
    for git in (["init", "-q"], ["add", "manifests"], ["commit", "-q", "-m", "before"]):
        own = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *git]
        subprocess.run(own, cwd=folder, check=True)
    key = new_age_key()
    said = command(two, "recipients", "add", key.recipient).err
    hint = said[said.index("reconciler diff") :].splitlines()[0].split()
    shown = command(two, *hint[1:]).out
    assert shown.index("Access") < shown.index(key.recipient) < shown.index("main.sops.yaml")


def test_somebody_leaves(joined: tuple[World, AgeKey]) -> None:
    world, key = joined
    done = command(world, "recipients", "remove", key.recipient, "production")
    command(world, "lock", "--check")
    assert "3 to create" in command(world, "plan", "production", "--keyless").out
    assert "text: reconciler set production text\n" in done.out
    assert "map: reconciler set production map --key KEY (of user)" in done.out
    assert "made" not in done.out
    shown = json.loads(command(world, "recipients", "list", "-o", "json").out)
    assert key.recipient not in json.dumps(shown)
    assert key.recipient not in world.tree.read("production/main.sops.yaml")
    command(world, "validate")


def test_who_left_keeps_no_data_key(joined: tuple[World, AgeKey]) -> None:
    """With the part of an old file that is for their key, they would read what is written later."""
    world, key = joined
    file = "production/main.sops.yaml"
    before = sealed(world.tree.read(file))
    command(world, "recipients", "remove", key.recipient)
    command(world, "set", "production", "text", stdin="a value of later")
    old = world.tree.path("old.yaml")
    old.write_text(world.tree.read(file).replace(sealed(world.tree.read(file)), before))
    done = subprocess.run(
        ["sops", "--disable-version-check", "decrypt", "--ignore-mac", str(old)],
        env={"PATH": os.environ["PATH"], "SOPS_AGE_KEY": key.identity, "HOME": str(old.parent)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "a value of later" not in done.stdout
    command(world, "lock", "--check")


def sealed(text: str) -> str:
    """For whom a file is encrypted, as sops writes it."""
    return text[text.index("    age:\n") : text.index("    lastmodified:")]


def test_what_is_asked_wrong_writes_nothing(two: World) -> None:
    before = two.tree.read(".sops.yaml")
    only = json.loads(command(two, "recipients", "list", "-o", "json").out)
    (mine,) = only["environments"]["production"]
    for arguments, said in (
        (("add", "AGE-SECRET-KEY-1X"), "is a public age key"),
        (("remove", new_age_key().recipient), "decrypts none of them"),
        (("remove", mine.removeprefix("age ")), "is the only key"),
        (("add", new_age_key().recipient, "prod"), "did you mean `production`?"),
        (("take",), "take"),
    ):
        done = command(two, "recipients", *arguments, code=64)
        assert said in done.err
        assert done.err.count("error[") == 1
    assert two.tree.read(".sops.yaml") == before


def test_a_rule_of_another_form_is_left_to_people(two: World) -> None:
    text = two.tree.read(".sops.yaml")
    config = two.tree.path(".sops.yaml")
    mine = next(line.split()[-1] for line in text.splitlines() if "age:" in line)
    config.write_text(text.replace(f"age: {mine}", f"age:\n      - {mine}"))
    done = command(two, "recipients", "add", new_age_key().recipient, code=64)
    assert "error[rule-by-hand]" in done.err


@pytest.mark.parametrize("verb", ["add", "remove"])
def test_the_manifests_are_copied_once_and_each_file_goes_to_sops_so_often(
    two: World, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """However many environments there are: they are checked together."""
    key = new_age_key()
    if verb == "remove":
        command(two, "recipients", "add", key.recipient)
    for number in range(3):
        name = f"more-{number}"
        two.tree.write(f"{name}/environment.sops.yaml", default_settings(name))
        two.tree.write(f"{name}/main.sops.yaml", {"secrets": {"text": {"value": f"{number}"}}})
        if verb == "remove":
            command(two, "recipients", "add", key.recipient, name)
    copies, calls = Counter[str](), Counter[str]()
    copy, run = shutil.copyfile, Sops._run

    def copied(source: Path, target: Path) -> object:
        copies[str(Path(source).relative_to(two.tree.manifests))] += 1
        return copy(source, target)

    def ran(self: Sops, arguments: list[str], *rest: Any) -> Any:
        calls[next(a for a in arguments if a in ("updatekeys", "rotate", "decrypt"))] += 1
        return run(self, arguments, *rest)

    monkeypatch.setattr("reconciler.manifest.changes.shutil.copyfile", copied)
    monkeypatch.setattr(Sops, "_run", ran)
    command(two, "recipients", verb, key.recipient)
    assert set(copies.values()) == {1}
    assert {f"{name}/main.sops.yaml" for name in ("more-0", "staging")} <= copies.keys()
    files = 2 * 5
    assert calls["updatekeys"] == files
    assert calls["rotate"] == (files if verb == "remove" else 0)
    # For the locks, of the two environments that have one, twice.
    assert calls["decrypt"] <= (8 if verb == "remove" else 0)
