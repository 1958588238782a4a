"""Rotates a login of PostgreSQL, over TLS.

For one user, the user changes its own password: between that and the new value's becoming
AWSCURRENT, who reads the value cannot log in. With `superuser` there are two users that take turns,
and the login that applications read works all the time.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from reconciler.kinds.rotation.functions import frame
from reconciler.kinds.rotation.functions.errors import RefusedError, UnfinishedError
from reconciler.kinds.rotation.functions.postgres import engine
from reconciler.kinds.rotation.functions.postgres.engine import DeniedError, Login, UnreachableError
from reconciler.kinds.rotation.functions.value import members, needed, same_but, written
from reconciler.kinds.rotation.functions.versions import CURRENT, Secrets

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_LENGTH = 32  # 190 bits
T = TypeVar("T")
_SECOND = "_clone"  # how the second of two users is called


class Single:
    """One user, who sets its own password."""

    def make(self, current: str) -> str:
        """Another password, once the current one has been tried."""
        _log_in(current, "the current login")
        return written({**members(current), "password": _password()})

    def follows(self, current: str, pending: str) -> bool:
        """Only the password differs."""
        return same_but(current, pending, "password")

    def put(self, current: str, pending: str) -> None:
        """Log in with the current password, and set the new one."""
        new, login = _login(pending), _login(current)
        if _works(new):
            return
        if not _works(login):
            raise UnfinishedError("PostgreSQL refuses both the new and the current login")
        _change(login, new)

    def test(self, current: str, pending: str) -> None:
        """Log in."""
        _log_in(pending, "the new login", UnfinishedError)


class Alternating:
    """Two users with the same rights: while one serves, the other gets its new password."""

    def __init__(self, secrets_: Secrets, superuser: str, host: str | None) -> None:
        self._secrets = secrets_
        self._superuser = superuser
        self._host = host

    def make(self, current: str) -> str:
        """The other user, with another password, once the superuser has logged in."""
        value, login = members(current), _login(current)
        other = _other(login.user)
        if len(other.encode()) > 63:
            raise RefusedError(f"a user's name has 63 bytes, and {_SECOND} makes it longer")
        _reached(lambda: engine.ping(self._master(login)), "the superuser's login")
        return written({**value, "username": other, "password": _password()})

    def follows(self, current: str, pending: str) -> bool:
        """Only the login differs, and it is the other user's."""
        before, after = members(current), members(pending)
        return same_but(current, pending, "username", "password") and after.get(
            "username"
        ) == _other(str(before.get("username")))

    def put(self, current: str, pending: str) -> None:
        """The superuser sets the other user's password, and makes that user where there is none.
        Nobody uses that login yet."""
        new = _login(pending)
        if _works(new):
            return
        first = new.user.removesuffix(_SECOND)
        master = self._master(new)
        _reached(lambda: engine.set_second(master, first, new.user, new.password), "the superuser")

    def test(self, current: str, pending: str) -> None:
        """Log in, with the rights of the first user."""
        login = _login(pending)
        acts_as = _reached(lambda: engine.acts_as(login), "the new login")
        if pending != current and acts_as != login.user.removesuffix(_SECOND):
            raise RefusedError("the second user does not act as the first one")

    def _master(self, login: Login) -> Login:
        text = self._secrets.text(self._superuser, VersionStage=CURRENT)
        if text is None:
            raise RefusedError(f"there is no superuser secret {self._superuser}")
        value = members(text)
        try:
            needed(value, "username", "password")
        except RefusedError as error:
            raise RefusedError(f"superuser secret: {error}") from None
        # Whoever may write the login that rotates may name any host in it, which would be handed
        # the superuser's. What RDS stores has none: then git says which it is.
        host = self._host or value.get("host")
        if host is None:
            raise RefusedError("the superuser secret has no host: declare the schedule's `host`")
        if login.host != host or value.get("host", host) != host:
            raise RefusedError("the superuser secret is of another host")
        return Login(login.host, login.port, login.database, value["username"], value["password"])


def _login(text: str) -> Login:
    value = members(text)
    needed(value, "host", "username", "password")
    port = str(value.get("port", 5432))
    if not port.isdecimal():
        raise RefusedError("the value's port is no number")
    database = str(value.get("dbname", "postgres"))
    return Login(value["host"], int(port), database, value["username"], value["password"])


def _works(login: Login) -> bool:
    """Whether a login is let in. Raises UnfinishedError where nobody can tell."""
    try:
        engine.ping(login)
    except DeniedError:
        return False
    except UnreachableError as error:
        raise UnfinishedError(str(error)) from None
    return True


def _change(login: Login, new: Login) -> None:
    """Set the new password. Raises UnfinishedError: it may be set where no answer comes."""
    try:
        engine.set_password(login, new.user, new.password)
    except DeniedError:
        said = "PostgreSQL refuses the login that has just worked"
    except UnreachableError as error:
        said = str(error)
    else:
        return
    raise UnfinishedError(said)


def _reached(run: Callable[[], T], who: str) -> T:
    """Run something that may fail without harm. Raises RefusedError."""
    try:
        return run()
    except DeniedError:
        said = f"PostgreSQL refuses {who}"
    except UnreachableError as error:
        said = str(error)
    raise RefusedError(said)


def _log_in(text: str, who: str, error: type[Exception] = RefusedError) -> None:
    try:
        _reached(lambda: engine.ping(_login(text)), who)
    except RefusedError as refused:
        raise error(str(refused)) from None


def _other(user: str) -> str:
    return user.removesuffix(_SECOND) if user.endswith(_SECOND) else user + _SECOND


def _password() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def handler(event: Mapping[str, Any], context: object) -> None:
    """What Lambda calls."""

    def make(settings: Mapping[str, Any], secrets_: Secrets) -> frame.Function:
        superuser = settings.get("superuser")
        if superuser is None:
            return Single()
        return Alternating(secrets_, superuser, settings.get("host"))

    frame.handle(event, make)
