"""Which profile and role an environment's calls are made with: as the command line says, else the
variables, else the user's own configuration; never as manifests say, which branches write."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from reconciler.core.errors import CredentialsError, UsageError
from reconciler.core.model import Scope

PROFILE, ROLE = "RECONCILER_PROFILE", "RECONCILER_ROLE_ARN"
FIELDS = ("profile", "role_arn")

_PLACE = re.compile(r"\{([^{}]*)\}")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):role/[\w+=,.@/-]+")


@dataclass(frozen=True)
class Identity:
    """What AWS is asked as. Without either, it is as boto3 finds credentials by itself."""

    profile: str | None = None
    role_arn: str | None = None

    def __bool__(self) -> bool:
        return self.profile is not None or self.role_arn is not None


def identity(scope: Scope, profile: str | None, role_arn: str | None) -> Identity:
    """The identity for an environment; the arguments are what the command line says.

    Raises UsageError for a template or a configuration that cannot be used, and CredentialsError,
    before any call, for a role of another account than the environment's.
    """
    given = {"profile": profile, "role_arn": role_arn}
    variables = {"profile": os.environ.get(PROFILE), "role_arn": os.environ.get(ROLE)}
    found = Identity()
    for source in (given, variables, _configured(scope.environment)):
        # One source says both: a role of the command line is not assumed by the profile of a file.
        if any(source.get(name) for name in FIELDS):
            found = Identity(*(_filled(source.get(name) or None, scope) for name in FIELDS))
            break
    if found.role_arn is not None:
        _check(found.role_arn, scope)
    return found


def _filled(template: str | None, scope: Scope) -> str | None:
    if template is None:
        return None
    known = {"environment": scope.environment, "account": scope.account, "region": scope.region}

    def fill(match: re.Match[str]) -> str:
        if match[1] not in known:
            raise UsageError(
                f"{template} has {match[0]}, which stands for nothing",
                hint="there are {environment}, {account} and {region}",
            )
        return known[match[1]]

    return _PLACE.sub(fill, template)


def _check(role_arn: str, scope: Scope) -> None:
    match = _ROLE.fullmatch(role_arn)
    if match is None:
        raise UsageError(
            f"{role_arn} is not the ARN of a role",
            hint="it is like arn:aws:iam::{account}:role/plan",
        )
    if match[1] != scope.account:
        raise CredentialsError(
            f"the role is of account {match[1]}, and {scope.environment} is in {scope.account}",
            code="account",
            hint=f"choose a role of {scope.account}; no call was made",
        )


def path() -> Path | None:
    """Where the user's own configuration would be; None where there is no home."""
    folder = os.environ.get("XDG_CONFIG_HOME")
    home = os.environ.get("HOME")
    if folder:
        return Path(folder) / "reconciler" / "config.toml"
    return Path(home) / ".config" / "reconciler" / "config.toml" if home else None


def _configured(environment: str) -> Mapping[str, str | None]:
    """What the user's configuration says: of the first pattern that the name matches, else of
    all."""
    file = path()
    if file is None or not file.is_file():
        return {}
    try:
        content = tomllib.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read as TOML ({type(error).__name__})") from None
    some = content.pop("environments", {})
    if not isinstance(some, dict):
        raise UsageError(f"{file}: environments is a table of patterns")
    tables = {pattern: _table(table, file) for pattern, table in some.items()}
    for pattern, table in tables.items():
        if fnmatchcase(environment, pattern):
            return table
    return _table(content, file)


def _table(content: Any, file: Path) -> Mapping[str, str | None]:
    good = isinstance(content, dict) and all(
        name in FIELDS and isinstance(value, str) for name, value in content.items()
    )
    if not good:
        raise UsageError(
            f"{file}: a table has `profile` and `role_arn`, which are strings, and nothing else"
        )
    return dict(content)
