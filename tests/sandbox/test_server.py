"""The server itself: connections, counting, speed, state, shutting down."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlparse

import pytest
from botocore.exceptions import ClientError

from reconciler.sandbox import secret_lists, server
from reconciler.sandbox.http import Handler
from reconciler.sandbox.state import StateError, load
from tests.embedded import Embedded
from tests.limit import has_to_end
from tests.steps import steps

from .conftest import deploy_function, labels, refused, token

pytestmark = [pytest.mark.moto_too, pytest.mark.usefixtures("over_http")]


@pytest.fixture(autouse=True)
def _not_moto(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--plain-moto", default=False):
        pytest.skip("the sandbox's own server")


def ask(connection: http.client.HTTPConnection, target: str, body: bytes) -> Any:
    """One signed-looking request over an open connection."""
    service = "secretsmanager" if target.startswith("secretsmanager") else "ssm"
    connection.request(
        "POST",
        "/",
        body,
        {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": target,
            "Authorization": "AWS4-HMAC-SHA256 "
            f"Credential=a/20260101/us-west-2/{service}/aws4_request, Signature=b",
        },
    )
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read() or b"null")


@pytest.fixture
def connection(aws: Any) -> Any:
    made = http.client.HTTPConnection("127.0.0.1", urlparse(aws.url).port)
    yield made
    made.close()


def test_connections_are_kept(connection: Any) -> None:
    """One connection carries many requests, refused ones included, without a 40 ms pause each."""
    ask(connection, "secretsmanager.ListSecrets", b"{}")
    used = connection.sock
    for _ in range(20):
        assert ask(connection, "secretsmanager.ListSecrets", b"{}")[0] == 200
        assert ask(connection, "secretsmanager.DescribeSecret", b'{"SecretId": "s"}')[0] == 400
    assert connection.sock is used
    # An answer that waits for the acknowledgement of the one before: in two parts, or held back.
    assert Handler.disable_nagle_algorithm
    assert Handler.wbufsize != 0


def test_bodies_that_are_no_request(connection: Any) -> None:
    """Not JSON, and an operation that does not exist."""
    status, answer = ask(connection, "secretsmanager.ListSecrets", b"{")
    assert (status, answer["__type"]) == (400, "SerializationException")
    status, answer = ask(connection, "secretsmanager.Nonsense", b"{}")
    assert (status, answer["__type"]) == (400, "UnknownOperationException")


def test_requests_must_be_signed_for_the_service(connection: Any) -> None:
    """The signature is not checked, but there must be one, and for this service."""
    for headers, code in (
        ({}, "MissingAuthenticationTokenException"),
        (
            {"Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-west-2/ssm/aws4_request"},
            "InvalidSignatureException",
        ),
    ):
        connection.request(
            "POST", "/", b"{}", {"X-Amz-Target": "secretsmanager.ListSecrets", **headers}
        )
        answer = connection.getresponse()
        assert answer.status == 403
        assert json.loads(answer.read())["__type"] == code


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}])
def test_web_pages_are_kept_out(connection: Any, headers: dict[str, str]) -> None:
    """A page in a browser can reach 127.0.0.1, and moto allows every origin."""
    for method in ("POST", "OPTIONS"):
        connection.request(method, "/", b"{}", headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 403


def test_the_tagging_api_sees_secrets(client: Any) -> None:
    """The Resource Groups Tagging API reads and writes the same tags."""
    arn = client("secretsmanager").create_secret(Name="s", Tags=[{"Key": "k", "Value": "v"}])["ARN"]
    tagging = client("resourcegroupstaggingapi")
    found = tagging.get_resources(ResourceTypeFilters=["secretsmanager:secret"])
    assert [one["ResourceARN"] for one in found["ResourceTagMappingList"]] == [arn]
    tagging.tag_resources(ResourceARNList=[arn], Tags={"more": "1"})
    (entry,) = client("secretsmanager").list_secrets()["SecretList"]
    assert {"Key": "more", "Value": "1"} in entry["Tags"]


def test_a_raw_request_needs_a_token(connection: Any) -> None:
    """ "If you generate a raw HTTP request to the Secrets Manager service endpoint, then you must
    generate a ClientRequestToken and include it in the request."
    """
    body = json.dumps({"Name": "s", "SecretString": "x"}).encode()
    status, answer = ask(connection, "secretsmanager.CreateSecret", body)
    assert (status, answer["__type"]) == (400, "InvalidRequestException")


def test_calls_are_counted_by_name(aws: Any, secrets: Any, parameters: Any, client: Any) -> None:
    """Every protocol's operations, by AWS's name."""
    secrets.list_secrets()
    secrets.list_secrets()
    parameters.describe_parameters()
    assert client("sts").get_caller_identity()["Account"] == "123456789012"
    client("kms").list_keys()
    client("lambda").list_functions()
    assert aws.calls == {
        "ListSecrets": 2,
        "DescribeParameters": 1,
        "GetCallerIdentity": 1,
        "ListKeys": 1,
        "ListFunctions": 1,
    }
    assert aws.log[2] == ("DescribeParameters", {})
    aws.reset()
    assert (aws.calls, aws.log) == ({}, [])


def test_the_rest_of_moto_is_there(client: Any) -> None:
    """Services that the sandbox does not correct."""
    client("s3").create_bucket(
        Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    client("s3").put_object(Bucket="bucket", Key="k/1", Body=b"x" * 10)
    assert client("s3").get_object(Bucket="bucket", Key="k/1")["Body"].read() == b"x" * 10
    client("s3").head_object(Bucket="bucket", Key="k/1")
    client("s3").delete_object(Bucket="bucket", Key="k/1")


def test_kms_encrypts(client: Any) -> None:
    """What sops does with a KMS key."""
    key = client("kms").create_key()["KeyMetadata"]["KeyId"]
    client("kms").create_alias(AliasName="alias/k", TargetKeyId=key)
    sealed = client("kms").encrypt(
        KeyId="alias/k", Plaintext=b"x", EncryptionContext={"environment": "production"}
    )["CiphertextBlob"]
    opened = client("kms").decrypt(
        CiphertextBlob=sealed, EncryptionContext={"environment": "production"}
    )
    assert opened["Plaintext"] == b"x"


def test_regions_are_apart(client: Any) -> None:
    """The Region is that of the request's signature."""
    client("secretsmanager").create_secret(Name="s")
    assert client("secretsmanager", "eu-west-1").list_secrets()["SecretList"] == []


def test_many_at_once(aws: Any, secrets: Any) -> None:
    """Concurrent writers of one secret: every version is there, one is current."""
    secrets.create_secret(Name="s", SecretString="0", ClientRequestToken=token())

    def write(number: int) -> None:
        secrets.put_secret_value(
            SecretId="s", SecretString=str(number), ClientRequestToken=f"{number:032}"
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    held = labels(secrets, "s")
    assert set(held) == {"AWSCURRENT", "AWSPREVIOUS"}
    assert len(aws.secret("s").versions) == 41


def test_latency_is_not_serial(aws: Any, secrets: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls at the same time wait at the same time: each of the eight for all others."""
    all_wait = threading.Barrier(8)
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: all_wait.wait(300))
    monkeypatch.setattr(server, "time", clock)
    aws.latency = 0.2
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: secrets.list_secrets(), range(8)))
    assert not all_wait.broken


def test_a_page_costs_a_page(aws: Any, connection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are before it and behind it."""
    for number in range(600):
        body = {"Name": f"s{number:05}", "SecretString": "x", "ClientRequestToken": token()}
        ask(connection, "secretsmanager.CreateSecret", json.dumps(body).encode())
    costs = []
    page = secret_lists.page_of

    def counted(*given: Any) -> Any:
        pages: list[Any] = []
        costs.append(steps(lambda: pages.append(page(*given))))
        return pages[0]

    monkeypatch.setattr(secret_lists, "page_of", counted)
    given: dict[str, Any] = {"Filters": [{"Key": "name", "Values": ["s0"]}]}
    while True:
        _, answer = ask(connection, "secretsmanager.ListSecrets", json.dumps(given).encode())
        if "NextToken" not in answer:
            break
        given["NextToken"] = answer["NextToken"]
    assert len(costs) == 6
    assert max(costs) < 1.1 * min(costs)


def test_one_sandbox_a_process(aws: Any) -> None:
    """moto's state belongs to the process, so that a second sandbox would share it."""
    with pytest.raises(RuntimeError, match="another sandbox"):
        Embedded().start()


PROGRAM = """
import sys
from pathlib import Path
from reconciler.sandbox import serve
serve(state=Path(sys.argv[1]), ready=lambda url, key: print(url, key.id, flush=True))
"""


class Served:
    """A sandbox in a process of its own, as the command line runs it."""

    def __init__(self, state: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(state)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert self.process.stdout is not None
        self.url, self.key = self.process.stdout.readline().split()

    def client(self, service: str, region: str = "us-west-2", *, key: str | None = None) -> Any:
        import boto3

        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=self.key if key is None else key,
            aws_secret_access_key="any",
        )

    def stop(self, number: int) -> int:
        self.process.send_signal(number)
        try:
            return self.process.wait(300)
        finally:
            if self.process.stdout is not None:
                self.process.stdout.close()


def test_a_served_sandbox_answers_nobody_else(tmp_path: Path) -> None:
    """Another user of the machine reaches 127.0.0.1 too, and a function of his would run as us."""
    served = Served(tmp_path / "state.json")
    try:
        for key in ("test", "ASIASANDBOXFUNCTION0", served.key[:-1], served.key.lower()):
            with refused("UnrecognizedClientException"):
                deploy_function(partial(served.client, key=key))
            with refused("UnrecognizedClientException"):
                served.client("secretsmanager", key=key).list_secrets()
            with refused("InvalidClientTokenId"):
                served.client("sts", key=key).get_caller_identity()
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(served.url, timeout=10)
        # A function that really runs may call, and so may a key that IAM issued here.
        deploy_function(served.client)
        iam = served.client("iam")
        iam.create_user(UserName="other")
        issued = iam.create_access_key(UserName="other")["AccessKey"]["AccessKeyId"]
        assert served.client("secretsmanager", key=issued).list_secrets()["SecretList"] == []
        assert served.client("lambda").list_functions()["Functions"]
    finally:
        assert served.stop(signal.SIGTERM) == 0


def test_state_survives_a_restart(tmp_path: Path) -> None:
    """Secrets with versions and labels, parameters with history, labels and tags, functions with
    code and policy, keys and aliases, roles: all there after SIGTERM and a new start.
    """
    state = tmp_path / "state.json"
    first = Served(state)
    try:
        secrets = first.client("secretsmanager")
        secrets.create_secret(
            Name="s",
            SecretBinary=b"\x00x",
            ClientRequestToken=token(),
            Tags=[{"Key": "k", "Value": "v"}],
        )
        secrets.put_secret_value(
            SecretId="s",
            SecretString="pending",
            ClientRequestToken=token("b"),
            VersionStages=["MINE"],
        )
        secrets.replicate_secret_to_regions(
            SecretId="s", AddReplicaRegions=[{"Region": "eu-west-1"}]
        )
        parameters = first.client("ssm")
        parameters.put_parameter(
            Name="/p", Value="1", Type="SecureString", Tags=[{"Key": "k", "Value": "v"}]
        )
        parameters.put_parameter(Name="/p", Value="2", Overwrite=True, Description="d")
        parameters.label_parameter_version(Name="/p", ParameterVersion=1, Labels=["old"])
        key = first.client("kms").create_key()["KeyMetadata"]["KeyId"]
        first.client("kms").create_alias(AliasName="alias/k", TargetKeyId=key)
        sealed = first.client("kms").encrypt(KeyId="alias/k", Plaintext=b"x")["CiphertextBlob"]
        for _ in range(2):  # not found at first, then in replication
            with contextlib.suppress(ClientError):
                secrets.describe_secret(SecretId="s")
        before = secrets.describe_secret(SecretId="s")
        deploy_function(first.client)
        iam = first.client("iam")
        said = [
            json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Sid": sid, "Effect": "Deny", "Action": "s3:*", "Resource": "*"}
                    ],
                }
            )
            for sid in ("First", "Second")
        ]
        policy = iam.create_policy(PolicyName="managed", PolicyDocument=said[0])["Policy"]["Arn"]
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=said[1], SetAsDefault=True)
        iam.attach_role_policy(RoleName="fn", PolicyArn=policy)
        role = iam.get_role(RoleName="fn")["Role"]
    finally:
        assert first.stop(signal.SIGTERM) == 0
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]
    second = Served(state)
    try:
        secrets = second.client("secretsmanager")
        after = secrets.describe_secret(SecretId="s")
        for answer in (before, after):
            del answer["ResponseMetadata"]
        assert after == before
        assert secrets.get_secret_value(SecretId="s")["SecretBinary"] == b"\x00x"
        there = second.client("secretsmanager", "eu-west-1")
        secrets.put_secret_value(SecretId="s", SecretString="new")
        assert there.get_secret_value(SecretId="s")["SecretString"] == "new"
        history = second.client("ssm").get_parameter_history(Name="/p", WithDecryption=True)
        assert [
            (one["Version"], one["Value"], one["Labels"], one.get("Description"))
            for one in history["Parameters"]
        ] == [(1, "1", ["old"], None), (2, "2", [], "d")]
        tags = second.client("ssm").list_tags_for_resource(
            ResourceType="Parameter", ResourceId="/p"
        )
        assert tags["TagList"] == [{"Key": "k", "Value": "v"}]
        opened = second.client("kms").decrypt(CiphertextBlob=sealed)
        assert opened["Plaintext"] == b"x"
        assert (
            "secretsmanager" in second.client("lambda").get_policy(FunctionName="rotate")["Policy"]
        )
        answer = second.client("lambda").invoke(FunctionName="rotate", Payload=b"{}")
        assert json.loads(answer["Payload"].read())["errorType"] == "KeyError"
        iam = second.client("iam")
        attached = iam.list_attached_role_policies(RoleName="fn")["AttachedPolicies"]
        assert [one["PolicyArn"] for one in attached] == [policy]
        version = iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"]
        now = iam.get_policy_version(PolicyArn=policy, VersionId=version)["PolicyVersion"]
        assert now["Document"]["Statement"][0]["Sid"] == "Second"
        kept = iam.get_role(RoleName="fn")["Role"]
        assert kept == role | {"CreateDate": kept["CreateDate"]}
    finally:
        assert second.stop(signal.SIGINT) == 0


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "is not a state file"),
        ("[]", "is not a state file"),
        ('{"format": "other"}', "is not a state file"),
        ('{"format": "reconciler-sandbox-state", "version": 99}', "another version"),
        ('{"format": "reconciler-sandbox-state", "version": 3}', "is damaged"),
    ],
)
def test_a_foreign_state_file(tmp_path: Path, content: str, why: str) -> None:
    """One clear error that names the file, and quotes nothing of it."""
    path = tmp_path / "state.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(StateError, match=why) as caught:
        load(path)
    assert str(caught.value).startswith(str(path))


def test_an_untrusted_state_file(tmp_path: Path) -> None:
    """Others may not have written it, and it may not be elsewhere than it seems."""
    path = tmp_path / "state.json"
    path.write_text("{}")
    path.chmod(0o666)
    with pytest.raises(StateError, match="others may write"):
        load(path)
    path.chmod(0o600)
    link = tmp_path / "link.json"
    link.symlink_to(path)
    with pytest.raises(StateError, match="cannot be opened"):
        load(link)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(StateError, match="not a regular file"):
        load(tmp_path / "pipe")
    load(tmp_path / "not-there.json")


def test_nothing_runs_on_after_a_reset(aws: Any, secrets: Any, deploy: Any) -> None:
    """A reset ends what runs in the background, so that one test cannot write into the next."""
    code = """
        import time

        def handler(event, context):
            time.sleep(3600)
    """
    secrets.create_secret(Name="s", SecretString="x")
    secrets.rotate_secret(
        SecretId="s",
        RotationLambdaARN=deploy(code),
        RotationRules={"AutomaticallyAfterDays": 7},
    )
    with has_to_end():
        aws.reset()
    assert not [thread for thread in threading.enumerate() if "rotation" in thread.name]


def test_what_the_embedded_aws_does_not_know_is_refused_at_once(aws: Any, client: Any) -> None:
    with pytest.raises(ClientError) as caught:
        client("iam").simulate_principal_policy(
            PolicySourceArn="arn:aws:iam::123456789012:role/r", ActionNames=["ssm:PutParameter"]
        )
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
    assert aws.calls["SimulatePrincipalPolicy"] == 1
    assert aws.failures == []
