"""What is said of two environments at once."""

from __future__ import annotations

from pathlib import Path

from tests.leaks.search import Canaries, search
from tests.trees import default_settings
from tests.world import World


def test_two_environments_side_by_side_show_no_value(world: World, tmp_path: Path) -> None:
    canaries = Canaries()
    same = canaries.plant()
    world.declare({"same": {"value": same}, "map": {"value": {"user": canaries.plant()}}})
    world.tree.write("staging/environment.sops.yaml", default_settings("staging"))
    world.tree.write("staging/main.sops.yaml", {"secrets": {"same": {"value": same}}})
    commands = (
        ("compare", "production", "staging", "-vv"),
        ("compare", "production", "staging", "-o", "json"),
        ("copy", "production", "staging", "map", "--generate", "20", "-vv", "-o", "json"),
        ("copy", "production", "staging", "same", "--generate", "20"),
        ("compare", "production", "staging", "-o", "text"),
    )
    assert search(world, canaries, tmp_path, commands) == []
