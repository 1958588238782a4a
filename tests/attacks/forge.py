"""What somebody can make who may write in AWS and has read the lock, and has no key.

The lock shows the ids of the fingerprint keys; AWS shows the version ids and marks of every secret.
"""

from __future__ import annotations

import secrets

from tests.world import PREFIX, World

MARK = "reconciler:spec"
LAST_APPLIED = ("version=", "from=", "all=", "fields=", "by=")


def kid(world: World) -> str:
    """The id of the fingerprint key that writes, as the lock has it."""
    return world.plan().desired.fingerprinter.kid


def version_id(world: World) -> str:
    """A version id that nobody has used, of the form of git's."""
    return f"r1{kid(world)}{secrets.token_hex(28)}"


def put(world: World, name: str, value: str) -> str:
    """Write a value under such an id."""
    token = version_id(world)
    world.client("secretsmanager").put_secret_value(
        SecretId=f"{PREFIX}/{name}", SecretString=value, ClientRequestToken=token
    )
    return token


def rotate(world: World, name: str) -> str:
    """Rotate under such an id, to the end."""
    token = version_id(world)
    assert world.aws.wait_for_rotations()
    world.client("secretsmanager").rotate_secret(
        SecretId=f"{PREFIX}/{name}", ClientRequestToken=token, RotateImmediately=True
    )
    assert world.aws.wait_for_rotations()
    assert world.labels(name)["AWSCURRENT"] == token
    return token


def move_back(world: World, name: str, to: str) -> None:
    """Put AWSCURRENT on an earlier version."""
    world.client("secretsmanager").update_secret_version_stage(
        SecretId=f"{PREFIX}/{name}",
        VersionStage="AWSCURRENT",
        MoveToVersionId=to,
        RemoveFromVersionId=world.labels(name)["AWSCURRENT"],
    )


def mark(world: World, name: str) -> str:
    """What the mark of a secret says; empty where it has none."""
    return world.secret_tags(name).get(MARK, "")


def set_mark(world: World, name: str, text: str) -> None:
    """Write the mark of a secret; an empty one is taken away."""
    client, secret = world.client("secretsmanager"), f"{PREFIX}/{name}"
    if text:
        client.tag_resource(SecretId=secret, Tags=[{"Key": MARK, "Value": text}])
    else:
        client.untag_resource(SecretId=secret, TagKeys=[MARK])


def as_0_1(world: World, name: str) -> None:
    """Leave of a mark what version 0.1 wrote."""
    kept = [part for part in mark(world, name).split() if not part.startswith(LAST_APPLIED)]
    set_mark(world, name, " ".join(kept))
