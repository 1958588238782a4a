"""The sessions of a run, each with the credentials of its own environments, and the pace that the
environments of an account and Region share."""

from __future__ import annotations

import difflib
import os
import shlex
import threading
from collections import OrderedDict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.aws.pacing import Pacing
from reconciler.cli.identity import Identity
from reconciler.core.errors import CredentialsError
from reconciler.core.model import Scope

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from botocore.session import Session as BotoSession

    from reconciler.aws.connection import Connection

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
KEPT = 16  # sessions, those that were used last: one takes a megabyte
# What AWS's tools take for credentials, or find them by.
_FOUND_BY = frozenset(
    {*_KEYS, "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"}
)
_CHECK = "check AWS_PROFILE and the AWS config file"
_OVER = frozenset({"ExpiredToken", "ExpiredTokenException"})


class Session:
    """What makes clients. botocore makes one at a time: what a session keeps is not made for
    threads."""

    _making = threading.Lock()

    def __init__(self, session: BotoSession, credentials: Credentials) -> None:
        self._session, self._credentials = session, credentials
        self.connections: dict[str, Connection] = {}  # by account, whose pace they keep

    def client(self, service: str, **settings: Any) -> Any:
        """As boto3's session."""
        with self._making:
            return self._session.create_client(service, **settings)

    def variables(self) -> dict[str, str]:
        """This process's variables, with these credentials instead of its own: for sops, which
        asks KMS."""
        found = self._credentials.get_frozen_credentials()
        named = zip(_KEYS, (found.access_key, found.secret_key, found.token), strict=True)
        kept = {name: value for name, value in os.environ.items() if name not in _FOUND_BY}
        return kept | {name: value for name, value in named if value}


class Connections:
    """Safe to use from threads; credentials are looked up once for an identity and
    Region, as long as its environments run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[tuple[Identity, str], threading.Lock] = {}
        self._sessions: OrderedDict[tuple[Identity, str], Session] = OrderedDict()
        self._paces: dict[tuple[str, str], Pacing] = {}
        self._loader: Any = None

    def pacing(self, scope: Scope, scale: float) -> Pacing:
        """The pace of an account and Region."""
        with self._lock:
            place = (scope.account, scope.region)
            if place not in self._paces:
                self._paces[place] = Pacing(scale)
            return self._paces[place]

    def connection(
        self, identity: Identity, scope: Scope, at_once: int, timeout: float | None, scale: float
    ) -> Connection:
        """The clients of a session: a client takes longer to make than an environment to list.
        Raises CredentialsError."""
        from reconciler.aws.connection import Connection

        session, pacing = self.session(identity, scope), self.pacing(scope, scale)
        with self._lock:
            found = session.connections.get(scope.account)
            if found is None:
                found = Connection(session, scope.region, at_once, timeout, pacing)
                session.connections[scope.account] = found
            return found

    def session(self, identity: Identity, scope: Scope) -> Session:
        """A session with these credentials. Raises CredentialsError."""
        key = (identity, scope.region)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            with self._lock:
                found = self._sessions.get(key)
            found = found or self._open(identity, scope)
            with self._lock:
                self._sessions[key] = found
                self._sessions.move_to_end(key)
                while len(self._sessions) > KEPT:
                    self._sessions.popitem(last=False)
            return found

    def _open(self, identity: Identity, scope: Scope) -> Session:
        from botocore import exceptions as boto

        try:
            made = self._session(identity.profile)
            if identity.role_arn is not None:
                made = self._assumed(made, identity.role_arn, scope)
            credentials = made.get_credentials()
            if credentials is None:
                raise boto.NoCredentialsError
            credentials.get_frozen_credentials()  # what has to be fetched is, here
        except boto.ProfileNotFound as error:
            told = _no_profile(identity.profile, type(error).__name__)
        except (boto.SSOError, boto.TokenRetrievalError):
            told = _logged_out(identity, "aws sso login")
        except boto.LoginError:
            told = _logged_out(identity, "aws login")
        except boto.ClientError as error:
            told = _refused(identity, str((error.response.get("Error") or {}).get("Code")))
        except boto.NoCredentialsError as error:
            hint = "set AWS_PROFILE, log in, or let the workflow assume its role"
            told = CredentialsError(_unusable(type(error).__name__), hint=hint)
        except boto.BotoCoreError as error:
            told = CredentialsError(_unusable(type(error).__name__), hint=_CHECK)
        except RuntimeError:  # what botocore says of new credentials that have expired, too
            told = _expired()
        else:
            return Session(made, credentials)
        raise told

    def _session(self, profile: str | None) -> BotoSession:
        import botocore.session

        made = botocore.session.Session(profile=profile)
        with self._lock:
            # What services can do is read from files: once, and not for each session.
            self._loader = self._loader or _quick(made.get_component("data_loader"))
            made.register_component("data_loader", self._loader)
        made.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_moment)
        made.get_scoped_config()  # a profile that does not exist is found here
        return made

    def _assumed(self, source: BotoSession, role_arn: str, scope: Scope) -> BotoSession:
        """A session of a role, which asks for new credentials before the old ones expire."""
        from functools import partial

        from botocore.config import Config
        from botocore.credentials import (
            AssumeRoleCredentialFetcher,
            CredentialResolver,
            DeferredRefreshableCredentials,
        )
        from botocore.exceptions import NoCredentialsError

        credentials = source.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        config = Config(
            connect_timeout=5,
            read_timeout=10,
            retries={"mode": "standard", "total_max_attempts": 3},
        )
        client = partial(
            Session(source, credentials).client, region_name=scope.region, config=config
        )
        name = "reconciler"  # as AWS's logs call the session
        fetcher = AssumeRoleCredentialFetcher(
            client,
            credentials,
            role_arn,
            extra_args={"RoleSessionName": name},
        )
        assumed = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
        made = self._session(None)
        found: Any = _Fixed(assumed)
        made.register_component("credential_provider", CredentialResolver([found]))
        return made


def _quick(loader: Any) -> Any:
    """botocore's loader, without two detours that are a thirtieth of a plan: it looks into the
    folders of 400 services, twice, to know whether the one that is asked for is there, and makes an
    OrderedDict of each object that it reads, which a dict has long replaced."""
    places = [Path(path) for path in loader.search_paths if Path(path).is_dir()]
    found = [folder.name for place in places for folder in place.iterdir()]
    loader.list_available_services = lambda type_name: found  # noqa: ARG005
    loader.file_loader.load_file = _read
    return loader


def _read(path: str) -> Any:
    """A file of botocore's by its path without an ending; None where there is none."""
    import gzip
    import json

    plain, packed = Path(f"{path}.json"), Path(f"{path}.json.gz")
    if plain.is_file():
        return json.loads(plain.read_bytes())
    return json.loads(gzip.decompress(packed.read_bytes())) if packed.is_file() else None


def _moment(told: Any) -> datetime:
    """A date that AWS tells, in UTC. botocore asks for this machine's time zone for each, which is
    a third of what reading a list takes; what is no number is left to it."""
    if isinstance(told, int | float):
        return datetime.fromtimestamp(told, UTC)
    from botocore.utils import parse_timestamp

    moment: datetime = parse_timestamp(told)
    return moment


def _unusable(word: str) -> str:
    return f"no usable AWS credentials ({word})"


def _no_profile(profile: str | None, word: str) -> CredentialsError:
    if profile is None:
        return CredentialsError(_unusable(word), hint=_CHECK)
    import botocore.session

    known = botocore.session.Session().full_config.get("profiles", {})
    near = difflib.get_close_matches(profile, list(known), 1)
    hint = f"did you mean {near[0]}?" if near else "those there are: aws configure list-profiles"
    return CredentialsError(f"the AWS config file has no profile {profile}", hint=hint)


def _logged_out(identity: Identity, command: str) -> CredentialsError:
    """In one line, since there may be one for each of many environments."""
    profile = identity.profile or os.environ.get("AWS_PROFILE")
    named = f"{command} --profile {shlex.quote(profile)}" if profile else command
    return CredentialsError(f"the AWS login has expired; log in again: {named}")


def _expired() -> CredentialsError:
    return CredentialsError("the AWS credentials have expired", hint="log in again, then run again")


def _refused(identity: Identity, code: str) -> CredentialsError:
    if code in _OVER:
        return _expired()
    what = identity.role_arn or f"the role of profile {identity.profile or 'default'}"
    return CredentialsError(
        f"{what} cannot be assumed ({code})",
        hint="check that it exists, and that its trust policy names who asks",
    )


class _Fixed:
    """A provider of the credentials that it was made with, and of no others."""

    METHOD = CANONICAL_NAME = "reconciler"

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def load(self) -> Any:
        return self._credentials
