"""One server for all tests of the sandbox, emptied before each.

`pytest tests/sandbox --plain-moto` runs them against moto as it is: every test of a correction
must fail there, or it corrects nothing.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import textwrap
import zipfile
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "us-west-2"
ACCOUNT = "123456789012"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--plain-moto", action="store_true", help="run the sandbox's tests against moto as it is"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "moto_too: what moto has right, and the sandbox must keep; no correction"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # With `-m moto_too` they run, and must pass.
    asked = "moto_too" in (config.option.markexpr or "")
    if config.getoption("--plain-moto", default=False) and not asked:
        for item in items:
            if item.get_closest_marker("moto_too"):
                item.add_marker(pytest.mark.skip(reason="moto has this right"))


class PlainMoto:
    """moto as it is, with as much of the sandbox's interface as makes the tests fail fairly."""

    def __init__(self) -> None:
        from moto.core.config import default_user_config
        from moto.moto_server.threaded_moto_server import ThreadedMotoServer

        default_user_config["lambda"] = {"use_docker": False}
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        self.calls: dict[str, int] = {}
        self.hooks: list[Any] = []
        self.rotations: list[Any] = []
        self.events: list[Any] = []
        self.failures: list[Exception] = []
        self.settling = SimpleNamespace()

    def reset(self) -> None:
        from moto.core.base_backend import BackendDict

        BackendDict.reset()

    def wait_for_rotations(self, timeout: float = 30.0) -> bool:
        return True

    def set_owning_service(self, name: str, service: str) -> None:
        from moto.secretsmanager.models import secretsmanager_backends

        secret: Any = secretsmanager_backends[ACCOUNT][REGION].secrets[name]
        secret.tags = [{"Key": "aws:secretsmanager:owningService", "Value": service}]

    def age_lists(self, seconds: float) -> None:
        """moto's lists have no age."""

    def stop(self) -> None:
        self._server.stop()


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.config.getoption("--plain-moto", default=False):
        plain = PlainMoto()
        yield plain
        plain.stop()
    else:
        yield request.getfixturevalue("embedded_aws")


@pytest.fixture
def aws(server: Any) -> Iterator[Any]:
    """The running server, empty and with every switch as it was."""
    server.reset()
    server.latency = server.list_staleness = 0.0
    server.throttle = server.keeps_pending = False
    server.empty_pages = True
    server.settling.calls, server.settling.seconds = 0, 600.0
    server.hooks = []
    server.after = []
    yield server
    assert server.failures == []


@pytest.fixture(scope="session")
def clients(server: Any) -> dict[tuple[str, str], Any]:
    return {}


@pytest.fixture
def client(aws: Any, clients: dict[tuple[str, str], Any]) -> Any:
    """A function that gives the client of a service. It checks nothing itself, and never tries a
    second time.
    """

    def get(service: str, region: str = REGION) -> Any:
        if (service, region) not in clients:
            clients[service, region] = boto3.client(
                service,
                endpoint_url=aws.url,
                region_name=region,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
            )
        return clients[service, region]

    return get


@pytest.fixture
def secrets(client: Any) -> Any:
    return client("secretsmanager")


@pytest.fixture
def parameters(client: Any) -> Any:
    return client("ssm")


@contextlib.contextmanager
def refused(code: str, *parts: str) -> Iterator[None]:
    """The call must fail with this error code, and say these things."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code
    for part in parts:
        assert part in error["Message"]


def token(letter: str = "a") -> str:
    """A version id of our choice."""
    return letter * 32


def labels(secrets: Any, name: str) -> dict[str, str]:
    """Which version holds each label."""
    stages = secrets.describe_secret(SecretId=name).get("VersionIdsToStages", {})
    return {label: version for version, held in stages.items() for label in held}


ROTATION = """
    import boto3

    def handler(event, context):
        client = boto3.client("secretsmanager")
        arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
        if FAILS == step:
            raise ValueError("no " + step)
        if step == "createSecret":
            client.put_secret_value(
                SecretId=arn, ClientRequestToken=token, SecretString="rotated",
                VersionStages=["AWSPENDING"],
            )
        if step == "finishSecret":
            stages = client.describe_secret(SecretId=arn)["VersionIdsToStages"]
            current = [v for v, held in stages.items() if "AWSCURRENT" in held][0]
            client.update_secret_version_stage(
                SecretId=arn, VersionStage="AWSCURRENT",
                MoveToVersionId=token, RemoveFromVersionId=current,
            )
"""


def deploy_function(
    client: Any,
    code: str = ROTATION,
    *,
    name: str = "rotate",
    fails: str = "",
    permit: bool = True,
    timeout: int = 240,  # a test ends by other limits: a busy machine is no fault
    variables: dict[str, str] | None = None,
) -> str:
    """Deploy a Lambda function, with its role and Secrets Manager's permission; its ARN."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("rotate.py", f"FAILS = {fails!r}\n" + textwrap.dedent(code))
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    with contextlib.suppress(ClientError):
        client("iam").create_role(RoleName="fn", AssumeRolePolicyDocument=json.dumps(trust))
    function: str = client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Handler="rotate.handler",
        Role=f"arn:aws:iam::{ACCOUNT}:role/fn",
        Code={"ZipFile": archive.getvalue()},
        Timeout=timeout,
        Environment={"Variables": variables or {}},
    )["FunctionArn"]
    if permit:
        client("lambda").add_permission(
            FunctionName=name,
            StatementId="rotation",
            Action="lambda:InvokeFunction",
            Principal="secretsmanager.amazonaws.com",
        )
    return function


@pytest.fixture
def deploy(client: Any) -> Any:
    """`deploy_function` with this test's clients."""
    return functools.partial(deploy_function, client)
