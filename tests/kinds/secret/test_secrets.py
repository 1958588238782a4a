"""Secrets, against the embedded AWS."""

from __future__ import annotations

import base64
import json

import pytest

from reconciler.core.errors import ConflictError
from reconciler.core.model import Write
from tests.world import PREFIX, World

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        }
    ],
}


def test_a_mapping_is_stored_as_canonical_json(world: World) -> None:
    world.declare({"db": {"value": {"user": "ü", "password": "p w", "nested": {"b": "1"}}}})
    world.converge()
    stored = world.secret_value("db")
    assert stored == '{"nested":{"b":"1"},"password":"p w","user":"ü"}'


def test_a_string_is_stored_exactly(world: World) -> None:
    text = '{"port": 5432,  "a":1}'
    world.declare({"db": {"value": text}})
    world.converge()
    assert world.secret_value("db") == text


def test_a_binary_value_is_stored_as_bytes(world: World) -> None:
    content = bytes(range(256))
    world.declare({"key": {"value": base64.b64encode(content).decode(), "binary": True}})
    world.converge()
    answer = world.client("secretsmanager").get_secret_value(SecretId=f"{PREFIX}/key")
    assert answer["SecretBinary"] == content


def test_the_version_id_is_the_fingerprint(world: World) -> None:
    world.declare({"db": {"value": "one"}})
    world.converge()
    first = world.labels("db")["AWSCURRENT"]
    assert len(first) == 64
    assert first.startswith("r1")
    world.declare({"db": {"value": "two"}})
    world.converge()
    second = world.labels("db")
    assert second["AWSCURRENT"] != first
    assert second["AWSPREVIOUS"] == first


def test_a_revert_moves_the_label_back_and_makes_no_version(world: World) -> None:
    for value in ("one", "two"):
        world.declare({"db": {"value": value}})
        world.converge()
    first = world.labels("db")["AWSPREVIOUS"]
    world.declare({"db": {"value": "one"}})
    assert world.changes()["secret:db"].value.write is Write.RETURNED
    world.converge()
    assert world.secret_value("db") == "one"
    assert world.labels("db")["AWSCURRENT"] == first
    versions = world.client("secretsmanager").list_secret_version_ids(
        SecretId=f"{PREFIX}/db", IncludeDeprecated=True
    )
    assert len(versions["Versions"]) == 2


def test_a_write_that_somebody_was_faster_than_is_a_conflict(world: World) -> None:
    world.declare({"db": {"value": "one"}})
    world.converge()
    world.declare({"db": {"value": "two"}})
    world.between("UpdateSecretVersionStage", lambda: world.put_secret("db", "theirs"))
    outcome = world.apply()["secret:db"]
    assert outcome.status == "conflict"
    assert isinstance(outcome.error, ConflictError)
    assert "AWSCURRENT moved from" in outcome.error.message
    assert world.secret_value("db") == "theirs"


def test_a_secret_that_somebody_creates_in_between_is_a_conflict(world: World) -> None:
    world.declare({"db": {"value": "one"}})
    world.between(
        "CreateSecret",
        lambda: world.client("secretsmanager").create_secret(
            Name=f"{PREFIX}/db", SecretString="theirs"
        ),
    )
    assert world.apply()["secret:db"].status == "conflict"
    assert world.secret_value("db") == "theirs"


def test_the_first_value_of_an_empty_secret_never_covers_another(world: World) -> None:
    world.declare({"db": {"value": "one"}})
    world.converge()
    client = world.client("secretsmanager")
    # Ours, without any value: as after a CreateSecret without one.
    tags = [{"Key": k, "Value": v} for k, v in world.secret_tags("db").items()]
    client.delete_secret(SecretId=f"{PREFIX}/db", ForceDeleteWithoutRecovery=True)
    client.create_secret(Name=f"{PREFIX}/db", Tags=tags)
    change = world.changes()["secret:db"]
    assert change.precondition == {"version": None}
    world.between("PutSecretValue", lambda: world.put_secret("db", "theirs"))
    assert world.apply()["secret:db"].status == "conflict"
    assert world.secret_value("db") == "theirs"
    world.aws.hooks.clear()
    client.delete_secret(SecretId=f"{PREFIX}/db", ForceDeleteWithoutRecovery=True)
    client.create_secret(Name=f"{PREFIX}/db", Tags=tags)
    world.converge()
    assert world.secret_value("db") == "one"


def test_unset_is_unmanaged_and_none_removes(world: World) -> None:
    world.declare(
        {
            "db": {
                "value": "v",
                "description": "ours",
                "tags": {"team": "a", "tier": "1"},
                "resource_policy": POLICY,
                "replicas": [{"region": "eu-west-1"}],
            }
        }
    )
    world.converge()
    client = world.client("secretsmanager")
    client.tag_resource(SecretId=f"{PREFIX}/db", Tags=[{"Key": "theirs", "Value": "stays"}])
    world.declare({"db": {"value": "v"}})
    assert world.changes() == {}

    world.declare(
        {
            "db": {
                "value": "v",
                "description": "none",
                "tags": {"team": "b"},
                "resource_policy": "none",
                "replicas": [],
            }
        }
    )
    world.converge()
    described = world.secret("db")
    tags = world.secret_tags("db")
    assert not described.get("Description")
    assert not described.get("ReplicationStatus")
    assert (tags["team"], tags["theirs"]) == ("b", "stays")
    assert "tier" not in tags
    policy = client.get_resource_policy(SecretId=f"{PREFIX}/db")
    assert "ResourcePolicy" not in policy


def test_policy_and_replicas_are_set_and_changed(world: World) -> None:
    world.declare({"db": {"value": "v", "resource_policy": POLICY, "replicas": []}})
    world.converge()
    client = world.client("secretsmanager")
    stored = client.get_resource_policy(SecretId=f"{PREFIX}/db")["ResourcePolicy"]
    assert json.loads(stored) == POLICY
    changed = {**POLICY, "Statement": [{**POLICY["Statement"][0], "Sid": "two"}]}
    world.declare(
        {
            "db": {
                "value": "v",
                "resource_policy": changed,
                "replicas": [{"region": "eu-west-1"}, {"region": "eu-central-1"}],
            }
        }
    )
    names = {field.name for field in world.changes()["secret:db"].fields}
    assert names == {"resource_policy", "replicas"}
    world.converge()
    regions = {entry["Region"] for entry in world.secret("db")["ReplicationStatus"]}
    assert regions == {"eu-west-1", "eu-central-1"}


def test_a_key_is_changed_in_place(world: World) -> None:
    kms = world.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/ours", TargetKeyId=key)
    world.declare({"db": {"value": "v"}})
    world.converge()
    world.declare({"db": {"value": "v", "kms_key": "alias/ours"}})
    world.converge()
    assert "alias/ours" in world.secret("db")["KmsKeyId"]
    world.declare({"db": {"value": "v", "kms_key": key, "previous_kms_keys": ["alias/ours"]}})
    world.converge()


def test_pending_deletion_is_restored_with_its_value(world: World) -> None:
    world.declare({"db": {"value": "one"}})
    world.converge()
    world.client("secretsmanager").delete_secret(SecretId=f"{PREFIX}/db")
    assert "outside" in next(iter(world.drift()))
    world.declare({"db": {"value": "two", "description": "back"}})
    change = world.changes()["secret:db"]
    assert change.action == "restore"
    world.converge()
    assert world.secret_value("db") == "two"


def test_pruning_waits_for_its_window_and_replicas_go_first(world: World) -> None:
    keep = {"other": {"value": "v"}}
    world.declare(
        {
            "db": {
                "value": "v",
                "recovery_window": "7 days",
                "replicas": [{"region": "eu-west-1"}],
            },
            **keep,
        }
    )
    world.converge()
    world.declare(keep)
    assert world.changes() == {}
    assert {note.code for note in world.plan().plan.notes} == {"kept"}
    world.settings(prune=True, guards={"max_prunes": 1, "max_change_ratio": 1.0})
    assert world.changes()["secret:db"].action == "prune"
    world.converge()
    described = world.secret("db")
    window = described["DeletedDate"] - described["LastChangedDate"]
    assert not described.get("ReplicationStatus")
    sent = [body for name, body in world.aws.log if name == "DeleteSecret"]
    assert sent[-1] is not None
    assert sent[-1]["RecoveryWindowInDays"] == 7
    assert window.days <= 7


def test_what_is_not_ours_is_refused_and_untouched(world: World) -> None:
    client = world.client("secretsmanager")
    client.create_secret(Name=f"{PREFIX}/db", SecretString="theirs")
    client.create_secret(
        Name=f"{PREFIX}/copied",
        SecretString="theirs",
        Tags=[{"Key": "reconciler:owner", "Value": "test/production"}],
    )
    client.create_secret(
        Name=f"{PREFIX}/staging",
        SecretString="theirs",
        Tags=[{"Key": "reconciler:owner", "Value": "test/staging"}],
    )
    client.create_secret(Name=f"{PREFIX}/rds", SecretString="theirs")
    world.aws.set_owning_service(f"{PREFIX}/rds", "rds")
    client.create_secret(Name=f"{PREFIX}/copy", SecretString="theirs")
    world.aws.make_replica(f"{PREFIX}/copy", "eu-west-1")
    names = ("db", "copied", "staging", "rds", "copy")
    world.declare({name: {"value": "ours", "tags": {"a": "b"}} for name in names})
    before = [world.secret(name) for name in names]
    codes = {name: change.code for name, change in world.changes().items()}
    assert codes == {
        "secret:db": "not-managed",
        "secret:copied": "not-managed",
        "secret:staging": "other-owner",
        "secret:rds": "service-owned",
        "secret:copy": "replica",
    }
    assert {outcome.status for outcome in world.apply().values()} == {"refused"}
    for name, was in zip(names, before, strict=True):
        now = world.secret(name)
        assert (now["VersionIdsToStages"], now.get("Tags")) == (
            was["VersionIdsToStages"],
            was.get("Tags"),
        )


def test_external_secrets_are_managed_without_their_value(world: World) -> None:
    world.declare({"db": {"value": "one", "description": "a"}})
    world.converge()
    world.declare({"db": {"external": True, "description": "b"}})
    world.converge()
    world.put_secret("db", "theirs")
    assert world.changes() == {}
    assert world.drift() == {}
    world.declare({"new": {"external": True}})
    assert world.changes()["secret:new"].code == "external"


def test_a_generated_value_is_made_once(world: World) -> None:
    world.declare({"made": {"generate": {"length": 48, "exclude": "punctuation"}}})
    world.converge()
    value = world.secret_value("made")
    assert len(value) == 48
    assert value.isalnum()
    assert world.labels("made")["AWSCURRENT"].startswith("g1")
    world.declare({"made": {"generate": {"length": 64}}})
    assert world.changes() == {}
    world.put_secret("made", "theirs")
    assert world.changes() == {}
    assert "secret:made outside" in world.drift()


@pytest.mark.parametrize("source", [{"value": "one"}, {"generate": {}}])
def test_retiring_a_fingerprint_key_binds_again_without_a_new_version(
    world: World, source: dict[str, object]
) -> None:
    old, new = "5f" * 32, "a7" * 32
    world.declare({"db": source}, fingerprint_keys=[old])
    world.converge()
    version = world.labels("db")["AWSCURRENT"]
    world.settings(fingerprint_keys=[new, old])
    change = world.changes()["secret:db"]
    assert [field.name for field in change.fields] == ["fingerprint_key"]
    assert change.value is None
    world.converge()
    world.settings(fingerprint_keys=[new])
    assert world.changes() == {}
    assert world.drift() == {}
    assert world.labels("db")["AWSCURRENT"] == version


def test_a_claimed_version_id_is_named(world: World) -> None:
    world.declare({"db": {"value": "two"}})
    world.converge()
    token = world.labels("db")["AWSCURRENT"]
    client = world.client("secretsmanager")
    client.delete_secret(SecretId=f"{PREFIX}/db", ForceDeleteWithoutRecovery=True)
    world.declare({"db": {"value": "one"}})
    world.converge()
    client.put_secret_value(
        SecretId=f"{PREFIX}/db",
        SecretString="another",
        ClientRequestToken=token,
        VersionStages=["THEIRS"],
    )
    world.declare({"db": {"value": "two"}})
    outcome = world.apply()["secret:db"]
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert "taken by another value" in outcome.error.message
    assert world.secret_value("db") == "one"


def test_a_limit_of_aws_is_told_at_once(world: World) -> None:
    """botocore takes it for throttling, and would repeat it for a minute."""
    world.declare({"db": {"value": "one"}})
    world.converge()
    world.declare({"db": {"value": "two"}})

    def full(operation: str, _: object) -> tuple[int, str, str] | None:
        reached = 400, "LimitExceededException", "maximum number of versions"
        return reached if operation == "PutSecretValue" else None

    world.aws.hooks.append(full)
    outcome = world.apply()["secret:db"]
    assert outcome.status.value == "failed"
    assert world.calls["PutSecretValue"] == 1
    assert outcome.error is not None
    assert outcome.error.hint
