"""A plan without a key has the digests of the plan with it, whatever there is to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler import manifest
from reconciler.core.digest import plan_digest
from reconciler.core.model import Action, Origin, Plan, Write
from reconciler.manifest import lock
from reconciler.operations.marks import LostKeysError
from reconciler.operations.planning import make
from tests.world import PREFIX, SCHEDULE, World

OLD, NEW = "5f" * 32, "6a" * 32


def keyless(world: World, found: lock.Lock | None = None) -> Plan:
    """The plan without a key, by this lock or the one that the key makes now."""
    declared = manifest.read(world.tree.manifests, "production")
    if found is None:
        found = lock.make(declared, declared.decrypt(world.tree.sops))
        written = {n: t.encode() for n, t in lock.dumps(found, declared.homes()).items()}
        found = lock.loads(written, "production", "production")
    known = lock.declare(found, declared)
    return make(known.scope, lambda: known, world.session()).plan


def both(world: World) -> Plan:
    """The plan, made with the key and without it, in every particular the same."""
    full, without = world.plan().plan, keyless(world)
    assert without == full
    assert plan_digest(without) == plan_digest(full)
    assert without.notes == full.notes
    assert without.owned == full.owned
    assert [c.why for c in without.changes] == [c.why for c in full.changes]
    return without


def prepare(world: World) -> None:
    """Everything that an action can be of, live."""
    world.deploy()
    world.declare(
        {
            "changed": {"value": {"a": "one"}},
            "again": {"value": "one"},
            "described": {"value": "one", "description": "before"},
            "made": {"generate": {"length": 20}},
            "rotated": {"value": "seed", "rotation": SCHEDULE},
            "scheduled": {"value": "seed", "rotation": SCHEDULE},
            "outside": {"value": "one"},
            "gone": {"value": "one"},
            "deleted": {"value": "one"},
        },
        {
            "changed": {"value": "one"},
            "host": {"plaintext": "a"},
            "outside": {"value": "one"},
            "typed": {"plaintext": "a"},
            "same": {"value": "one", "description": "before"},
            "gone": {"plaintext": "a"},
        },
    )
    world.converge()
    assert world.aws.wait_for_rotations()
    world.rotate("rotated")


def declare(world: World, **settings: Any) -> None:
    """Something to do for each of them."""
    world.client("secretsmanager").create_secret(Name=f"{PREFIX}/foreign", SecretString="x")
    world.declare(
        {
            "new": {"value": {"a": "new"}},
            "new-made": {"generate": {"length": 20}},
            "new-seed": {"value": "seed", "rotation": SCHEDULE},
            "changed": {"value": {"a": "two"}},
            "again": {"value": "two"},
            "described": {"value": "one", "description": "after"},
            "made": {"generate": {"length": 30}, "tags": {"a": "b"}},
            "rotated": {"value": "seed", "rotation": SCHEDULE},
            "scheduled": {"value": "seed", "rotation": {**SCHEDULE, "schedule": "rate(7 days)"}},
            "outside": {"value": "one"},
            "deleted": {"value": "one"},
            "foreign": {"value": "x"},
        },
        {
            "new": {"value": "one"},
            "changed": {"value": "two"},
            "host": {"plaintext": "b"},
            "outside": {"value": "one"},
            "typed": {"value": "a", "replace": True},
            "same": {"value": "one", "description": "after"},
        },
        prune=True,
        **settings,
    )


def test_every_action_has_the_same_digest(world: World) -> None:
    prepare(world)
    world.put_secret("outside", "theirs")
    world.put_parameter("outside", "theirs", Type="SecureString")
    world.client("secretsmanager").delete_secret(SecretId=f"{PREFIX}/deleted")
    declare(world)
    made = both(world)
    assert {change.action for change in made.changes} == set(Action) - {Action.ADOPT}
    writes = {change.value.write for change in made.changes if change.value}
    # Only adopting binds and copies, and only without the key a value is unknown.
    assert writes == set(Write) - {Write.BOUND, Write.COPIED, Write.UNKNOWN}
    assert "rotated" in {note.code for note in made.notes}


def test_an_unchanged_environment_has_nothing_to_do(world: World) -> None:
    prepare(world)
    assert both(world).changes == ()


def test_a_value_that_returns(world: World) -> None:
    for value in ("one", "two", "one"):
        world.declare({"db": {"value": value}})
        found = both(world).changes[0]
        world.converge()
    assert found.value is not None
    assert found.value.write is Write.RETURNED


def test_retiring_fingerprint_keys(world: World) -> None:
    prepare(world)
    world.settings(fingerprint_keys=[NEW, OLD])
    assert {f.name for c in both(world).changes for f in c.fields} == {"fingerprint_key"}
    declare(world, fingerprint_keys=[NEW, OLD])
    assert both(world).changes
    world.settings(fingerprint_keys=[NEW])
    with pytest.raises(LostKeysError):
        both(world)


def test_bound_again_by_a_new_key_and_the_old_one_gone(world: World) -> None:
    prepare(world)
    world.settings(fingerprint_keys=[NEW, OLD])
    both(world)
    world.converge()
    assert both(world).changes == ()
    world.settings(fingerprint_keys=[NEW])
    assert both(world).changes == ()
    world.settings(fingerprint_keys=[NEW, OLD])
    assert both(world).changes == ()


def test_a_foreign_version_that_is_bound(world: World) -> None:
    """As adoption leaves it: our tags on a version that somebody else wrote."""
    client = world.client("secretsmanager")
    created = client.create_secret(Name=f"{PREFIX}/db", SecretString="one")
    world.declare({"db": {"value": "one", "description": "new"}})
    planned = world.plan()
    trust, name = planned.desired.fingerprinter, f"{PREFIX}/db"
    value = next(r.value for k, r in planned.desired.resources.items() if k.name == name)
    assert value is not None
    marks = {
        "reconciler:owner": planned.plan.scope.owner_id,
        "reconciler:proof": trust.proof(name),
        "reconciler:bound": trust.bound(name, created["VersionId"], value.fingerprints[0]),
    }
    client.tag_resource(SecretId=name, Tags=[{"Key": k, "Value": v} for k, v in marks.items()])
    (found,) = both(world).changes
    assert found.action is Action.UPDATE
    assert found.value is None
    world.declare({"db": {"value": "two"}})
    (found,) = both(world).changes
    assert found.value is not None


@pytest.mark.parametrize(
    "act",
    [
        lambda w: w.put_secret("db", "theirs"),
        lambda w: w.client("secretsmanager").untag_resource(
            SecretId=f"{PREFIX}/db", TagKeys=["reconciler:proof"]
        ),
        lambda w: w.client("secretsmanager").tag_resource(
            SecretId=f"{PREFIX}/db", Tags=[{"Key": "reconciler:proof", "Value": "copied"}]
        ),
        lambda w: w.client("secretsmanager").tag_resource(
            SecretId=f"{PREFIX}/db", Tags=[{"Key": "reconciler:owner", "Value": "other/env"}]
        ),
        lambda w: w.put_parameter("host", "theirs", Type="String", Description="mine"),
    ],
)
def test_what_others_did(world: World, act: Callable[[World], None]) -> None:
    world.declare({"db": {"value": "one"}}, {"host": {"plaintext": "a"}})
    world.converge()
    act(world)
    assert both(world).changes


def test_names_outside_the_prefix(world: World) -> None:
    world.declare({"legacy": {"name": "old-name", "value": "one"}})
    both(world)
    world.converge()
    assert both(world).changes == ()


def test_it_reads_no_value_and_decrypts_nothing(world: World) -> None:
    world.declare({"db": {"value": "one"}}, {"host": {"plaintext": "a"}})
    assert world.cli("lock", "production").returncode == 0
    full = world.cli("plan", "production", "-o", "json")
    nowhere = {"SOPS_AGE_KEY_FILE": "/nonexistent"}
    world.aws.calls.clear()
    done = world.cli(
        "plan", "production", "--keyless", "-o", "json", "--sops", "/nonexistent",
        environment=nowhere,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == full.stdout
    assert set(world.aws.calls) == {
        "GetCallerIdentity", "ListSecrets", "DescribeParameters", "DescribeSecret",
    }  # fmt: skip


def test_drift_without_a_key_is_the_drift_with_it(world: World) -> None:
    prepare(world)
    world.client("secretsmanager").put_secret_value(
        SecretId=f"{PREFIX}/outside", SecretString="by hand"
    )
    declare(world)
    assert world.cli("lock", "production").returncode == 0
    full = world.cli("drift", "production", "-o", "json")
    assert full.returncode == 2, full.stderr
    assert '"outside"' in full.stdout
    world.aws.calls.clear()
    done = world.cli(
        "drift", "production", "--keyless", "-o", "json", "--sops", "/nonexistent",
        environment={"SOPS_AGE_KEY_FILE": "/nonexistent"},
    )  # fmt: skip
    assert done.stdout == full.stdout
    assert done.returncode == 2
    assert not {call for call in world.aws.calls if call.startswith(("Get", "BatchGet"))} - {
        "GetCallerIdentity"
    }
    refused = world.cli("drift", "production", "--keyless", "--read-values")
    assert refused.returncode == 64
    assert "--read-values needs the key" in refused.stderr


def test_what_was_generated_is_known_by_its_form(world: World) -> None:
    world.declare({"made": {"generate": {"length": 20}}})
    world.converge()
    assert both(world).changes == ()
    live = world.plan().live
    assert next(iter(live.values())).value is not None
    assert {entry.value.origin for entry in live.values() if entry.value} == {Origin.GENERATED}
