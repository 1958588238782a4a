"""plan --base: the names of the keys that a branch changes."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.age_key import new_age_key
from tests.trees import creation_rules
from tests.world import World

BEFORE: dict[str, Any] = {
    "db": {"value": {"user": "u", "password": "hidden-one", "deep": {"a": "1"}}},
    "text": {"value": '{"port": 5432, "host": "h"}'},
    "plain": {"value": "hidden-text"},
}
AFTER: dict[str, Any] = {
    "db": {"value": {"user": "u", "password": "hidden-two", "deep": {"b": "1"}}},
    "text": {"value": '{"port": 5433, "host": "h"}'},
    "plain": {"value": "hidden-other"},
}


def git(world: World, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    folder = world.tree.manifests.parent
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def commit(world: World) -> None:
    git(world, "add", "manifests")
    git(world, "commit", "-q", "-m", "a change")


@pytest.fixture
def changed(world: World) -> World:
    """Live as the commit has it, and other values in the working tree."""
    git(world, "init", "-q")
    world.declare(BEFORE)
    world.converge()
    commit(world)
    world.declare(AFTER)
    return world


def keys(world: World, *arguments: str) -> dict[str, list[str]]:
    done = world.cli("plan", "production", "-o", "json", *arguments)
    assert done.returncode == 0, done.stderr
    found = {}
    for change in json.loads(done.stdout)["changes"]:
        listed = change["value"]["keys"]
        name = change["key"]["name"].rsplit("/", 1)[1]
        found[name] = [
            ("+" if k["before"] is None else "-" if k["after"] is None else "~") + k["name"]
            for k in listed or ()
        ]
    return found


def test_keys_are_named_and_only_named(changed: World) -> None:
    assert keys(changed, "--base", "HEAD") == {
        "db": ["-deep.a", "+deep.b", "~password"],
        "text": ["~port"],
        "plain": [],
    }
    assert set(map(tuple, keys(changed).values())) == {()}
    for form in ("text", "markdown", "json"):
        shown = changed.cli("plan", "production", "--base", "HEAD", "-o", form)
        assert "password" in shown.stdout
        assert "hidden-" not in shown.stdout + shown.stderr


def test_they_are_in_no_digest(changed: World) -> None:
    plain = json.loads(changed.cli("plan", "production", "-o", "json").stdout)
    named = json.loads(changed.cli("plan", "production", "-o", "json", "--base", "HEAD").stdout)
    assert named["digest"] == plain["digest"]
    changed.cli("plan", "production", "--base", "HEAD", "--out", "p.json")
    done = changed.cli("apply", "production", "--plan", "p.json")
    assert done.returncode == 0, done.stderr


def test_where_it_was_in_another_file_and_under_another_prefix(changed: World) -> None:
    main = changed.tree.path("production/main.sops.yaml")
    changed.tree.write("production/moved.sops.yaml", {"secrets": AFTER})
    main.unlink()
    assert keys(changed, "--base", "HEAD")["db"] == ["-deep.a", "+deep.b", "~password"]


def test_nothing_is_written_to_decrypt(changed: World) -> None:
    before = {p for p in changed.tree.manifests.parent.rglob("*") if ".git" not in p.parts}
    assert keys(changed, "--base", "HEAD")
    after = {p for p in changed.tree.manifests.parent.rglob("*") if ".git" not in p.parts}
    assert after == before


def test_an_environment_or_value_that_the_base_does_not_have(world: World) -> None:
    git(world, "init", "-q")
    world.declare({"other": {"value": "v"}})
    commit(world)
    world.declare(BEFORE)
    world.converge()
    world.declare(AFTER)
    assert keys(world, "--base", "HEAD") == {"db": [], "text": [], "plain": []}


def test_a_base_that_this_key_does_not_decrypt_is_told(changed: World) -> None:
    """Also where a foreign recipient was in the file: sops does not get to see it."""
    other = new_age_key().recipient
    rules = changed.tree.read(".sops.yaml")
    changed.tree.write(".sops.yaml", creation_rules(other), encrypt=False)
    changed.tree.write("production/main.sops.yaml", {"secrets": BEFORE})
    commit(changed)
    changed.tree.write(".sops.yaml", rules, encrypt=False)
    changed.declare(AFTER)
    done = changed.cli("plan", "production", "--base", "HEAD")
    assert done.returncode == 0
    assert "warning[base-not-read]" in done.stderr
    commit(changed)
    changed.tree.write("production/main.sops.yaml", {"secrets": BEFORE})
    changed.tree.write(".sops.yaml", creation_rules(other), encrypt=False)
    commit(changed)
    changed.tree.write(".sops.yaml", rules, encrypt=False)
    changed.declare(AFTER)
    done = changed.cli("plan", "production", "--base", "HEAD")
    assert "it was not in order then" in done.stderr


def test_mistyped(changed: World) -> None:
    done = changed.cli("plan", "production", "--base", "nonsense")
    assert done.returncode == 64
    assert "error[unknown-revision]" in done.stderr


def test_without_the_key_no_key_is_named(changed: World) -> None:
    done = changed.cli("lock", "production")
    assert done.returncode == 0, done.stderr
    done = changed.cli("plan", "production", "--base", "HEAD", "--keyless")
    assert done.returncode == 0, done.stderr
