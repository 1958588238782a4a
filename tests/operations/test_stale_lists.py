"""Lists that lag five minutes behind: "might not reflect changes from the last five minutes"."""

from __future__ import annotations

from tests.world import PREFIX, World


def test_what_a_list_does_not_show_yet_is_not_created_again(world: World) -> None:
    world.declare({"db": {"value": "one"}})
    world.aws.list_staleness = 300.0
    world.converge()
    assert world.labels("db")["AWSCURRENT"].startswith("r1")


def test_a_value_that_a_list_shows_too_old_is_not_written_again(world: World) -> None:
    world.declare({"db": {"value": "one"}})
    world.converge()
    world.aws.list_staleness = 300.0
    world.aws.age_lists(600)
    world.declare({"db": {"value": "two"}})
    world.converge()
    current = world.labels("db")
    world.apply()
    assert world.labels("db") == current


def test_a_deletion_that_a_list_does_not_show_yet_is_seen(world: World) -> None:
    world.declare({"db": {"value": "one"}})
    world.converge()
    world.aws.list_staleness = 300.0
    world.aws.age_lists(600)
    world.client("secretsmanager").delete_secret(SecretId=f"{PREFIX}/db")
    world.declare({"db": {"value": "two"}})
    assert world.changes()["secret:db"].action == "restore"


def test_a_list_alone_never_prunes(world: World) -> None:
    world.declare({"db": {"value": "one"}, "other": {"value": "v"}})
    world.converge()
    world.aws.list_staleness = 300.0
    world.aws.age_lists(600)
    client = world.client("secretsmanager")
    client.untag_resource(SecretId=f"{PREFIX}/db", TagKeys=["reconciler:proof"])
    world.declare({"other": {"value": "v"}}, prune=True, guards={"max_prunes": 5})
    assert "secret:db" not in world.changes()
