"""A key service of a stranger on this machine: it speaks Vault's transit, and keeps every token."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Stranger(ThreadingHTTPServer):
    """Decrypts whatever it is sent, so that nothing but the reconciler keeps sops from asking."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Transit)
        self.tokens: list[str] = []

    @property
    def uri(self) -> str:
        """Its key, as a creation rule names it."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1/transit/keys/k"


class _Transit(BaseHTTPRequestHandler):
    server: Stranger

    def do_PUT(self) -> None:
        self.server.tokens.append(self.headers.get("X-Vault-Token", ""))
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        if "/encrypt/" in self.path:
            data = {"ciphertext": f"vault:v1:{asked['plaintext']}"}
        else:
            data = {"plaintext": asked["ciphertext"].removeprefix("vault:v1:")}
        answer = json.dumps({"data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_PUT

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def listening() -> Iterator[Stranger]:
    """A stranger who listens until the end."""
    with Stranger() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
