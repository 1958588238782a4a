"""An environment's own file: where it is, what it may do, and the schedules that it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from reconciler.aws.arn import REGION
from reconciler.core.errors import Problem
from reconciler.core.model import Policy, Scope
from reconciler.kinds.duration import RecoveryWindow, days
from reconciler.kinds.kind import UNUSED_AFTER, Declared, Settings
from reconciler.kinds.kms import KeyName
from reconciler.kinds.schedule import Schedule
from reconciler.kinds.shipped import place_all
from reconciler.kinds.variable import Variable
from reconciler.manifest.document import Document
from reconciler.manifest.encrypted import RESERVED
from reconciler.manifest.files import ENVIRONMENT_FILE
from reconciler.manifest.metadata import BLOCK

PREFIX_PATTERN = r"^(/[a-zA-Z0-9_.-]+)+$"
_PREFIX = re.compile(r"(/[a-zA-Z0-9_.-]+)+\Z")
_APPLICATION = re.compile(r"(?=.{1,30}\Z)[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
_READABLE = re.compile(r"[A-Za-z0-9/_+=.@*-]+\Z")
_MAX_LEVELS = 13  # of the 15 that a parameter's name may have


def _prefix(prefix: str) -> str:
    if not _PREFIX.match(prefix):
        raise PydanticCustomError(
            "prefix",
            "it starts with a slash, ends without one, and has letters, digits and _ . - between",
        )
    if prefix[1:].lower().startswith(("aws", "ssm")):
        raise PydanticCustomError("prefix", "Parameter Store keeps names in aws and ssm to itself")
    if prefix.count("/") > _MAX_LEVELS:
        raise PydanticCustomError("prefix", "Parameter Store allows names of 15 levels")
    return prefix


class Guards(Declared):
    """How much one apply may change; a plan beyond it is refused."""

    max_prunes: int = Field(default=0, ge=0, description="resources that one apply may prune")
    max_change_ratio: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="(updates + replaces + prunes) / owned live resources, from 10 of them on",
    )


class Drift(Declared):
    """What ends `drift` with exit code 2, beyond what always does."""

    unmanaged: Literal["tell", "fail"] = Field(
        default="tell", description="what is below the prefix and nobody manages"
    )


def _application(name: str) -> str:
    if not _APPLICATION.match(name):
        raise PydanticCustomError(
            "reader", "an application is called with lower-case letters, digits and single hyphens"
        )
    return name


def _readable(pattern: str) -> str:
    if not _READABLE.match(pattern):
        raise PydanticCustomError(
            "reader", "a name has letters, digits and / _ + = . @ - and * for any text"
        )
    return pattern


Readable = Annotated[str, AfterValidator(_readable)]


class EnvironmentFile(Declared):
    """The cleartext of ``environment.sops.yaml``."""

    environment: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", description="the name of the folder"
    )
    account: str = Field(pattern=r"^[0-9]{12}$", description="any other account is refused")
    region: str = Field(pattern=f"^{REGION}$")
    prefix: Annotated[
        str,
        AfterValidator(_prefix),
        WithJsonSchema({"type": "string", "pattern": PREFIX_PATTERN}),
    ] = Field(description="what names begin with; those of two environments do not overlap")
    owner: str = Field(
        pattern=r"^[A-Za-z0-9_.+=@-]{1,128}$", description="whose everything here is, in tags"
    )
    include: list[str] = Field(
        default_factory=list, description="cleartext files without values, shared"
    )
    kms_key: KeyName | None = Field(default=None, description="where nothing else is said")
    previous_kms_keys: list[KeyName] = Field(
        default_factory=list, description="keys of secrets before a change of `kms_key`"
    )
    tags: dict[str, str] = Field(default_factory=dict, description="on every resource")
    readers: dict[Annotated[str, AfterValidator(_application)], list[Readable]] = Field(
        default_factory=dict,
        description="application: the names that it may read; * stands for any text",
    )
    env_prefix: Variable | None = Field(
        default=None, description="what derived names of variables begin with, for export and exec"
    )
    ignore: dict[str, str] = Field(
        default_factory=dict, description="rule: why it is ignored in all of the environment"
    )
    prune: bool = Field(default=False, description="remove what is owned and no longer declared")
    empty: bool = Field(
        default=False, description="it declares nothing on purpose, before its folder goes"
    )
    recovery_window: RecoveryWindow | Annotated[int, Field(ge=7, le=30)] = Field(
        default="30 days", description="how long AWS keeps a deleted secret"
    )
    guards: Guards = Guards()
    record: Literal["none"] | None = Field(
        default=None, description="none: AWS gets no note of which commit was last applied"
    )
    drift: Drift = Drift()
    unused_after: int = Field(
        default=UNUSED_AFTER, ge=1, le=3650, description="days after which `report` finds it unused"
    )
    schedules: dict[str, Schedule] = Field(
        default_factory=dict, description="one for each type of secret, referred to by name"
    )

    def settings(self) -> Settings:
        """What concerns the environment's resources."""
        window = self.recovery_window
        scope = Scope(self.environment, self.account, self.region, self.prefix, self.owner)
        schedules, functions = place_all(self.schedules, scope)
        return Settings(
            scope=scope,
            policy=Policy(
                prune=self.prune,
                recovery_window=window if isinstance(window, int) else days(window),
                max_prunes=self.guards.max_prunes,
                max_change_ratio=self.guards.max_change_ratio,
            ),
            kms_key=self.kms_key,
            previous_kms_keys=self.previous_kms_keys,
            tags=self.tags,
            schedules=schedules,
            ignore=self.ignore,
            readers=self.readers,
            env_prefix=self.env_prefix or "",
            record=self.record is None,
            unused_after=self.unused_after,
            unmanaged_fails=self.drift.unmanaged == "fail",
            functions=functions,
        )


def environments(root: Path) -> list[str]:
    """The names of all environments below the manifests' folder, sorted."""
    return sorted(
        path.parent.name
        for path in root.glob(f"*/{ENVIRONMENT_FILE}")
        if not path.parent.name.startswith(".") and path.parent.name.isprintable()
    )


def cleartext(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an environment's own file: all but what sops adds and encrypts."""
    return {name: field for name, field in data.items() if name not in {BLOCK, *RESERVED}}


def alike(document: Document, name: str, others: Iterable[str]) -> list[Problem]:
    """Other environments whose name differs by case, or by `.`, `_` and `-`, alone.

    GitHub's concurrency groups and Environments do not tell cases apart, and names of stacks and
    topics have neither `.` nor `_`: the two would share them.
    """
    return [
        document.error(
            ("environment",),
            "environments-alike",
            f"the names {name} and {other} differ by case or by . _ - alone: GitHub, and the stack"
            " of bootstrap, would take the two for one",
            "rename one of the two, with its folder",
        )
        for other in others
        if other != name
    ]


def canonical(name: str) -> str:
    """What names that differ by case, or by `.`, `_` and `-`, alone have in common."""
    return re.sub("[._]", "-", name).lower()


def not_compared(document: Document, name: str, other: str) -> Problem:
    """The warning that ``document``, the own file of ``other``, does not tell where it is."""
    return Problem(
        document.place(),
        "not-compared",
        f"cannot tell whether the prefix of {other} overlaps that of {name}",
        "repair this file",
        warning=True,
    )


def overlap(document: Document, other: str, there: Document) -> Problem:
    """The refusal of a prefix that is that of another environment of the same account and Region,
    above it, or below it: the two would prune each other's resources."""
    return document.error(
        ("prefix",),
        "prefix-overlap",
        f"the prefix overlaps that of {other}, in the same account and Region",
        f"see {there.place(('prefix',))}",
    )


def territory(document: Document) -> tuple[str, str, str] | None:
    """Account, Region and prefix, which ends in a slash; None where the file does not tell."""
    data = document.data
    if not isinstance(data, dict):
        return None
    account, region, prefix = (data.get(name) for name in ("account", "region", "prefix"))
    if isinstance(account, str) and isinstance(region, str) and isinstance(prefix, str):
        return account, region, prefix.rstrip("/") + "/"
    return None
