"""A run that is killed anywhere converges on the next.

The process is killed (SIGKILL) before and after each call that writes; then apply runs again,
afresh or with the plan that was reviewed before the crash. What is in AWS then is what a run that
nobody killed leaves there: no duplicate version, no value lost, AWSPREVIOUS what it was.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reconciler import planfile
from reconciler.sandbox.server import Drop
from tests.e2e.test_secrets import POLICY
from tests.e2e.world import PREFIX, SCHEDULE, World

BEFORE: dict[str, dict[str, Any]] = {
    "secrets": {
        "changed": {"value": "one", "description": "a", "tags": {"a": "b", "c": "d"}},
        "returns": {"value": "two"},
        "deleted": {"value": "one"},
        "pruned": {"value": "one", "replicas": [{"region": "eu-west-1"}]},
        "metadata": {"value": "one", "resource_policy": POLICY, "replicas": []},
        "switched-on": {"value": "one"},
        "switched-off-x": {"value": "one", "rotation": SCHEDULE},
        "rescheduled": {"value": "one", "rotation": SCHEDULE},
    },
    "parameters": {
        "changed": {"plaintext": "one", "tags": {"a": "b", "c": "d"}},
        "replaced": {"plaintext": "one"},
        "pruned": {"plaintext": "one"},
    },
}
AFTER: dict[str, dict[str, Any]] = {
    "secrets": {
        "changed": {"value": "two", "description": "b", "tags": {"a": "e"}},
        "returns": {"value": "one"},
        "deleted": {"value": "two", "description": "back"},
        "metadata": {
            "value": "one",
            "resource_policy": "none",
            "replicas": [{"region": "eu-west-1"}],
        },
        "switched-on": {"value": "one", "rotation": SCHEDULE},
        "switched-off-x": {"value": "one", "rotation": "none"},
        "rescheduled": {"value": "one", "rotation": {**SCHEDULE, "schedule": "rate(7 days)"}},
        "new": {"value": {"user": "u"}, "resource_policy": POLICY, "rotation": SCHEDULE},
        "made": {"generate": {}},
    },
    "parameters": {
        "changed": {"plaintext": "two", "tags": {"a": "c"}},
        "replaced": {"value": "one", "replace": True},
        "new": {"value": "one", "tags": {"a": "b"}},
    },
}
WRITES = frozenset(
    {
        "CreateSecret", "PutSecretValue", "UpdateSecretVersionStage", "UpdateSecret",
        "TagResource", "UntagResource", "PutResourcePolicy", "DeleteResourcePolicy",
        "ReplicateSecretToRegions", "RemoveRegionsFromReplication", "RestoreSecret",
        "DeleteSecret", "RotateSecret", "CancelRotateSecret", "PutParameter",
        "DeleteParameter", "AddTagsToResource", "RemoveTagsFromResource",
    }
)  # fmt: skip
# Replaces wait 30 s between deleting and creating; the children that are killed do not.
CHILD = (
    "import reconciler.kinds.parameter.write as w; w.AFTER_DELETE = 0.0;"
    "import reconciler.pacing as p; p.Pacing.__init__.__defaults__ = (1000.0,);"
    "from reconciler.cli.main import main; main()"
)


def arrange(world: World) -> None:
    """An account as BEFORE declares it, and a manifest that declares AFTER."""
    aws = world.aws
    aws.reset()
    aws.hooks, aws.after = [], []
    world.deploy()
    loose = {"prune": False, "guards": {"max_prunes": 9, "max_change_ratio": 1.0}}
    returning = {**BEFORE["secrets"], "returns": {"value": "one"}}
    world.declare(returning, BEFORE["parameters"], **loose)
    world.converge()
    world.declare(BEFORE["secrets"], BEFORE["parameters"])
    world.converge()
    assert aws.wait_for_rotations()
    world.client("secretsmanager").delete_secret(SecretId=f"{PREFIX}/deleted")
    world.declare(AFTER["secrets"], AFTER["parameters"], **{**loose, "prune": True})


def apply(world: World, *how: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, "apply", "production", *how, "--parallelism", "1"],
        cwd=world.tree.manifests.parent,
        env=world.environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def state(world: World) -> dict[str, Any]:
    """All of the account that a run could have changed, without what chance decides."""
    secrets, ssm = world.client("secretsmanager"), world.client("ssm")
    found: dict[str, Any] = {}
    for entry in secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]:
        name = entry["Name"]
        described = secrets.describe_secret(SecretId=name)
        deleted = "DeletedDate" in described
        values = {}
        for version, labels in described.get("VersionIdsToStages", {}).items():
            kind = version[:2] if len(version) == 64 else "outside"
            value = None
            if not deleted and kind != "g1":
                value = secrets.get_secret_value(SecretId=name, VersionId=version)["SecretString"]
            for label in labels:
                values[label] = (kind, value)
        policy = None
        if not deleted:
            policy = secrets.get_resource_policy(SecretId=name).get("ResourcePolicy")
        found[name] = {
            "deleted": deleted,
            "values": values,
            "versions": len(
                secrets.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)["Versions"]
            ),
            "tags": sorted((t["Key"], t["Value"]) for t in described.get("Tags", [])),
            "description": described.get("Description"),
            "rotation": (described.get("RotationEnabled"), described.get("RotationRules")),
            "replicas": sorted(r["Region"] for r in described.get("ReplicationStatus") or ()),
            "policy": policy,
        }
    for entry in ssm.describe_parameters(MaxResults=50)["Parameters"]:
        name = entry["Name"]
        which = {"ResourceType": "Parameter", "ResourceId": name}
        tags = ssm.list_tags_for_resource(**which)["TagList"]
        found[f"parameter {name}"] = {
            "value": ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"],
            "version": entry["Version"],
            "description": entry["Description"],
            "type": entry["Type"],
            "tags": sorted((t["Key"], t["Value"]) for t in tags),
        }
    return found


def rotations_ended(world: World) -> None:
    assert world.aws.wait_for_rotations()


@pytest.mark.long
def test_every_crash_point_converges(world: World) -> None:
    arrange(world)
    started = len(world.aws.log)
    whole = apply(world, "--auto-approve")
    out, _ = whole.communicate(timeout=60)
    assert whole.returncode == 0, out
    rotations_ended(world)
    expected = state(world)
    # The rotation functions' own calls come at times of their own.
    calls = [name for name, body in world.aws.log[started:] if not _functions_own(body)]
    assert set(calls) >= WRITES
    points = sum(1 for name in calls if name in WRITES)
    for point in range(points):
        for moment in ("before", "after"):
            for again in ("--auto-approve", "--plan"):
                arrange(world)
                if again == "--plan":
                    Path("reviewed.json").write_text(planfile.dumps([world.plan().plan]))
                how = ("--plan", "reviewed.json") if again == "--plan" else ("--auto-approve",)
                where = f"point {point} of {points}, {moment}, then {' '.join(how)}"
                killed = kill_at(world, point, moment, how)
                rotations_ended(world)
                if killed is None:
                    continue
                where = f"{where}: {killed}"
                rest = apply(world, *how)
                out, _ = rest.communicate(timeout=60)
                assert rest.returncode == 0, f"{where}\n{out}"
                rotations_ended(world)
                assert state(world) == expected, where
                assert world.changes() == {}, where


def kill_at(world: World, point: int, moment: str, how: tuple[str, ...]) -> str | None:
    """Kill a run at one of its writes; which, or None where the run ended before it."""
    seen: list[str] = []
    child = apply(world, *how)

    def due(operation: str, body: Any) -> bool:
        own = operation in WRITES and not _functions_own(body)
        if own:
            seen.append(operation)
        return own and len(seen) == point + 1

    def before(operation: str, body: Any) -> tuple[int, str, str] | None:
        if due(operation, body):
            child.kill()
            return 500, "InternalServiceError", "never begun"
        return None

    def after(operation: str, body: Any, _: Any) -> None:
        if due(operation, body):
            child.kill()
            raise Drop

    if moment == "before":
        world.aws.hooks.append(before)
    else:
        world.aws.after.append(after)
    child.communicate(timeout=60)
    world.aws.hooks, world.aws.after = [], []
    return f"{seen[point]}" if len(seen) > point else None


def _functions_own(body: Any) -> bool:
    """Whether a rotation function makes a call: it names secrets by ARN, the reconciler by name."""
    return str((body or {}).get("SecretId", "")).startswith("arn:")
