"""Drift of what no list returns: seen with --deep, a call or two each, and no value read."""

from __future__ import annotations

import json
from collections import Counter

from reconciler.operations import drift
from reconciler.render import reasons
from tests.kinds.secret.test_secrets import POLICY
from tests.world import PREFIX, World

HIDDEN = {
    "db": {
        "value": "v",
        "resource_policy": POLICY,
        "replicas": [{"region": "eu-west-1"}],
    }
}


def deep(world: World) -> list[str]:
    from datetime import UTC, datetime

    planned = world.plan()
    before = world.aws.calls.copy()
    aws = world.session()
    found = drift.classify(planned, datetime.now(UTC), drift.read_deep(planned, aws))
    world.calls = world.aws.calls - before
    return [f"{entry.key.kind} {entry.kind_of}: {reasons.drift(entry)}" for entry in found]


def test_what_is_as_declared_is_no_drift(world: World) -> None:
    world.declare(HIDDEN, {"host": {"plaintext": "h", "tags": {"a": "b"}}, "bare": {"value": "x"}})
    world.converge()
    assert deep(world) == []
    assert world.calls == Counter(
        {"GetResourcePolicy": 1, "DescribeSecret": 1, "ListTagsForResource": 1}
    )


def test_each_outside_change_is_named(world: World) -> None:
    world.declare(HIDDEN, {"host": {"plaintext": "h", "tags": {"a": "b"}}})
    world.converge()
    secrets, ssm = world.client("secretsmanager"), world.client("ssm")
    other = {**POLICY, "Statement": [{**POLICY["Statement"][0], "Sid": "theirs"}]}
    secrets.put_resource_policy(SecretId=f"{PREFIX}/db", ResourcePolicy=json.dumps(other))
    secrets.remove_regions_from_replication(
        SecretId=f"{PREFIX}/db", RemoveReplicaRegions=["eu-west-1"]
    )
    ssm.add_tags_to_resource(
        ResourceType="Parameter",
        ResourceId=f"{PREFIX}/host",
        Tags=[{"Key": "a", "Value": "theirs"}, {"Key": "more", "Value": "not ours"}],
    )
    assert world.changes() == {}
    assert world.drift() == {}
    assert deep(world) == [
        "parameter outside: changed outside: tags",
        "secret outside: changed outside: replicas",
        "secret outside: changed outside: resource_policy",
    ]
    done = world.cli("drift", "production", "--deep")
    assert done.returncode == 2
    assert "changed outside: resource_policy" in done.stdout


def test_a_change_in_git_is_pending_and_not_outside(world: World) -> None:
    world.declare(HIDDEN)
    world.converge()
    world.declare({"db": {**HIDDEN["db"], "resource_policy": "none", "replicas": []}})
    assert deep(world) == ["secret pending: to update: replicas, resource_policy"]
