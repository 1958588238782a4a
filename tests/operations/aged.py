"""An environment that has been lived in: values of different ages, rotations past and due."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from moto.ssm.models import ssm_backends

from reconciler.sandbox.account import ACCOUNT, secrets_of
from tests.world import World

REGION = "us-west-2"
PREFIX = "/lagomo/production"
_DAY = 86_400.0

SCHEDULES = {
    "database": {"schedule": "rate(30 days)", "window": "3h"},
    "jwt": {"schedule": "rate(7 days)", "window": "2h"},
}
SECRETS: dict[str, Any] = {
    "database/credentials": {
        "description": "Primary database login",
        "rotation": "database",
        "value": {"username": "app", "password": "seed"},
    },
    "jwt/secret": {
        "description": "Key that signs session tokens",
        "rotation": "jwt",
        "generate": {"length": 64},
    },
    "smtp/credentials": {
        "description": "Login of the mail relay",
        "max_age": "90 days",
        "value": {"username": "mailer", "password": "first"},
    },
    "web3/infura": {
        "description": "Infura project",
        "max_age": "180 days",
        "value": {"project": "demo", "secret": "first"},
    },
    "web3/walletconnect": {
        "description": "WalletConnect project id",
        "max_age": "180 days",
        "value": "first",
    },
}
PARAMETERS: dict[str, Any] = {
    "database/connection/host": {"plaintext": "db.internal", "description": "Primary database"},
    "database/connection/replica-url": {"value": "first", "description": "Read replica"},
    "smtp/config/host": {"plaintext": "smtp.example.com", "description": "Mail relay"},
    "smtp/config/port": {"plaintext": "587", "description": "Mail relay port"},
}
# How many days ago something was changed, and (of a rotation) in how many days it comes again.
_CHANGED = {
    "smtp/credentials": 117,
    "web3/infura": 150,
    "web3/walletconnect": 62,
}
_ROTATED = {"database/credentials": (23, 7), "jwt/secret": (5, 2)}


def lived_in(world: World) -> None:
    """Apply an environment, let time pass, and let somebody write outside of git."""
    arn = world.deploy()
    schedules = {name: {"lambda": arn, **rule} for name, rule in SCHEDULES.items()}
    world.declare(SECRETS, PARAMETERS, prefix=PREFIX, owner="lagomo-secrets", schedules=schedules)
    outcomes = world.apply()
    assert {outcome.status for outcome in outcomes.values()} == {"done"}
    assert world.aws.wait_for_rotations()
    client = world.client("secretsmanager")
    client.rotate_secret(SecretId=f"{PREFIX}/database/credentials", RotateImmediately=True)
    assert world.aws.wait_for_rotations()
    client.put_secret_value(SecretId=f"{PREFIX}/web3/walletconnect", SecretString="by hand")
    client.create_secret(Name=f"{PREFIX}/legacy/analytics", SecretString="theirs")
    grow_old()
    world.declare(
        SECRETS,
        PARAMETERS | {"smtp/config/host": {"plaintext": "mail.example.com"}},
    )


def grow_old() -> None:
    """Move the dates that AWS shows into the past."""
    now = time.time()
    backend = secrets_of(REGION)
    secrets: Any = backend.secrets
    for name, days in _CHANGED.items():
        secrets[f"{PREFIX}/{name}"].last_changed_date = now - days * _DAY
    for name, (ago, ahead) in _ROTATED.items():
        secret = secrets[f"{PREFIX}/{name}"]
        secret.last_rotated = now - ago * _DAY
        secret.last_changed_date = now - _DAY  # a tag, say: the value is as old as its rotation
        secret.next_rotation = now + ahead * _DAY
    for name in (*_CHANGED, *_ROTATED):
        backend.touch(secrets[f"{PREFIX}/{name}"])
    parameters: Any = ssm_backends[ACCOUNT][REGION]._parameters
    for versions in parameters.values():
        for version in versions:
            version.last_modified_date -= timedelta(days=40)
