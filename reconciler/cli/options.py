"""Options that every command takes, before its name and after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from reconciler.cli.connections import Connections

if TYPE_CHECKING:
    from reconciler.manifest.surroundings import Surroundings

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Common:
    """The values of the common options, wherever they were given."""

    manifests: Path | None = None
    sops: str | None = None
    color: str = "auto"
    verbose: int = 0
    quiet: bool = False
    log_format: str = "text"
    parallelism: int = 8
    timeout: float | None = None
    pace: float = 1.0
    audit: Path | None = None
    profile: str | None = None
    role_arn: str | None = None
    jobs: int = 8
    command: str = "reconciler"  # as far as it was understood
    environment: str | None = None  # of several, the one that this is about
    around: Surroundings | None = None  # of several, what they have in common
    connections: Connections = field(default_factory=Connections)


def common(function: F) -> F:
    """Give a command the common options; it finds their values with :func:`chosen`."""
    for decorate in reversed(_OPTIONS):
        function = decorate(function)
    return function


def as_format(function: F, says: str = "Output format.") -> F:
    """Give a command that writes text or JSON the option which of the two."""
    return click.option(
        "-o",
        "--format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        help=f"{says} [default: text]",
    )(function)


def many(function: F) -> F:
    """Give a command that takes many environments the option how many of them at once."""
    return _option(
        "-j",
        "--jobs",
        type=click.IntRange(1, 64),
        default=8,
        help="How many environments to work on at once. [default: 8]",
    )(function)


def chosen() -> Common:
    """The common options of the command that runs."""
    found: Common = click.get_current_context().find_root().obj
    return found


def _keep(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    root = ctx.find_root()
    if root.obj is None:
        root.obj = Common()
    name = parameter.name or ""
    if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT:
        setattr(root.obj, name, value)


def _option(*names: str, **settings: Any) -> Callable[[F], F]:
    return click.option(*names, expose_value=False, callback=_keep, **settings)


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    _option(
        "-C",
        "--manifests",
        metavar="FOLDER",
        type=click.Path(path_type=Path),
        help="Folder of the manifests. [default: manifests/, found upward]",
    ),
    _option("--sops", metavar="FILE", help="The sops binary. [default: from PATH]"),
    _option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="When to use colour. [default: auto]",
    ),
    _option(
        "--parallelism",
        type=click.IntRange(1, 64),
        default=8,
        help="Concurrent calls to AWS. [default: 8]",
    ),
    _option(
        "--timeout",
        type=click.FloatRange(min=1),
        metavar="SECONDS",
        help="Start no call to AWS after this; retry reads until then. [default: no limit for the"
        " run, two minutes for a read]",
    ),
    _option(
        "--pace",
        type=click.FloatRange(0.01, 1000),
        default=1.0,
        metavar="FACTOR",
        help="This account's quotas, as a multiple of AWS's defaults. [default: 1]",
    ),
    _option(
        "--audit",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Append a line of JSON for each change when it starts and when it ends.",
    ),
    _option(
        "--profile",
        metavar="NAME",
        help="Profile of the AWS config file; {environment}, {account} and {region} stand for those"
        " of each environment. [default: RECONCILER_PROFILE]",
    ),
    _option(
        "--role-arn",
        metavar="ARN",
        help="Role to assume, with the same templates. [default: RECONCILER_ROLE_ARN]",
    ),
    _option("-v", "--verbose", count=True, help="Log more to stderr; give it twice for even more."),
    _option("-q", "--quiet", is_flag=True, help="Log only errors to stderr."),
    _option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        help="Format of the log on stderr. [default: text]",
    ),
)
