"""A repository, an account and a GitHub for each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.embedded import Embedded
from tests.github.server import running
from tests.github.state import fresh
from tests.leaks.test_leaks import Canaries, canaries
from tests.trees import make_tree
from tests.workflows.project import Project, make_project
from tests.world import World

__all__ = ["canaries"]


@pytest.fixture
def project(
    tmp_path: Path, embedded_aws: Embedded, world: World, canaries: Canaries
) -> Iterator[Project]:
    """Two environments on main, never applied; every value is one that nobody can guess."""
    folder = tmp_path / "github"
    (folder / "repository").mkdir(parents=True)
    made = {name: declared(canaries) for name in ("production", "staging")}
    tree = make_tree(folder / "repository", made)
    key = tree.key_file.rename(folder / "key")
    with running(fresh()) as github:
        yield make_project(folder, replace(tree, key_file=key), embedded_aws, github)
        assert github.state["violations"] == []


def declared(canaries: Canaries) -> dict[str, object]:
    """What an environment declares."""
    return {
        "secrets": {
            "database/credentials": {"value": {"user": "app", "password": canaries.plant()}},
            "jwt/secret": {"value": canaries.plant(), "description": "Signs sessions"},
        },
        "parameters": {
            "database/host": {"plaintext": "db.internal"},
            "database/port": {"plaintext": "5432"},
        },
    }
