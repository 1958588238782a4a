"""Nothing that leaves a process holds a value: commands as a user runs them, searched for values
that nobody can guess. ``tests/leaks`` does the same with every command and every failure.
"""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.parse
from pathlib import Path

import pytest

from tests.leaks.account import declare, plant
from tests.leaks.canaries import Canaries, everything, spying_sops
from tests.world import World

__all__ = ["Canaries", "canaries", "declare", "everything", "planted", "spying_sops"]


@pytest.fixture
def canaries() -> Canaries:
    return Canaries()


@pytest.fixture
def planted(world: World, canaries: Canaries) -> World:
    """A world whose every value is a canary, live ones and fingerprint keys included."""
    return plant(world, canaries)


def test_nothing_leaks_from_a_lock_of_other_ciphertext(
    planted: World, canaries: Canaries, tmp_path: Path
) -> None:
    assert planted.cli("lock").returncode == 0
    declare(planted, canaries)
    unknown = planted.cli("plan", "production", "--keyless", "-vv", "--out", "unknown.json")
    assert "unknown until apply" in unknown.stdout
    refused = planted.cli("apply", "production", "--plan", "unknown.json", "-vv")
    assert refused.returncode == 4
    done = planted.cli("apply", "production", "--plan", "unknown.json", "--allow-unknown-values")
    assert done.returncode == 0, done.stderr
    seen = [text.encode() for run in (unknown, refused, done) for text in (run.stdout, run.stderr)]
    assert canaries.found(*seen, *everything(tmp_path)) == []


def test_nothing_leaks_of_a_large_manifest(
    world: World, canaries: Canaries, tmp_path: Path
) -> None:
    world.declare(
        {f"secret-{n:03}": {"value": {"password": canaries.plant()}} for n in range(150)},
        {f"parameter-{n:03}": {"value": canaries.plant()} for n in range(50)},
    )
    out: list[bytes] = []
    for command in (
        ("lock", "-vv"),
        ("plan", "production", "-o", "markdown", "--out", "p.json", "-vv"),
        ("plan", "production", "--keyless", "-o", "json"),
        ("apply", "production", "--plan", "p.json", "-vv"),
        ("drift", "--read-values=all", "-vv"),
    ):
        done = world.cli(*command)
        assert done.returncode == 0, done.stderr
        out += [done.stdout.encode(), done.stderr.encode()]
    assert canaries.found(b"\0".join([*out, *everything(tmp_path)])) == []


def test_the_search_finds_a_leak(planted: World, canaries: Canaries, tmp_path: Path) -> None:
    """The twin: each form of a leak, made on purpose, is found."""
    value = canaries.planted[-1]
    core = value[-24:]
    leaks = {
        "raw": value.encode(),
        "its core": b"..." + core.encode(),
        "URL-encoded": urllib.parse.quote(value, safe="").encode(),
        "JSON": json.dumps({"a": value}).encode(),
        "hexadecimal": value.encode().hex().encode(),
        "base64": base64.b64encode(b'{"password":"' + value.encode() + b'"}'),
        "sha256": hashlib.sha256(value.encode()).hexdigest().encode(),
    }
    for form, leak in leaks.items():
        assert form in canaries.found(b"some text " + leak + b" and more"), form
    # And a file that a command might have left.
    (tmp_path / "left-behind").write_bytes(leaks["base64"])
    assert canaries.found(*everything(tmp_path)) == ["base64"]
