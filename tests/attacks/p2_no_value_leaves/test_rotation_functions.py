"""Who may write the login that a function rotates lets it take the superuser's to a host of theirs.

The function logs in as the superuser of another secret, which they may not read, where the login
that rotates says that the database is.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.kinds.rotation.functions.errors import RotationError
from tests.kinds.rotation.functions.steps import rotating
from tests.world import World

ADMIN = {"username": "admin", "password": "the-superusers-own-password"}
REAL = "db.internal"


@pytest.fixture
def stranger() -> Iterator[socket.socket]:
    """Where somebody waits for a login."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        yield listening


@pytest.mark.parametrize(
    ("settings", "superuser", "says"),
    [
        ({}, ADMIN, "the superuser secret has no host: declare the schedule's `host`"),
        ({"host": REAL}, ADMIN, "the superuser secret is of another host"),
        ({}, {**ADMIN, "host": REAL}, "the superuser secret is of another host"),
        ({"host": REAL}, {**ADMIN, "host": "localhost"}, "the superuser secret is of another host"),
    ],
    ids=["nobody says where", "git says where", "its secret says where", "both do"],
)
def test_the_superuser_logs_in_where_git_or_its_own_secret_says(
    world: World, monkeypatch: pytest.MonkeyPatch, stranger: socket.socket,
    settings: dict[str, str], superuser: dict[str, str], says: str,
) -> None:  # fmt: skip
    port = stranger.getsockname()[1]
    theirs: dict[str, Any] = {"host": "localhost", "port": port, "username": "app", "password": "p"}
    world.client("secretsmanager").create_secret(Name="admin", SecretString=json.dumps(superuser))
    made = rotating(
        world, monkeypatch, "postgres", json.dumps(theirs), superuser="admin", **settings
    )
    world.aws.settling.pass_by()
    with pytest.raises(RotationError) as refused:
        made.step("createSecret", made.stage())
    assert says in str(refused.value)
    with pytest.raises(BlockingIOError):  # nobody has come
        stranger.accept()
