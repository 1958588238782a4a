"""The embedded AWS without a network: a call to it is a call of it, which takes half the time.

Everything but the way there is as ever: botocore makes and reads each request, and the sandbox
counts, refuses and answers it. It looks at no signature but for the key, Region and service, which
are all that is written there unless somebody hears what botocore signs. Over HTTP go the tests of
the sandbox's server, of our client and of what fails on the way, and every process.
"""

from __future__ import annotations

import io
import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from typing import Any, cast

from botocore import auth
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from reconciler.sandbox.http import Answer, Drop, Handler, parse
from tests.embedded import Embedded

_send, _sign = URLLib3Session.send, auth.SigV4Auth.add_auth
_WHO = b"Action=GetCallerIdentity"
_who: dict[str, Answer] = {}
_thread = threading.local()
_far: list[bool] = []


class _Body(io.BytesIO):
    """As urllib3 hands it out."""

    def stream(self, **_: Any) -> Any:
        content = self.read()
        while content:
            yield content
            content = self.read()


class _Caller(Handler):
    """A request that no connection brought."""

    def __init__(self, aws: Embedded, method: str, path: str, headers: dict[str, str]) -> None:
        self.server = cast("Any", aws._server)
        self.client_address = ("127.0.0.1", 0)
        self.connection = cast("Any", None)
        self.rfile = cast("Any", io.BytesIO())
        self.request_version = self.protocol_version
        self.command, self.path = method, path
        self.headers = cast("Any", headers)

    def run_moto(self, app: Any, raw: bytes) -> Answer:
        """Who calls with the key of the tests is asked once."""
        signed = self.headers["authorization"]
        if _WHO not in raw or "Credential=test/" not in signed:
            return super().run_moto(app, raw)
        region = signed.split("/")[2]
        if region not in _who:
            _who[region] = super().run_moto(app, raw)
        known = _who[region]
        return Answer(known.status, dict(known.headers), known.body)


def install(aws: Embedded) -> None:
    """Let every client of this process call it so."""

    def sign(self: Any, request: Any) -> None:
        heard = auth.logger.isEnabledFor(logging.DEBUG)
        if _far or heard or self.credentials is None or not request.url.startswith(f"{aws.url}/"):
            _sign(self, request)
            return
        now = auth.get_current_datetime()
        request.context["timestamp"] = now.strftime(auth.SIGV4_TIMESTAMP)
        self._modify_request_before_signing(request)
        scope = f"AWS4-HMAC-SHA256 Credential={self.scope(request)}"
        request.headers["Authorization"] = f"{scope}, SignedHeaders=host, Signature=0"

    def send(self: Any, request: AWSPreparedRequest) -> AWSResponse:
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        if (
            _far
            or not request.url.startswith(f"{aws.url}/")
            or request.method not in ("POST", "GET")
            or not isinstance(body, (bytes, bytearray))
        ):
            return cast("AWSResponse", _send(self, request))
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        headers.setdefault("host", aws.url.removeprefix("http://"))
        path = request.url.removeprefix(aws.url)
        answer = _answer(aws, request.method, path, headers, bytes(body))
        if answer is None:
            raise ConnectionClosedError(endpoint_url=request.url)
        told = {"Date": formatdate(usegmt=True), "x-amzn-RequestId": str(uuid.uuid4())}
        told |= answer.headers
        return AWSResponse(request.url, answer.status, told, _Body(answer.body[: answer.sent]))

    URLLib3Session.send = send
    auth.SigV4Auth.add_auth = sign


@contextmanager
def far() -> Iterator[None]:
    """For so long, calls go over HTTP."""
    _far.append(True)
    try:
        yield
    finally:
        _far.pop()


def answering() -> bool:
    """Whether this thread is within the sandbox."""
    return getattr(_thread, "within", 0) > 0


def _answer(
    aws: Embedded, method: str, path: str, headers: dict[str, str], body: bytes
) -> Answer | None:
    """None where the connection would be closed."""
    asked = parse(method, path, headers, body)
    _thread.within = getattr(_thread, "within", 0) + 1
    try:
        return aws.answer(asked, _Caller(aws, method, path, headers))
    except Drop:
        return None
    finally:
        _thread.within -= 1


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
