"""The HTTP side: AWS requests in, AWS answers out, one kept-alive connection after another.

Werkzeug's own handler speaks HTTP/1.0 and closes after each request, which costs a client more
than the operation itself.
"""

from __future__ import annotations

import io
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.test import run_wsgi_app

from .refusal import Refusal

_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")


@dataclass
class Answer:
    """A response: HTTP status, headers, body. An `after` hook may change it or return another."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    sent: int | None = None
    """Only so many bytes of the body are sent, then the connection is closed; None: all."""


class Drop(Exception):
    """Close the connection without an answer, after the operation has done its work."""


@dataclass(frozen=True)
class Request:
    """A request, taken apart as far as every AWS protocol allows."""

    headers: dict[str, str]
    raw: bytes
    service: str
    """The signing name, "" for an unsigned request."""
    region: str
    operation: str
    """Its name, or in protocols that do not send one the method and the path."""
    body: dict[str, Any] | None
    """Parsed JSON or form; None for anything else."""
    access_key: str = ""
    """The id of the key that signed it, "" for an unsigned request."""


def parse(method: str, path: str, headers: dict[str, str], raw: bytes) -> Request:
    """Find the service, Region and operation of a request. Never fails: what is not understood
    is left to moto.
    """
    signed = _CREDENTIAL.search(headers.get("authorization", ""))
    key, region, service = signed.groups() if signed else ("", "us-east-1", "")
    body: dict[str, Any] | None = None
    target = headers.get("x-amz-target", "")
    content_type = headers.get("content-type", "")
    operation = ""
    if content_type.startswith("application/x-www-form-urlencoded"):
        body = dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
        operation = body.get("Action", "")
    else:
        try:
            parsed = json.loads(raw) if raw else {}
        except ValueError:
            parsed = None
        body = parsed if isinstance(parsed, dict) else None
    if target:
        operation = target.rpartition(".")[2]
    if not operation:
        operation = f"{method} {unquote(path.partition('?')[0])}"
    return Request(headers, raw, service, region, operation, body, key)


def error_answer(request: Request, refusal: Refusal) -> Answer:
    """A refusal in the protocol of the request."""
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        text = (
            "<ErrorResponse><Error><Type>Sender</Type>"
            f"<Code>{escape(refusal.code)}</Code><Message>{escape(refusal.message)}</Message>"
            f"</Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
        )
        return Answer(refusal.status, {"Content-Type": "text/xml"}, text.encode())
    document = {"__type": refusal.code, "message": refusal.message}
    headers = {"x-amzn-ErrorType": refusal.code}
    return json_answer(document, refusal.status, headers)


def json_answer(
    document: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> Answer:
    """A document as the JSON protocols send it."""
    return Answer(
        status,
        {"Content-Type": "application/x-amz-json-1.1", **(headers or {})},
        json.dumps(document, separators=(",", ":")).encode(),
    )


class Answering(Protocol):
    """What answers the requests that a handler reads."""

    def answer(self, request: Request, handler: Handler) -> Answer:
        """Answer one request. Raises Drop where the connection is to end without an answer."""


class Handler(MotoRequestHandler):
    """One connection. `sandbox` is set by the server that makes the class."""

    protocol_version = "HTTP/1.1"
    # Without it a kept-alive answer waits for the client's delayed acknowledgement, 40 ms.
    disable_nagle_algorithm = True
    # Headers and body leave in one segment.
    wbufsize = -1
    sandbox: Answering

    def run_wsgi(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        if "chunked" in headers.get("transfer-encoding", "").lower():
            self.close_connection = True
            self._send(Answer(411, {}, b""))
            return
        raw = self.rfile.read(int(headers.get("content-length") or 0))
        request = parse(self.command, self.path, headers, raw)
        try:
            answer = self.sandbox.answer(request, self)
        except Drop:
            self.close_connection = True
            return
        self._send(answer)

    def run_moto(self, app: Any, raw: bytes) -> Answer:
        """Have moto answer the request that this handler has read."""
        environ = self.make_environ()
        environ["wsgi.input"] = io.BytesIO(raw)
        environ.pop("wsgi.input_terminated", None)
        chunks, status, headers = run_wsgi_app(app, environ, buffered=True)
        return Answer(int(status.split(" ", 1)[0]), dict(headers), b"".join(chunks))

    def _send(self, answer: Answer) -> None:
        skipped = ("content-length", "connection", "server", "date", "transfer-encoding")
        if answer.sent is not None:
            self.close_connection = True
        self.send_response(answer.status)
        names = set()
        for name, value in answer.headers.items():
            names.add(name.lower())
            if name.lower() not in skipped:
                self.send_header(name, value)
        if "x-amzn-requestid" not in names:
            self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        length = answer.headers.get("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body[: answer.sent])
        self.wfile.flush()

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: a request's line may name secrets, and tests are to be quiet."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing, for the same reason."""
