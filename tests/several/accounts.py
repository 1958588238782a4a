"""An AWS of many accounts in a process of its own: moto keeps them apart by the access keys that
its STS hands out. Told on its standard input what to be like.

missing ACCOUNT    no role of this account can be assumed
throttle ACCOUNT N refuse the next N lists of this account as too many
calls              the calls since this was last asked, as JSON

The role of a call is that of its access key, "" for a key that STS did not hand out.
"""

from __future__ import annotations

import io
import json
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from moto.iam.models import get_account_id_from
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

_CREDENTIAL = re.compile(r"Credential=([^/]+)/[0-9]+/([^/]+)/")
_KEY = re.compile(rb"<AccessKeyId>([^<]+)</AccessKeyId>")
_DENIED = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized"
    "</Message></Error><RequestId>r</RequestId></ErrorResponse>"
)
LISTS = ("ListSecrets", "DescribeParameters")


class Accounts:
    """moto behind what notes each call."""

    def __init__(self) -> None:
        self._app = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.Lock()
        self.missing: set[str] = set()
        self.throttled: Counter[str] = Counter()
        self.roles: dict[str, str] = {}
        self.calls: list[dict[str, Any]] = []

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(raw)
        match = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        key, region = match.groups() if match else ("", "")
        target = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        form = {} if target else {name: value[0] for name, value in parse_qs(raw.decode()).items()}
        operation = target or form.get("Action", "")
        account = str(get_account_id_from(key))
        with self._lock:
            call = {"operation": operation, "role": self.roles.get(key, ""), "account": account}
            body = json.loads(raw) if target else form
            self.calls.append({**call, "key": key, "region": region, "body": body})
            if operation in LISTS and self.throttled[account] > 0:
                self.throttled[account] -= 1
                return _answer(start, '{"__type": "ThrottlingException"}', "400 Bad Request")
            if operation != "AssumeRole":
                return list(self._app(environ, start))
            if form["RoleArn"].split(":")[4] in self.missing:
                return _answer(start, _DENIED, "403 Forbidden")
            content = b"".join(self._app(environ, start))
            found = _KEY.search(content)
            assert found is not None
            self.roles[found[1].decode()] = form["RoleArn"]
            return [content]


def _answer(start: Callable[..., Any], text: str, status: str) -> list[bytes]:
    start(status, [("Content-Type", "application/x-amz-json-1.1")])
    return [text.encode()]


def main() -> None:
    """Serve until standard input ends."""
    accounts = Accounts()
    server = make_server("127.0.0.1", 0, accounts, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    for line in sys.stdin:
        said = "ok"
        match line.split():
            case ["missing", account]:
                accounts.missing.add(account)
            case ["throttle", account, count]:
                accounts.throttled[account] = int(count)
            case ["calls"]:
                said = json.dumps(accounts.calls)
                accounts.calls = []
            case _:
                said = "what?"
        print(said, flush=True)


if __name__ == "__main__":
    main()
