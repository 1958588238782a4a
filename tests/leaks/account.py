"""An account and manifests whose every value is planted, with something to do for each command."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess

from reconciler.values.sensitive import Sensitive
from tests.kept import Kept, keep
from tests.leaks.canaries import CHANGED, Canaries
from tests.world import PREFIX, SCHEDULE, World

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def declare(world: World, canaries: Canaries) -> None:
    """Every kind of value, each new; the generated one stays."""
    binary = base64.b64encode(canaries.plant().encode()).decode()
    canaries.planted.append(binary)
    world.declare(
        {
            "mapping": {"value": {"user": canaries.plant(), "nested": {"a": canaries.plant()}}},
            "text": {"value": canaries.plant()},
            "json": {"value": json.dumps({"key": canaries.plant()})},
            "binary": {"value": binary, "binary": True},
            "outside": {"value": canaries.plant()},
            "unowned": {"value": canaries.plant()},
            "generated": {"generate": {}},
            "rotating": {
                "value": {"host": canaries.plant(), "password": canaries.plant()},
                "rotation": SCHEDULE,
                "git_keys": ["host"],
            },
            "shipped": {"generate": {}, "rotation": "shipped"},
        },
        {
            "secure": {"value": canaries.plant()},
            "foreign": {"value": canaries.plant()},
            "host": {"plaintext": "db.internal"},
        },
    )


_made: list[tuple[Canaries, Kept]] = []


def plant(world: World, canaries: Canaries) -> World:
    """Values in git, at the base of a branch and in AWS: ours, written outside, not ours. They are
    the same for all tests of a process, which nobody can guess either."""
    folder = world.tree.manifests.parent
    if _made:
        planted, kept = _made[0]
        kept.restore(world.aws, folder)
    else:
        planted = Canaries([])
        _plant(world, planted)
        _made.append((planted, keep(world.aws, folder)))
    canaries.planted += planted.planted
    return world


def _plant(world: World, canaries: Canaries) -> None:
    key = secrets.token_hex(32)
    canaries.planted.append(key)
    # All of it changes at once, again and again.
    world.settings(
        fingerprint_keys=[key],
        guards={"max_change_ratio": 1.0},
        schedules={"shipped": {**SCHEDULE, "lambda": "builtin:random"}},
    )
    world.deploy()
    world.deploy(name="secrets-production-rotate-shipped")
    declare(world, canaries)
    world.converge()
    assert world.aws.wait_for_rotations()
    canaries.planted += [world.secret_value(name) for name in ("generated", "shipped")]
    commit(world)
    world.put_secret("outside", canaries.plant())
    world.put_parameter("foreign", canaries.plant(), Type="SecureString")
    declare(world, canaries)


def inhabit(world: World, canaries: Canaries) -> None:
    """What the commands of day two need: what is not ours, declared or not, and a role."""
    client = world.client("secretsmanager")
    client.delete_secret(SecretId=f"{PREFIX}/unowned", ForceDeleteWithoutRecovery=True)
    for name in ("unowned", "undeclared"):
        client.create_secret(Name=f"{PREFIX}/{name}", SecretString=canaries.plant())
    world.put_parameter("undeclared", canaries.plant(), Type="SecureString")
    world.client("iam").create_role(
        RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST)
    )  # fmt: skip


def live_values(world: World) -> list[str]:
    """Every secret's versions: what a run has made is searched for, too."""
    client = world.client("secretsmanager")
    found = []
    for secret in client.list_secrets(MaxResults=100)["SecretList"]:
        for stage in ("AWSCURRENT", "AWSPREVIOUS"):
            try:
                answer = client.get_secret_value(SecretId=secret["ARN"], VersionStage=stage)
            except client.exceptions.ResourceNotFoundException:
                continue
            found.append(answer.get("SecretString") or answer["SecretBinary"].decode())
    return found


def commit(world: World) -> None:
    """Let what is declared be the base of what comes, and two sides of a merge."""
    folder = world.tree.manifests.parent
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-C", str(folder))
    (folder / ".gitignore").write_text(".env\n")
    for arguments in (
        ("init", "-q"),
        ("add", "manifests", ".gitignore"),
        ("commit", "-q", "-m", "base"),
    ):
        subprocess.run((*git, *arguments), check=True, capture_output=True)
    base = world.tree.path("production/main.sops.yaml").read_bytes()
    (folder / "base.yaml").write_bytes(base)
    for name, secret in (("ours", "text"), ("theirs", "json")):
        value = Sensitive(json.dumps(CHANGED))
        side = world.tree.sops.set(base, ("secrets", secret, "value"), value)
        (folder / f"{name}.yaml").write_bytes(side)
