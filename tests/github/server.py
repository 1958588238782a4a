"""A small GitHub on this machine: it checks what it is sent, and behaves like GitHub.

    python -m tests.github.server --port 0 --state FILE

prints its port, and serves until it is ended. ``GET /_state`` returns its state
(:mod:`tests.github.state`) and ``POST /_state`` sets parts of it. Artifacts are downloaded from
another port, which refuses a token as the real store does.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from tests.github import objects  # noqa: F401, its routes
from tests.github.routes import Refusal, Reply, Request, answer, zipped
from tests.github.state import State, fresh

PER_PAGE, MOST_PER_PAGE = 30, 100
ACCEPT = "application/vnd.github+json"
VERSION = "2022-11-28"


class GitHub(ThreadingHTTPServer):
    """The API, and beside it the store of artifacts."""

    daemon_threads = True

    def __init__(self, state: State, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Api)
        self.state = state
        self.accepted = 0  # connections
        self.lock = threading.Lock()
        self.store = ThreadingHTTPServer(("127.0.0.1", 0), _Store)
        self.store.daemon_threads = True
        self.store.github = self  # type: ignore[attr-defined]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count the connection, and serve it."""
        self.accepted += 1
        super().process_request(request, client_address)

    @property
    def url(self) -> str:
        """What GITHUB_API_URL says."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def store_url(self) -> str:
        """Where artifacts are downloaded from: another host, as a client sees it."""
        return f"http://localhost:{self.store.server_address[1]}"

    def violation(self, what: str) -> None:
        """Keep what no client may do."""
        self.state["violations"].append(what)


@contextmanager
def running(state: State) -> Iterator[GitHub]:
    """The server, in threads of this process."""
    server = GitHub(state)
    threads = [threading.Thread(target=s.serve_forever, args=(0.02,), daemon=True)
               for s in (server, server.store)]  # fmt: skip
    for thread in threads:
        thread.start()
    try:
        yield server
    finally:
        for part in (server, server.store):
            part.shutdown()
            part.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def send(self, reply: Reply) -> None:
        raw = reply.content if isinstance(reply.content, bytes) else b""
        if reply.content is not None and not raw:
            raw = json.dumps(reply.content).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw[: len(raw) - reply.cut])
        if reply.cut:  # the connection is lost in the middle
            self.close_connection = True

    def received(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))


class _Api(_Handler):
    server: GitHub

    def _serve(self) -> None:
        raw = self.received()
        split = urlsplit(self.path)
        with self.server.lock:
            if split.path == "/_state":
                self.send(self._own(raw))
                return
            query = parse_qsl(split.query, keep_blank_values=True)
            request = Request(self.command, unquote(split.path), dict(query))
            reply = self._judged(request, raw)
            self.server.state["requests"].append(
                {
                    "method": request.method,
                    "path": request.path,
                    "status": reply.status,
                    "body": request.body,
                }
            )
        if reply.status == 0:  # the connection is lost
            self.close_connection = True
            self.connection.close()
            return
        self.send(reply)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _serve

    def _own(self, raw: bytes) -> Reply:
        """What tests in other processes say and ask."""
        if self.command == "POST":
            self.server.state |= json.loads(raw)
        return Reply(200, self.server.state)

    def _judged(self, request: Request, raw: bytes) -> Reply:
        state = self.server.state
        try:
            self._check(request, raw)
            fault = self._fault(request)
            if fault is not None and "first" in fault:
                git = ["git", "-C", state["git"], *fault["first"]]
                subprocess.run(git, check=True, capture_output=True)
                fault = None
            if fault is not None and not fault.get("after"):
                return _faulty(fault)
            reply = self._paged(request, answer(state, request))
            return reply if fault is None else _faulty(fault)
        except Refusal as refusal:
            return refusal.reply

    def _fault(self, request: Request) -> dict[str, Any] | None:
        for fault in self.server.state["faults"]:
            if fault.get("times", 1) <= 0 or fault.get("method", "GET") != request.method:
                continue
            if re.search(fault.get("path", ""), request.path):
                fault["times"] = fault.get("times", 1) - 1
                found: dict[str, Any] = fault
                return found
        return None

    def _check(self, request: Request, raw: bytes) -> None:
        """Whether the request is one that GitHub's reference describes. Raises Refusal."""
        state = self.server.state
        wanted = {"Accept": ACCEPT, "X-GitHub-Api-Version": VERSION}
        for name, value in wanted.items():
            if self.headers.get(name) != value:
                self.server.violation(f"{request.path}: {name} is {self.headers.get(name)}")
                raise Refusal(400, f"{name} is wrong")
        if not self.headers.get("User-Agent"):
            self.server.violation(f"{request.path}: no User-Agent")
            raise Refusal(403, "Request forbidden by administrative rules.")
        given = self.headers.get("Authorization")
        if given is None:
            self.server.violation(f"{request.path}: no Authorization")
            raise Refusal(401, "Requires authentication")
        if given != f"Bearer {state['token']}":
            raise Refusal(401, "Bad credentials")
        if state["token"] in self.path:
            self.server.violation(f"{request.path}: the token is in the address")
        if int(request.query.get("per_page", PER_PAGE)) > MOST_PER_PAGE:
            self.server.violation(f"{request.path}: per_page is over {MOST_PER_PAGE}")
        if request.method in ("POST", "PATCH"):
            if self.headers.get("Content-Type", "").partition(";")[0] != "application/json":
                self.server.violation(f"{request.path}: the body is not said to be JSON")
                raise Refusal(415, "Unsupported Media Type")
            try:
                request.body = json.loads(raw)
            except ValueError:
                self.server.violation(f"{request.path}: the body is no JSON")
                raise Refusal(400, "Problems parsing JSON") from None

    def _paged(self, request: Request, reply: Reply) -> Reply:
        if isinstance(reply.content, list) and reply.paged:
            size = max(1, min(int(request.query.get("per_page", PER_PAGE)), MOST_PER_PAGE))
            page = int(request.query.get("page", 1))
            total = len(reply.content)
            if page * size < total:
                query = urlencode({**request.query, "page": page + 1})
                path = urlsplit(self.path).path
                reply.headers["Link"] = f'<{self.server.url}{path}?{query}>; rel="next"'
            reply.content = reply.content[(page - 1) * size : page * size]
            if reply.under is not None:
                reply.content = {"total_count": total, reply.under: reply.content}
        location = reply.headers.get("Location", "")
        if location.startswith("/blob/"):
            reply.headers["Location"] = self.server.store_url + location
        return reply


def _faulty(fault: dict[str, Any]) -> Reply:
    return Reply(
        fault["status"],
        fault.get("body", {"message": "a fault"}),
        dict(fault.get("headers", {})),
        cut=fault.get("cut", 0),
    )


class _Store(_Handler):
    """Azure's blob storage answers 400 to a request that brings a token besides its signature."""

    def do_GET(self) -> None:
        github: GitHub = self.server.github
        split = urlsplit(self.path)
        if self.headers.get("Authorization") is not None:
            github.violation("the token was sent to the store of artifacts")
            self.send(Reply(400, b"InvalidAuthenticationInfo"))
            return
        found = re.fullmatch(r"/blob/(\d+)", split.path)
        with github.lock:
            known = [a for a in github.state["artifacts"] if found and a["id"] == int(found[1])]
        if not known or split.query != "sig=s":
            self.send(Reply(403, b"AuthenticationFailed"))
            return
        self.send(Reply(200, zipped(known[0])))


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, help="a JSON object to begin with")
    options = parser.parse_args()
    given = json.loads(options.state.read_text()) if options.state else {}
    server = GitHub(fresh(**given), options.port)
    threading.Thread(target=server.store.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
