"""An environment that is emptied on purpose, and one that is empty by mistake."""

from __future__ import annotations

import pytest

from tests.command import command
from tests.operations.record.repository import Repository
from tests.world import World

EMPTY = {"empty": True, "prune": True, "guards": {"max_prunes": 3, "max_change_ratio": 1.0}}


@pytest.fixture
def full(world: World) -> World:
    """What is applied, and locked."""
    world.declare({"db": {"value": "v"}, "jwt": {"generate": {}}}, {"host": {"plaintext": "h"}})
    command(world, "lock")
    world.converge()
    return world


def empty(world: World, **settings: object) -> None:
    """Nothing is declared any more."""
    world.declare({"db": {"value": "v"}}, **settings)
    world.tree.path("production/main.sops.yaml").unlink()
    world.tree.path("production/main.fingerprints.lock").unlink()


def names(world: World) -> list[str]:
    secrets = world.client("secretsmanager").list_secrets()["SecretList"]
    parameters = world.client("ssm").describe_parameters()["Parameters"]
    found = [one["Name"].removeprefix("/test/production/") for one in (*secrets, *parameters)]
    return sorted(name for name in found if not name.startswith("/reconciler"))


@pytest.mark.parametrize("settings", [{}, {"prune": True, "guards": EMPTY["guards"]}])
def test_by_mistake_it_is_refused_with_the_way_to_mean_it(
    full: World, settings: dict[str, object]
) -> None:
    empty(full, **settings)
    for arguments in (("validate",), ("plan", "production"), ("plan", "production", "--keyless")):
        done = command(full, *arguments, code=1)
        assert "error[empty-environment]: production declares nothing" in done.out + done.err
        assert "`empty: true`" in done.out + done.err
    assert names(full) == ["db", "host", "jwt"]


def test_on_purpose_the_plan_deletes_each(full: World) -> None:
    empty(full, **EMPTY)
    command(full, "lock")
    done = command(full, "plan", "production")
    assert "Plan: 0 to create, 0 to update, 3 to prune." in done.out
    for name in ("secret db", "secret jwt", "parameter host"):
        assert f"prune {name}" in done.out.partition("Destructive")[2]
    keyless = command(full, "plan", "production", "--keyless")
    assert keyless.out == done.out
    digest = done.out.rpartition("Digest: ")[2].strip()
    command(full, "apply", "production", "--digest", digest)
    assert names(full) == []
    assert "Nothing to do" in command(full, "plan", "production").out
    assert "No drift" in command(full, "drift", "production").out


def test_guards_stop_it_until_they_allow_it(full: World) -> None:
    empty(full, **{**EMPTY, "guards": {"max_prunes": 2}})
    assert "Stopped by the guard max-prunes" in command(full, "plan", "production").out
    command(full, "apply", "production", "--auto-approve", code=4)
    assert names(full) == ["db", "host", "jwt"]


def test_without_prune_everything_is_kept(full: World) -> None:
    empty(full, empty=True)
    shown = command(full, "plan", "production").out
    assert shown.count("kept, because the environment says `prune: false`") == 3
    assert "Nothing to do" in shown


def test_it_does_not_stay_where_something_is_declared(full: World) -> None:
    """Else the next mistake would delete everything."""
    full.declare({"db": {"value": "v"}}, **EMPTY)
    said = command(full, "validate", code=1)
    assert "error[not-empty]: production is to be empty, and declares 1" in said.out + said.err


def test_the_branch_is_looked_at_first(full: World) -> None:
    full.declare({"db": {"value": "v"}})
    folder = full.tree.manifests.parent
    repository = Repository(full)
    repository.git("init", "--quiet", "--initial-branch", "main", cwd=folder)
    repository.save()
    empty(full, **EMPTY)
    first = command(full, "diff", "--base", "HEAD").out.partition("Look at these first")[2]
    assert "production: empty:" in first.partition("\n\n")[0]
