"""The one door to AWS: what each way to fail becomes, and that no value leaves with it.

A server on the loopback plays AWS; boto3 and botocore are the real ones.
"""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from reconciler.aws import connection, settling
from reconciler.aws.client import (
    LONGEST_PAUSE,
    PATIENCE,
    Aws,
    caller_account,
    require,
)
from reconciler.aws.pacing import Pacing
from reconciler.core.errors import AwsError, CredentialsError, Exit, ReconcilerError
from reconciler.values.sensitive import Sensitive
from tests.limit import has_to_end

CANARY = "canary-8c1e0f"
Answer = Callable[[BaseHTTPRequestHandler], None]


# --- a server that plays AWS ----------------------------------------------------------------------


def answer(
    status: int, body: str, *, cut: int = 0, kind: str = "application/x-amz-json-1.1"
) -> Answer:
    """An answer; ``cut`` bytes of it never arrive."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        data = body.encode()
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("x-amzn-RequestId", "req-1")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[: len(data) - cut])
        handler.close_connection = True

    return send


def error(status: int, code: str, message: str = "no") -> Answer:
    return answer(status, json.dumps({"__type": code, "message": message}))


def echo(status: int, code: str) -> Answer:
    """An error whose message quotes the request, as AWS's validation does."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        error(status, code, f"value at 'x': {handler.sent}")(handler)  # type: ignore[attr-defined]

    return send


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


class Server:
    """``answers`` are given one after the other; the last one again and again."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.requests: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer.requests.append(self.sent)
                step = min(len(outer.requests), len(outer.answers)) - 1
                outer.answers[step](self)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture(scope="module")
def one_server() -> Iterator[Server]:
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


@pytest.fixture
def server(one_server: Server) -> Server:
    one_server.answers, one_server.requests = [], []
    return one_server


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long botocore and our own door would have waited: on their clock it has passed."""
    waited: list[float] = []

    def now() -> float:
        return time.monotonic() + sum(waited)

    clock = SimpleNamespace(**{**vars(time), "sleep": waited.append, "monotonic": now})
    monkeypatch.setattr("botocore.endpoint.time", clock)
    monkeypatch.setattr("reconciler.aws.client.time", clock)
    monkeypatch.setattr("reconciler.aws.connection.time", clock)
    monkeypatch.setattr("reconciler.aws.pacing.time", clock)
    return waited


@pytest.fixture(scope="module")
def session() -> boto3.session.Session:
    return boto3.session.Session(
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="example",
        region_name="us-west-2",
    )


class Unpaced(Pacing):
    """Lets every call begin at once: what holds the quotas is tested by itself."""

    def take(self, service: str, operation: str, deadline: float | None) -> bool:
        return True


@pytest.fixture
def aws(server: Server, session: Any, monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("HTTP_PROXY", raising=False)
    monkeypatch.delenv("http_proxy", raising=False)
    return Aws(session, "us-west-2", pacing=Unpaced())


def describe(aws: Aws) -> Any:
    return aws.call("secretsmanager", "describe_secret", SecretId="x")


def failure(call: Callable[..., Any], *args: Any, **more: Any) -> ReconcilerError:
    with pytest.raises(ReconcilerError) as caught:
        call(*args, **more)
    return caught.value


# --- answers --------------------------------------------------------------------------------------


def test_an_answer_is_returned_and_the_call_is_counted(aws, server):
    server.answers = [answer(200, '{"Name": "x"}')]
    assert describe(aws)["Name"] == "x"
    assert aws.calls == {"DescribeSecret": 1}


def test_a_call_that_is_repeated_counts_once(aws, server):
    server.answers = [error(500, "InternalServiceError")] * 2 + [answer(200, '{"Name": "x"}')]
    assert describe(aws)["Name"] == "x"
    assert len(server.requests) == 3
    assert aws.calls == {"DescribeSecret": 1}


def test_throttling_is_waited_for(aws, server, slept):
    server.answers = [error(400, "ThrottlingException")] * 3 + [answer(200, '{"Name": "x"}')]
    assert describe(aws)["Name"] == "x"
    assert len(slept) == 3


@pytest.mark.parametrize(
    "given",
    [answer(200, "{}"), answer(200, ""), answer(200, '{"Name": "x"}', cut=5)],
    ids=["empty", "nothing", "cut off"],
)
def test_an_empty_answer_is_a_failure_where_a_field_is_needed(aws, server, given):
    server.answers = [given]
    found = failure(require, describe(aws), "Name", "describe_secret")
    assert (found.aws_code, found.uncertain, found.exit_code) == (
        "TruncatedAnswer",
        True,
        Exit.ERROR,
    )
    assert str(found) == "describe_secret: the answer came back without Name"


@pytest.mark.parametrize("body", ["", "{}", "garbage", "<html>", '{"NextToken": "x"}'])
def test_a_list_without_its_field_never_means_that_nothing_is_there(aws, server, body):
    server.answers = [answer(200, body)]
    pages = aws.pages("secretsmanager", "list_secrets", "SecretList")
    assert failure(list, pages).aws_code == "TruncatedAnswer"


def test_a_list_that_fails_half_way_is_a_failure(aws, server):
    first = answer(200, '{"SecretList": [{"Name": "a"}], "NextToken": "t"}')
    server.answers = [first, error(400, "AccessDeniedException")]
    pages = aws.pages("secretsmanager", "list_secrets", "SecretList")
    assert next(pages) == [{"Name": "a"}]
    assert failure(next, pages).aws_code == "AccessDeniedException"


def test_pages_are_read_until_there_is_no_token_one_call_each(aws, server):
    server.answers = [
        answer(200, '{"Parameters": [], "NextToken": "t1"}'),
        answer(200, '{"Parameters": [{"Name": "a"}], "NextToken": "t2"}'),
        answer(200, '{"Parameters": []}'),
    ]
    pages = list(aws.pages("ssm", "describe_parameters", "Parameters", MaxResults=50))
    assert pages == [[], [{"Name": "a"}], []]
    assert aws.calls == {"DescribeParameters": 3}
    assert [json.loads(r).get("NextToken") for r in server.requests] == [None, "t1", "t2"]
    assert {json.loads(r)["MaxResults"] for r in server.requests} == {50}


@pytest.mark.parametrize("tokens", [["t", "t"], ["t", "u", "t"]], ids=["the same", "a circle"])
def test_a_list_that_goes_in_a_circle_ends(aws, server, tokens):
    entries = '{"SecretList": [{"Name": "a"}], "NextToken": "%s"}'
    server.answers = [answer(200, entries % token) for token in [*tokens, *tokens]]
    pages = aws.pages("secretsmanager", "list_secrets", "SecretList")
    found = failure(list, pages)
    assert (found.aws_code, found.uncertain) == ("EndlessList", False)
    assert aws.calls == {"ListSecrets": len(tokens)}


# --- failures -------------------------------------------------------------------------------------

FAILED: dict[str, tuple[Answer, str, bool, str | None, str]] = {
    # answer, aws_code, uncertain, a part of the hint, a part of the message
    "denied": (
        error(400, "AccessDeniedException", "User: x is not authorized"),
        "AccessDeniedException",
        False,
        "the role needs the permission for DescribeSecret",
        "DescribeSecret: AccessDeniedException: User: x is not authorized",
    ),
    "not found": (
        error(400, "ResourceNotFoundException", "can't find"),
        "ResourceNotFoundException",
        False,
        None,
        "DescribeSecret: ResourceNotFoundException: can't find",
    ),
    "a code with its namespace": (
        error(400, "com.amazonaws.secretsmanager#InvalidRequestException"),
        "InvalidRequestException",
        False,
        None,
        "InvalidRequestException",
    ),
    "a message of many lines": (
        error(400, "ValidationException", "one\n\ttwo"),
        "ValidationException",
        False,
        None,
        "ValidationException: one two",
    ),
    "no message": (
        error(400, "ValidationException", ""),
        "ValidationException",
        False,
        None,
        "DescribeSecret: ValidationException (request req-1)",
    ),
    "failing": (error(500, "InternalServiceError"), "InternalServiceError", True, None, "Internal"),
    "unavailable": (answer(503, ""), "503", True, "run again", "DescribeSecret: 503"),
    "throttled": (
        error(400, "ThrottlingException"),
        "ThrottlingException",
        False,
        "AWS throttles this account",
        "ThrottlingException",
    ),
    "garbage and 400": (answer(400, "<html>"), "400", True, "run again", "DescribeSecret: 400"),
    "hung up": (
        hang_up,
        "ConnectionClosedError",
        True,
        "run again",
        "the answer was lost or damaged",
    ),
}


@pytest.mark.parametrize(
    ("given", "code", "uncertain", "hint", "said"), FAILED.values(), ids=FAILED
)
def test_a_failure_has_a_code_and_says_whether_it_may_have_been_done(
    aws, server, given, code, uncertain, hint, said
):
    server.answers = [given]
    found = failure(describe, aws)
    assert isinstance(found, AwsError)
    assert (found.aws_code, found.uncertain) == (code, uncertain)
    assert (found.operation, found.exit_code, found.code) == ("DescribeSecret", Exit.ERROR, "aws")
    assert said in str(found)
    assert hint is None or hint in found.hint
    assert found.__cause__ is None
    assert found.__context__ is None


CALLER = {
    "expired": ("ExpiredTokenException", "expired"),
    "expired by its other name": ("ExpiredToken", "expired"),
    "unknown": ("UnrecognizedClientException", "does not accept"),
    "wrong signature": ("InvalidSignatureException", "does not accept"),
}


@pytest.mark.parametrize(("code", "said"), CALLER.values(), ids=CALLER)
def test_a_caller_that_aws_does_not_know_is_a_matter_of_credentials(aws, server, code, said):
    server.answers = [error(400, code)]
    found = failure(describe, aws)
    assert isinstance(found, CredentialsError)
    assert said in str(found)
    assert found.exit_code is Exit.ERROR
    assert len(server.requests) == 1


def test_a_failure_that_does_not_pass_is_not_repeated(aws, server):
    server.answers = [error(400, "AccessDeniedException")]
    failure(describe, aws)
    assert len(server.requests) == 1


def test_no_credentials_is_a_matter_of_credentials(server, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ROLE_ARN",
                 "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                 "AWS_WEB_IDENTITY_TOKEN_FILE"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    found = failure(caller_account, Aws(boto3.session.Session(), "us-west-2"))
    assert isinstance(found, CredentialsError)
    assert "NoCredentialsError" in str(found)
    assert server.requests == []


def test_a_region_of_another_form_is_an_error_of_ours(session):
    found = failure(describe, Aws(session, "not a region!"))
    assert isinstance(found, ReconcilerError)
    assert found.__context__ is None


# --- who is calling -------------------------------------------------------------------------------

IDENTITY = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
    "<GetCallerIdentityResult><Arn>arn:x</Arn><Account>123456789012</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


def test_the_caller_s_account_is_one_call(aws, server):
    server.answers = [answer(200, IDENTITY, kind="text/xml")]
    assert caller_account(aws) == ("123456789012", "arn:x")
    assert aws.calls == {"GetCallerIdentity": 1}


@pytest.mark.parametrize("body", ["", "garbage", IDENTITY.replace("Account", "Other")])
def test_an_answer_without_an_account_is_a_failure(aws, server, body):
    server.answers = [answer(200, body, kind="text/xml")]
    found = failure(caller_account, aws)
    assert isinstance(found, AwsError)
    assert found.uncertain


def test_an_expired_token_is_told_at_the_first_call(aws, server):
    said = "<Error><Code>ExpiredToken</Code><Message>m</Message></Error>"
    body = f"<ErrorResponse>{said}</ErrorResponse>"
    server.answers = [answer(403, body, kind="text/xml")]
    assert isinstance(failure(caller_account, aws), CredentialsError)


def test_where_nobody_listens_the_first_call_ends_soon_and_was_never_sent(
    aws, session, monkeypatch, slept
):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    with has_to_end():
        found = failure(caller_account, Aws(session, "us-west-2"))
    assert sum(slept) < 20  # of its own pauses
    assert isinstance(found, AwsError)
    assert (found.aws_code, found.uncertain) == ("EndpointConnectionError", False)
    assert "AWS cannot be reached" in str(found)
    assert "AWS_ENDPOINT_URL" in found.hint


def test_the_longest_wait_of_the_first_call_is_under_20_seconds():
    backoff = sum(2**attempt for attempt in range(connection.FIRST_ATTEMPTS - 1))
    assert connection.FIRST_ATTEMPTS * connection.CONNECT_TIMEOUT + backoff < 20


# --- what is new ----------------------------------------------------------------------------------

NOT_FOUND = error(400, "ResourceNotFoundException", "can't find")


def test_what_is_new_is_asked_for_again_for_two_minutes(aws, server, slept):
    aws.made("secretsmanager", "x")
    server.answers = [NOT_FOUND]
    assert failure(describe, aws).aws_code == "ResourceNotFoundException"
    assert settling.SETTLES <= sum(slept) < settling.SETTLES + LONGEST_PAUSE


def test_what_is_new_and_not_found_when_the_time_is_over_is_not_absent(server, session, aws):
    hurried = Aws(session, "us-west-2", timeout=5.0, pacing=Unpaced())
    hurried.made("secretsmanager", "x")
    server.answers = [NOT_FOUND]
    found = failure(describe, hurried)
    assert found.aws_code == "OutOfTime"
    assert "nothing was concluded from it" in found.hint


def test_what_is_not_new_is_absent_at_once(aws, server, slept):
    aws.made("secretsmanager", "another")
    server.answers = [NOT_FOUND]
    assert failure(describe, aws).aws_code == "ResourceNotFoundException"
    assert slept == []


# --- calls that carry a value ---------------------------------------------------------------------


def put(aws: Aws, **more: Any) -> Any:
    request = {"SecretId": "x", "SecretString": Sensitive(CANARY), **more}
    return aws.call("secretsmanager", "put_secret_value", **request)


def put_parameter(aws: Aws, **more: Any) -> Any:
    request = {"Name": "x", "Value": Sensitive(CANARY), "Type": "SecureString", **more}
    return aws.call_once("ssm", "put_parameter", **request)


def nested(aws: Aws, **more: Any) -> Any:
    tagged = [{"Key": "a", "Value": Sensitive(CANARY)}]
    return aws.call("secretsmanager", "tag_resource", SecretId="x", Tags=tagged, **more)


def hidden(error: BaseException) -> None:
    """Nothing of the value is in the error, its chain or its frames' locals."""
    chain = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = (
        "".join(chain.format()) + repr(error) + str(error) + repr(error.args) + repr(vars(error))
    )
    assert CANARY not in shown
    assert error.__cause__ is None
    assert error.__context__ is None


CARRY = pytest.mark.parametrize("carry", [put, put_parameter, nested])


def test_a_value_arrives(aws, server):
    server.answers = [answer(200, '{"VersionId": "v"}')]
    put(aws)
    assert json.loads(server.requests[0])["SecretString"] == CANARY


def test_a_binary_value_arrives(aws, server):
    server.answers = [answer(200, "{}")]
    aws.call(
        "secretsmanager", "put_secret_value", SecretId="x", SecretBinary=Sensitive(b"\x00\x01")
    )
    assert json.loads(server.requests[0])["SecretBinary"] == "AAE="


QUOTING = {
    "validation": echo(400, "ValidationException"),
    "a failure": echo(500, "InternalServiceError"),
    "throttling": echo(400, "ThrottlingException"),
    "denied": echo(400, "AccessDeniedException"),
    "expired": echo(400, "ExpiredTokenException"),
    "unknown caller": echo(400, "UnrecognizedClientException"),
    "hung up": hang_up,
}


@CARRY
@pytest.mark.parametrize("given", QUOTING.values(), ids=QUOTING)
def test_a_failure_of_a_call_with_a_value_shows_nothing_of_it(aws, server, carry, given):
    server.answers = [given]
    found = failure(carry, aws)
    assert CANARY in server.requests[0]
    hidden(found)


def test_only_aws_s_code_and_the_request_are_shown_of_a_call_with_a_value(aws, server):
    server.answers = [echo(400, "ValidationException")]
    assert str(failure(put, aws)) == "PutSecretValue: ValidationException (request req-1)"


@CARRY
def test_a_request_that_botocore_refuses_shows_nothing_of_its_value(aws, server, carry):
    found = failure(carry, aws, Unknown=Sensitive(CANARY))
    hidden(found)
    assert (found.aws_code, found.uncertain) == ("ParamValidationError", False)
    assert server.requests == []


def test_a_value_of_the_wrong_type_shows_nothing_of_it(aws):
    found = failure(aws.call, "ssm", "put_parameter", Name="x", Value=Sensitive(CANARY.encode()))
    assert found.aws_code == "ParamValidationError"
    hidden(found)


def test_whatever_else_fails_within_boto3_shows_nothing_of_it(aws, monkeypatch):
    class Broken:
        meta = SimpleNamespace(method_to_api_mapping={"put_secret_value": "PutSecretValue"})

        def put_secret_value(self, **request: Any) -> None:
            raise RuntimeError(f"cannot send {request}")

    monkeypatch.setattr(aws._connection, "client", lambda *_: Broken())
    found = failure(put, aws)
    hidden(found)
    assert (found.aws_code, found.uncertain) == ("RuntimeError", True)


def test_the_twin_that_leaks_is_caught():
    with pytest.raises(ValueError, match="canary") as caught:
        raise ValueError(CANARY)
    with pytest.raises(AssertionError):
        hidden(caught.value)


# --- logs -----------------------------------------------------------------------------------------


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {record.args!r} {record.exc_info!r}")


@pytest.fixture
def logs() -> Iterator[Kept]:
    """Everything that is logged while the root logger is at DEBUG."""
    root, kept = logging.getLogger(), Kept()
    named = [logging.getLogger(name) for name in ("boto3", "botocore", "urllib3")]
    levels = [logger.level for logger in [root, *named]]
    for logger in [root, *named]:
        logger.setLevel(logging.DEBUG)
    root.addHandler(kept)
    yield kept
    root.removeHandler(kept)
    for logger, level in zip([root, *named], levels, strict=True):
        logger.setLevel(level)


@pytest.mark.parametrize("given", [answer(200, "{}"), *QUOTING.values()], ids=["fine", *QUOTING])
def test_no_log_at_debug_holds_the_value(logs, session, server, monkeypatch, given):
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    aws = Aws(session, "us-west-2")
    server.answers = [given]
    for carry in (put, put_parameter):
        try:
            carry(aws)
        except ReconcilerError as error:
            logging.getLogger("reconciler").warning("%s", error, exc_info=error)
    assert CANARY in "".join(server.requests)
    assert not [line for line in logs.lines if CANARY in line]


def test_botocore_would_log_it(logs, session, server, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    server.answers = [answer(200, "{}")]
    client = session.client("secretsmanager")
    client.put_secret_value(SecretId="x", SecretString=CANARY)
    assert [line for line in logs.lines if CANARY in line]


def test_the_client_s_loggers_are_made_no_louder(session):
    logger = logging.getLogger("botocore")
    before = logger.level
    try:
        logger.setLevel(logging.ERROR)
        Aws(session, "us-west-2")
        assert logger.level == logging.ERROR
    finally:
        logger.setLevel(before)


# --- calls that are not safe to repeat ------------------------------------------------------------

ONCE = {
    "a failure": (error(500, "InternalServerError"), True),
    "a lost answer": (hang_up, True),
    "denied": (error(400, "AccessDeniedException"), False),
    "somebody else's write": (error(400, "TooManyUpdates"), False),
}


@pytest.mark.parametrize(("given", "uncertain"), ONCE.values(), ids=ONCE)
def test_what_may_have_been_done_is_not_done_again(aws, server, slept, given, uncertain):
    server.answers = [given]
    assert failure(put_parameter, aws).uncertain is uncertain
    assert len(server.requests) == 1
    assert slept == []


def test_what_aws_refused_to_begin_is_done_again(aws, server, slept):
    server.answers = [error(400, "ThrottlingException")] * 3 + [answer(200, '{"Version": 2}')]
    assert put_parameter(aws)["Version"] == 2
    assert len(server.requests) == 4
    assert len(slept) == 3
    assert all(0 < wait <= 20 for wait in slept)


def test_throttling_that_does_not_end_is_a_failure_that_was_not_done(aws, server, slept):
    server.answers = [error(400, "ThrottlingException")]
    found = failure(put_parameter, aws)
    assert (found.aws_code, found.uncertain) == ("ThrottlingException", False)
    assert len(server.requests) >= 8
    assert len(slept) == len(server.requests) - 1
    assert PATIENCE - LONGEST_PAUSE <= sum(slept) <= PATIENCE + LONGEST_PAUSE


# --- many at once ---------------------------------------------------------------------------------


def test_results_come_in_the_order_of_their_items(aws):
    def slowly(n: int) -> int:
        threading.Event().wait(0.002 * (5 - n))
        return n * n

    assert aws.each(slowly, range(5)) == [0, 1, 4, 9, 16]
    assert aws.each(slowly, []) == []


def test_the_first_failure_is_raised(aws):
    def fails(n: int) -> int:
        if n == 3:
            raise CredentialsError("expired")
        return n

    assert str(failure(aws.each, fails, list(range(9)))) == "expired"


def test_a_client_is_made_once_for_many_threads(aws, server):
    server.answers = [answer(200, '{"Name": "x"}')]
    aws.each(lambda _: describe(aws), list(range(16)))
    assert aws.calls == {"DescribeSecret": 16}
    assert len(aws._connection._clients) == 1
