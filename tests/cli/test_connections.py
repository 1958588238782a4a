"""Sessions: what of botocore's they read, and in which form they tell dates."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import UnknownServiceError

from reconciler.cli.connections import Connections, Session
from reconciler.cli.identity import Identity
from reconciler.core.model import Scope
from tests.cli.run import python
from tests.world import World

SCOPE = Scope("production", "123456789012", "us-west-2", "/test/production", "test")


def session() -> Session:
    return Connections().session(Identity(), SCOPE)


def test_a_client_reads_of_its_own_service_alone() -> None:
    looked = python(
        "from botocore.loaders import JSONFileLoader\n"
        "exists, looked = JSONFileLoader.exists, set()\n"
        "def seen(self, path):\n"
        "    looked.add(path.split('/data/')[-1].split('/')[0])\n"
        "    return exists(self, path)\n"
        "JSONFileLoader.exists = seen\n"
        "from reconciler.cli.connections import Connections\n"
        "from reconciler.cli.identity import Identity\n"
        "from reconciler.core.model import Scope\n"
        "scope = Scope('production', '123456789012', 'us-west-2', '/test', 'test')\n"
        "session = Connections().session(Identity(), scope)\n"
        "for service in ('sts', 'secretsmanager', 'ssm'):\n"
        "    session.client(service, region_name='us-west-2')\n"
        "print(*sorted(looked))\n",
        {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"},
    )
    assert looked.split() == ["secretsmanager", "ssm", "sts"]


@pytest.mark.usefixtures("world")
def test_a_service_that_botocore_does_not_have_is_still_told() -> None:
    with pytest.raises(UnknownServiceError):
        session().client("secretsmanger", region_name="us-west-2")


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as there:
        there.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_east")
def test_dates_are_of_utc_as_numbers_and_as_text(world: World) -> None:
    world.converge()
    now = datetime.now(UTC)
    made = session()
    secrets = made.client("secretsmanager", region_name="us-west-2").list_secrets()["SecretList"]
    role = {"RoleArn": "arn:aws:iam::123456789012:role/plan", "RoleSessionName": "test"}
    assumed = made.client("sts", region_name="us-west-2").assume_role(**role)
    number, text = secrets[0]["CreatedDate"], assumed["Credentials"]["Expiration"]
    assert number.utcoffset() == text.utcoffset() == timedelta(0)
    assert abs(number - now) < timedelta(hours=1)
    assert now < text < now + timedelta(hours=13)
