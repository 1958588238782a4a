"""PostgreSQL, as far as a rotation needs it. No password is sent in a statement: a server may log
those, so what is sent is what it would store."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pg8000.native
from pg8000.exceptions import DatabaseError, InterfaceError

_TIMEOUT = 5  # seconds for each answer
_ROUNDS = 4096  # as PostgreSQL's own
_DENIED = ("28P01", "28000")  # wrong password; no such user, or not from here


class DeniedError(Exception):
    """The server does not let this login in."""


class UnreachableError(Exception):
    """What else failed, in words without a value."""


@dataclass(frozen=True)
class Login:
    """Who logs in, where."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)


def ping(login: Login) -> None:
    """Log in, and ask something. Raises DeniedError, UnreachableError."""
    with _connected(login) as connection:
        connection.run("SELECT 1")


def acts_as(login: Login) -> str:
    """Whose rights a login has."""
    with _connected(login) as connection:
        return str(connection.run("SELECT current_user::text")[0][0])


def set_password(login: Login, user: str, password: str) -> None:
    """Set a user's password."""
    with _connected(login) as connection:
        connection.run(f"ALTER ROLE {_name(user)} PASSWORD {_verifier(password)}")


def set_second(master: Login, first: str, user: str, password: str) -> None:
    """Set the password of one of two users; make the second where there is none: it is a member of
    the first one and acts as it, so that all it creates is the first one's."""
    with _connected(master) as connection:
        connection.run("BEGIN")
        if not connection.run("SELECT 1 FROM pg_roles WHERE rolname = :name", name=user):
            connection.run(
                f"CREATE ROLE {_name(user)} LOGIN PASSWORD {_verifier(password)}"
                f" IN ROLE {_name(first)}"
            )
            connection.run(f"ALTER ROLE {_name(user)} SET role TO {_name(first)}")
        elif not connection.run("SELECT pg_has_role(:user, :role, 'MEMBER')",
                                user=user, role=first)[0][0]:  # fmt: skip
            raise UnreachableError(
                f"there is a user {user} already, and it is no member of {first}"
            )
        else:
            connection.run(f"ALTER ROLE {_name(user)} LOGIN PASSWORD {_verifier(password)}")
        connection.run("COMMIT")


@contextmanager
def _connected(login: Login) -> Iterator[Any]:
    connection = None
    said: str | None = None
    try:
        connection = pg8000.native.Connection(
            login.user, host=login.host, port=login.port, database=login.database,
            password=login.password, ssl_context=_tls(), timeout=_TIMEOUT,
        )  # fmt: skip
        yield connection
    except DatabaseError as error:
        code = error.args[0].get("C") if error.args and isinstance(error.args[0], dict) else None
        said = None if code in _DENIED else f"PostgreSQL answers {code}"
    except ssl.SSLError as error:
        said = f"no TLS with {login.host}: {error.reason or 'refused'}"
    except (InterfaceError, OSError) as error:
        tls = isinstance(error.__cause__ or error.__context__, ssl.SSLError)
        said = f"no TLS with {login.host}" if tls else f"no answer from {login.host}:{login.port}"
    else:
        return
    finally:
        if connection is not None:
            _close(connection)
    if said is None:
        raise DeniedError
    raise UnreachableError(said)


def _close(connection: Any) -> None:
    with suppress(DatabaseError, InterfaceError, OSError):  # it may be gone
        connection.close()


def _tls() -> ssl.SSLContext:
    """Certificate and name are always checked; with `--ca` by the authorities packed with it."""
    packed = Path(os.environ.get("LAMBDA_TASK_ROOT", ".")) / "ca.pem"
    return ssl.create_default_context(cafile=str(packed) if packed.exists() else None)


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _verifier(password: str) -> str:
    """What PostgreSQL stores of a password, as RFC 5803 writes it; no character needs quotes."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ROUNDS)
    client = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    said = [base64.b64encode(one).decode() for one in (salt, client, server)]
    return f"'SCRAM-SHA-256${_ROUNDS}:{said[0]}${said[1]}:{said[2]}'"
