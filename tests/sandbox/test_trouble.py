"""What goes wrong with a real AWS: staleness, throttling, failures, lost answers."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from reconciler.sandbox import server, staleness
from reconciler.sandbox.throttle import QUOTAS
from tests import nearby

from .conftest import refused, token


@pytest.fixture(params=["near", "over HTTP"], autouse=True)
def _either_way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Other tests call the sandbox without a network, which may make no difference."""
    with nearby.far() if request.param == "over HTTP" else contextlib.nullcontext():
        yield


def test_lists_are_stale(aws: Any, secrets: Any) -> None:
    """ "ListSecrets might not reflect changes from the last five minutes. You can get more recent
    information for a specific secret by calling DescribeSecret": what is new is absent, what
    changed is old, what is gone is there.
    """
    secrets.create_secret(Name="old", SecretString="x", ClientRequestToken=token())
    secrets.create_secret(Name="gone", SecretString="x")
    aws.age_lists(301.0)
    aws.list_staleness = 300.0
    secrets.create_secret(Name="new", SecretString="x")
    secrets.put_secret_value(SecretId="old", SecretString="y", ClientRequestToken=token("b"))
    secrets.delete_secret(SecretId="gone", ForceDeleteWithoutRecovery=True)
    entries = {entry["Name"]: entry for entry in secrets.list_secrets()["SecretList"]}
    assert set(entries) == {"old", "gone"}
    assert entries["old"]["SecretVersionsToStages"] == {token(): ["AWSCURRENT"]}
    assert token("b") in secrets.describe_secret(SecretId="old")["VersionIdsToStages"]
    with refused("ResourceNotFoundException"):
        secrets.describe_secret(SecretId="gone")
    aws.age_lists(301.0)
    names = [entry["Name"] for entry in secrets.list_secrets()["SecretList"]]
    assert names == ["old", "new"]


@pytest.mark.moto_too
def test_the_past_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten minutes are remembered, and what is gone for longer leaves nothing; the same ARN may come
    and go, as a replica's does.
    """
    clock = [1000.0]
    monkeypatch.setattr(staleness, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    history = staleness.History()

    def listed(seconds: float = 0.0) -> list[int]:
        return [entry["n"] for _, entry in history.view(seconds)]

    history.record("a", {"n": 1})
    history.record("a", None)
    clock[0] += 400
    history.record("a", {"n": 2})
    history.record("a", None)
    clock[0] += 400
    history.record("b", {"n": 3})
    history.record("b", None)
    assert (listed(), listed(300.0)) == ([], [])
    clock[0] += 700
    history.record("c", {"n": 4})
    history.record("c", None)
    assert list(history._lines) == ["c"]


def test_parameters_are_throttled(aws: Any, parameters: Any) -> None:
    """ "If you experience ThrottlingException: Rate exceeded errors, enable higher throughput":
    by default three PutParameter a second.
    """
    aws.throttle = True
    with refused("ThrottlingException", "Rate exceeded"):
        for number in range(30):
            parameters.put_parameter(Name=f"/p{number}", Value="v", Type="String")
    written = len(parameters.describe_parameters(MaxResults=50)["Parameters"])
    assert 3 <= written < 30
    time.sleep(0.4)
    parameters.put_parameter(Name="/later", Value="v", Type="String")


@pytest.mark.parametrize(("value", "rate"), [("false", 3), ("true", 10)])
def test_higher_throughput(
    aws: Any, parameters: Any, monkeypatch: pytest.MonkeyPatch, value: str, rate: int
) -> None:
    """GetServiceSetting of /ssm/parameter-store/high-throughput-enabled says which of the two
    quotas of PutParameter holds.
    """
    name = "/ssm/parameter-store/high-throughput-enabled"
    parameters.update_service_setting(SettingId=name, SettingValue=value)
    setting = parameters.get_service_setting(SettingId=name)["ServiceSetting"]
    assert (setting["SettingId"], setting["SettingValue"]) == (name, value)
    clock = SimpleNamespace(monotonic=lambda: 1000.0)
    monkeypatch.setattr("reconciler.sandbox.throttle.time", clock)
    aws.throttle = True
    for number in range(rate):
        parameters.put_parameter(Name=f"/p{number}", Value="v", Type="String")
    with refused("ThrottlingException"):
        parameters.put_parameter(Name="/more", Value="v", Type="String")


def test_writes_of_secrets_share_a_quota(
    aws: Any, secrets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One combined quota, of 50 a second, for PutSecretValue, UpdateSecret,
    UpdateSecretVersionStage and replication; reads have their own. (Here: two a second, so that
    no machine is too slow to reach it.)
    """
    secrets.create_secret(Name="s", SecretString="x", ClientRequestToken=token())
    for operation in ("UpdateSecret", "PutSecretValue"):
        assert QUOTAS["secretsmanager"][operation] == ("PutSecretValue", 50)
        monkeypatch.setitem(QUOTAS["secretsmanager"], operation, ("PutSecretValue", 2))
    aws.throttle = True
    with refused("ThrottlingException", "Rate exceeded"):
        for _ in range(20):
            secrets.update_secret(SecretId="s", Description="d")
            secrets.put_secret_value(SecretId="s", SecretString="x", ClientRequestToken=token())
    secrets.describe_secret(SecretId="s")


def test_a_hook_refuses_a_call(aws: Any, secrets: Any) -> None:
    """A hook makes a call fail as AWS would, without effect; it sees the parsed body."""
    seen = []

    def deny(operation: str, body: Any) -> tuple[int, str, str] | None:
        seen.append((operation, body["Name"]))
        return (400, "AccessDeniedException", "not authorized") if body["Name"] == "b" else None

    aws.hooks.append(deny)
    secrets.create_secret(Name="a")
    with refused("AccessDeniedException", "not authorized"):
        secrets.create_secret(Name="b")
    aws.hooks.clear()
    assert [entry["Name"] for entry in secrets.list_secrets()["SecretList"]] == ["a"]
    assert seen == [("CreateSecret", "a"), ("CreateSecret", "b")]


def test_a_hook_refuses_a_query_call(aws: Any, client: Any) -> None:
    """The same in the XML of the older protocols."""
    aws.hooks.append(lambda operation, body: (403, "ExpiredToken", "expired & gone"))
    with refused("ExpiredToken", "expired & gone"):
        client("sts").get_caller_identity()


def test_a_hook_loses_an_answer(aws: Any, secrets: Any) -> None:
    """The write happens, the answer does not come: what a caller must be able to find out."""
    from reconciler.sandbox import Drop

    def lose(operation: str, body: Any, answer: Any) -> None:
        if operation == "CreateSecret":
            raise Drop

    aws.after.append(lose)
    with pytest.raises(ConnectionClosedError):
        secrets.create_secret(Name="s")
    aws.after.clear()
    assert [entry["Name"] for entry in secrets.list_secrets()["SecretList"]] == ["s"]


def test_a_hook_truncates_an_answer(aws: Any, secrets: Any) -> None:
    """A body that is cut to `{}` gives boto3 a read without SecretString, and no error."""
    secrets.create_secret(Name="s", SecretString="x")

    def cut(operation: str, body: Any, answer: Any) -> None:
        if operation == "GetSecretValue":
            answer.body = b"{}"

    aws.after.append(cut)
    assert "SecretString" not in secrets.get_secret_value(SecretId="s")


def test_a_hook_cuts_the_connection(aws: Any, secrets: Any) -> None:
    """The full length is announced, and half of it comes: boto3 reads that as an empty answer,
    without an error.
    """

    def cut(operation: str, body: Any, answer: Any) -> None:
        answer.sent = len(answer.body) // 2

    aws.after.append(cut)
    secrets.create_secret(Name="s")
    assert "SecretList" not in secrets.list_secrets()


def test_latency(aws: Any, secrets: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call waits."""
    waited: list[float] = []
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=waited.append)
    monkeypatch.setattr(server, "time", clock)
    aws.latency = 0.1
    secrets.list_secrets()
    assert waited == [0.1]
