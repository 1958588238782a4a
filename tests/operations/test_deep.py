"""Drift of what no list returns: seen with --deep, a call or two each, and no value read."""

from __future__ import annotations

import json
from collections import Counter

from reconciler.operations import drift
from reconciler.render import difference
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
    return [f"{entry.key.kind} {entry.kind_of}: {difference.sentence(entry)}" for entry in found]


def test_what_is_as_declared_is_no_drift(world: World) -> None:
    world.declare(HIDDEN, {"host": {"plaintext": "h", "tags": {"a": "b"}}, "bare": {"value": "x"}})
    world.converge()
    assert deep(world) == []
    assert world.calls == Counter({"GetResourcePolicy": 1, "DescribeSecret": 1, "GetResources": 1})


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
    parameter, others, secret = deep(world)
    assert others == (
        'parameter unmanaged: on an owned resource, and not declared: tags is {"more":"not ours"}'
    )
    assert parameter == (
        'parameter outside: changed outside: tags was {"a":"b"} and is {"a":"theirs"}'
    )
    assert secret.startswith(
        'secret outside: changed outside: replicas was [{"region":"eu-west-1"}] and is (none),'
        " resource_policy was {"
    )
    done = world.cli("drift", "production", "--deep")
    assert done.returncode == 2
    assert "changed outside: replicas was" in done.stdout


def test_a_change_in_git_is_pending_and_not_outside(world: World) -> None:
    world.declare(HIDDEN)
    world.converge()
    world.declare({"db": {**HIDDEN["db"], "resource_policy": "none", "replicas": []}})
    assert deep(world) == ["secret pending: to update: replicas, resource_policy"]


OPEN = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        }
    ],
}


def test_what_nobody_declared_on_a_secret_is_named(world: World) -> None:
    world.declare({"db": {"value": "v", "tags": {"ours": "o"}}, "open": {"value": "v"}})
    world.converge()
    client = world.client("secretsmanager")
    client.put_resource_policy(SecretId=f"{PREFIX}/db", ResourcePolicy=json.dumps(POLICY))
    client.put_resource_policy(SecretId=f"{PREFIX}/open", ResourcePolicy=json.dumps(OPEN))
    client.replicate_secret_to_regions(
        SecretId=f"{PREFIX}/db", AddReplicaRegions=[{"Region": "eu-west-1"}]
    )
    client.tag_resource(SecretId=f"{PREFIX}/db", Tags=[{"Key": "theirs", "Value": "t"}])
    assert world.drift() == {}
    found = deep(world)
    assert [line.partition(" {")[0] for line in found] == [
        "secret unmanaged: on an owned resource, and not declared: replicas is"
        ' [{"region":"eu-west-1"}]',
        "secret unmanaged: on an owned resource, and not declared: resource_policy is",
        "secret unmanaged: on an owned resource, and not declared: tags is",
        "secret outside: its resource policy allows everybody who has an AWS account",
    ]
    assert '{"theirs":"t"}' in found[2]
    done = world.cli("drift", "production", "--deep")
    assert done.returncode == 2
    assert f"delete-resource-policy --secret-id {PREFIX}/open" in done.stdout


def test_what_nobody_declared_fails_where_the_environment_says_so(world: World) -> None:
    world.declare({"db": {"value": "v"}}, drift={"unmanaged": "fail"})
    world.converge()
    world.client("secretsmanager").create_secret(Name=f"{PREFIX}/theirs", SecretString="t")
    done = world.cli("drift", "production")
    assert done.returncode == 2
    assert "secret theirs: below the prefix, not declared" in done.stdout
    world.settings(drift={"unmanaged": "tell"})
    assert world.cli("drift", "production").returncode == 0


def test_a_role_that_may_not_look_is_warned(world: World) -> None:
    world.declare({"db": {"value": "v"}})
    world.converge()
    no = 400, "AccessDeniedException", "no"
    world.aws.hooks.append(lambda called, _: no if called == "GetResourcePolicy" else None)
    done = world.cli("drift", "production", "--deep")
    assert done.returncode == 0
    assert "the role lacks GetResourcePolicy" in done.stderr
