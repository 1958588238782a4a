"""The embedded AWS without a network: a call to it is a call of it, which takes half the time. What
the sandbox leaves to moto goes over HTTP as ever; who calls is asked once."""

from __future__ import annotations

import io
from email.utils import formatdate
from typing import Any, cast

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from reconciler.sandbox.http import Drop, Handler, parse
from reconciler.sandbox.server import Sandbox

_OURS = ("secretsmanager.", "AmazonSSM.")
_WHO = b"Action=GetCallerIdentity"
_send = URLLib3Session.send


class _Body(io.BytesIO):
    """As urllib3 hands it out."""

    def stream(self, **_: Any) -> Any:
        content = self.read()
        while content:
            yield content
            content = self.read()


def install(aws: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every client of this process call it so."""
    known: list[AWSResponse] = []

    def send(self: Any, request: AWSPreparedRequest) -> AWSResponse:
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        target = headers.get("x-amz-target", "")
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        if not request.url.startswith(aws.url) or not target.startswith(_OURS):
            if _WHO not in body:
                return cast("AWSResponse", _send(self, request))
            if not known:
                known.append(_send(self, request))
                known[0].content  # noqa: B018, it is read once
            return known[0]
        headers.setdefault("host", aws.url.removeprefix("http://"))
        try:
            asked = parse("POST", "/", headers, body)
            answer = aws.answer(asked, cast("Handler", None))
        except Drop:
            raise ConnectionClosedError(endpoint_url=request.url) from None
        told = {**answer.headers, "Date": formatdate(usegmt=True)}
        return AWSResponse(request.url, answer.status, told, _Body(answer.body[: answer.sent]))

    monkeypatch.setattr(URLLib3Session, "send", send)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
