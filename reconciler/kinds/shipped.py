"""The rotation functions that come with the reconciler: what is declared of each, and which keys of
a secret it needs. Their code is in ``kinds/rotation/functions``.

A schedule names one as `lambda: builtin:NAME`, with its `settings`. It becomes a function in Lambda
that is called after the schedule, and from there on it is a function like any other.
"""

from __future__ import annotations

import json
import math
import re
import string
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from reconciler.aws.arn import arn
from reconciler.core.model import JSON, Scope
from reconciler.kinds.kind import Declared, Flaw

SCHEME = "builtin:"
CODE = Path(__file__).parent / "rotation" / "functions"
_FLAW = "function"
_LONGEST = 64  # characters of a function's name
_WEAKEST = 64  # bits of a random string


class Random(Declared):
    """A random string, which is the whole value or stands under one key of it."""

    length: int = Field(default=32, ge=8, le=4096, description="characters")
    alphabet: str = Field(
        default=string.ascii_letters + string.digits,
        pattern=r"^[ -~]{2,95}$",
        description="the characters to choose from",
    )
    key: str | None = Field(default=None, min_length=1, description="of a JSON value, this key")


class Jwt(Declared):
    """A key that signs tokens, and the key set that verifies them."""

    alg: Literal["HS256", "HS384", "HS512"] = Field(default="HS256", description="its algorithm")


class Postgres(Declared):
    """A login of PostgreSQL."""

    superuser: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9/_+=.@!-]{1,512}$",
        description="name of the secret of a login that may set passwords: two users take turns",
    )
    host: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9.:_-]{1,253}$",
        description="where the superuser logs in, which its secret says where it has a `host`",
    )


@dataclass(frozen=True)
class Shipped:
    """One function: its settings, the keys that a secret's value has to have, those of them that it
    writes, which settings name a secret that it reads, and which say where it takes that to."""

    settings: type[Declared]
    needs: Callable[[Any], Collection[str]]
    writes: Callable[[Any], Collection[str]]
    reads: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()


FUNCTIONS: Mapping[str, Shipped] = {
    "random": Shipped(Random, needs=lambda s: {s.key} - {None}, writes=lambda s: {s.key} - {None}),
    "jwt": Shipped(Jwt, needs=lambda _: {"key"}, writes=lambda _: {"key", "kid", "alg", "jwks"}),
    "postgres": Shipped(
        Postgres,
        needs=lambda _: {"host", "username", "password"},
        writes=lambda s: {"password"} if s.superuser is None else {"username", "password"},
        reads=("superuser",),
        leads=("host",),
    ),
}
LEADS = frozenset(setting for one in FUNCTIONS.values() for setting in one.leads)


@dataclass(frozen=True)
class Placed:
    """A function as one schedule uses it."""

    name: str
    function: str  # what it is called in Lambda
    arn: str
    settings: Declared

    @property
    def said(self) -> Mapping[str, JSON]:
        """Its settings, defaults included, as the function reads them."""
        return self.settings.model_dump(exclude_none=True)

    @property
    def reads(self) -> list[str]:
        """The names of the secrets that it reads beside its own."""
        said = self.said
        return [str(said[one]) for one in FUNCTIONS[self.name].reads if one in said]


def check(function: str | None, settings: Mapping[str, Any] | None, *, named: bool) -> list[Flaw]:
    """What is wrong with the function of a schedule, and with its settings."""
    if function is None or not function.startswith(SCHEME):
        if settings is None:
            return []
        return [Flaw(("settings",), _FLAW, "`settings` are those of a `builtin:` function")]
    name = function.removeprefix(SCHEME)
    if name not in FUNCTIONS:
        known = ", ".join(SCHEME + one for one in FUNCTIONS)
        return [Flaw(("lambda",), _FLAW, f"there is no {function}", f"there are: {known}")]
    if not named:
        return [
            Flaw(
                ("lambda",),
                _FLAW,
                f"{function} is called after its schedule, and this one has no name",
                "write it under `schedules` in environment.sops.yaml, and refer to it",
            )
        ]
    try:
        given = FUNCTIONS[name].settings.model_validate(dict(settings or {}))
    except ValidationError as error:
        return list(_flaws(name, error))
    if isinstance(given, Random) and _bits(given) < _WEAKEST:
        said = f"{given.length} of {len(set(given.alphabet))} characters can be guessed"
        return [Flaw(("settings",), _FLAW, said, "declare a greater length or alphabet")]
    if (
        isinstance(given, Postgres)
        and (given.superuser or "").startswith("rds!")
        and not given.host
    ):
        said = f"{given.superuser} has no host, and whoever may write a login would choose one"
        return [Flaw(("settings",), _FLAW, said, "declare the database's address as `host`")]
    return []


def check_secret(
    placed: Placed, *, has_value: bool, names: Collection[str] | None, git_keys: Collection[str]
) -> Iterator[Flaw]:
    """What a secret lacks that the function of its schedule needs. ``names`` are those of its
    value, where that is a mapping."""
    shipped = FUNCTIONS[placed.name]
    needs, writes = shipped.needs(placed.settings), shipped.writes(placed.settings)
    what = SCHEME + placed.name
    if has_value and (missing := sorted(set(needs) - set(names or ()))):
        said = ", ".join(missing)
        yield Flaw(("value",), _FLAW, f"{what} needs the keys {said} in the value",
                   "write `value` as a mapping that has them")  # fmt: skip
    if owned := sorted(set(git_keys) & set(writes)):
        said = ", ".join(owned)
        yield Flaw(("git_keys",), _FLAW, f"{what} writes {said}", "rotation owns them")


def place(
    function: str, settings: Mapping[str, Any] | None, schedule: str, scope: Scope
) -> Placed | None:
    """The function of a schedule; None where it is not one of these, or has flaws."""
    if not function.startswith(SCHEME) or check(function, settings, named=True):
        return None
    name = function.removeprefix(SCHEME)
    shipped = FUNCTIONS[name]
    said = dict(settings or {})
    for one in shipped.reads:
        if one in said and not said[one].startswith(("/", "rds!")):
            said[one] = scope.under + said[one]
    lambda_name = called(scope.environment, schedule)
    own = arn("lambda", scope.region, scope.account, f"function:{lambda_name}")
    return Placed(name, lambda_name, own, shipped.settings.model_validate(said))


def deploying(function: JSON, functions: Mapping[str, Placed], environment: str) -> str | None:
    """How a function comes to be in Lambda that comes with the reconciler; None of any other."""
    for placed in functions.values():
        if placed.arn == function:
            return (
                f"{SCHEME}{placed.name} is deployed by you: reconciler rotation build"
                f" {placed.name}, and what reconciler rotation template {environment} prints"
            )
    return None


def logins(schedules: Any) -> dict[str, dict[str, str]]:
    """The secrets whose logins functions use beside those that they rotate, as git names them, and
    where: by schedule and setting. ``schedules`` is what a manifest says, whatever that is."""
    found: dict[str, dict[str, str]] = {}
    for schedule, said in schedules.items() if isinstance(schedules, Mapping) else ():
        function = said.get("lambda") if isinstance(said, Mapping) else None
        shipped = FUNCTIONS.get(str(function).removeprefix(SCHEME))
        settings = said.get("settings") if shipped is not None else None
        if shipped is None or not isinstance(settings, Mapping):
            continue
        says = (*shipped.reads, *shipped.leads)
        if named := {one: str(settings[one]) for one in says if one in settings}:
            found[str(schedule)] = named
    return found


def place_all(
    schedules: Mapping[str, Declared], scope: Scope
) -> tuple[dict[str, Declared], dict[str, Placed]]:
    """Schedules, each with the ARN of its function; and those of these functions that come with
    the reconciler, by their schedules."""
    functions: dict[str, Placed] = {}
    found: dict[str, Declared] = {}
    for name, one in schedules.items():
        placed = place(one.given("lambda") or "", one.given("settings"), name, scope)
        if placed is not None:
            functions[name] = placed
            one = one.model_copy(update={"lambda": placed.arn, "settings": None})
        found[name] = one
    return found, functions


def called(environment: str, schedule: str) -> str:
    """What the function of a schedule is called in Lambda."""
    return re.sub(r"[^A-Za-z0-9-]", "-", f"secrets-{environment}-rotate-{schedule}")


def check_names(environment: str, schedules: Mapping[str, str | None]) -> Iterator[Flaw]:
    """Functions whose names Lambda does not take, or that would be one; ``schedules`` are the
    functions by the schedules' names."""
    before: dict[str, str] = {}
    for schedule, function in schedules.items():
        if function is None or not function.startswith(SCHEME):
            continue
        name, at = called(environment, schedule), ("schedules", schedule)
        if len(name) > _LONGEST:
            said = f"its function would be called {name}: Lambda takes {_LONGEST} characters"
            yield Flaw(at, _FLAW, said, "give the schedule a shorter name")
        elif name in before:
            said = f"its function would be called {name}, like that of {before[name]}"
            yield Flaw(at, _FLAW, said, "rename one of the schedules")
        before.setdefault(name, schedule)


def _bits(given: Random) -> float:
    return given.length * math.log2(len(set(given.alphabet)))


def _flaws(name: str, error: ValidationError) -> Iterator[Flaw]:
    known = FUNCTIONS[name].settings.model_fields
    for one in error.errors(include_input=False, include_url=False, include_context=False):
        setting = str(one["loc"][0])
        field = ("settings", setting) if setting in known else ("settings",)
        if one["type"] == "extra_forbidden":
            said = f"{SCHEME}{name} has no setting {setting}"
            yield Flaw(field, _FLAW, said, f"it has: {', '.join(known)}")
        else:
            what = known[setting].description or ""
            yield Flaw(field, _FLAW, f"`{setting}`: {one['msg']}", f"it is: {what}")


def environment(placed: Placed) -> str:
    """What the function finds in its variable SETTINGS."""
    return json.dumps(placed.said, sort_keys=True, separators=(",", ":"))
