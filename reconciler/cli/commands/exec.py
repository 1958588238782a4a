"""``reconciler exec``."""

from __future__ import annotations

import os
import shutil
import sys

import click

from reconciler.cli.exported import ExportError, collect
from reconciler.cli.options import chosen, common
from reconciler.core.errors import UsageError


@click.command(
    "exec",
    epilog="Example: reconciler exec development -- npm start",
    context_settings={"ignore_unknown_options": False, "allow_interspersed_args": True},
)
@click.argument("environment", metavar="ENV")
@click.argument("program", nargs=-1, metavar="-- COMMAND [ARGUMENT]...", required=True)
@click.option(
    "--from",
    "source",
    type=click.Choice(["manifests", "aws"]),
    default="manifests",
    help="Where to read the values. [default: manifests]",
)
@click.option("--only", multiple=True, metavar="NAME", help="Only this resource; repeatable.")
@common
def command(environment: str, program: tuple[str, ...], source: str, only: tuple[str, ...]) -> int:
    """Run a command with an environment's values as variables.

    The command replaces this process and gets no SOPS_* variable. Names that programs obey (PATH,
    LD_PRELOAD, NODE_OPTIONS, PYTHON…) and names that are already set are refused.
    """
    options = chosen()
    where = shutil.which(program[0])
    if where is None:
        raise UsageError(f"there is no command {program[0]}")
    found = collect(environment, source, only, options)
    for name in found.values:
        if name in os.environ:
            raise ExportError(
                f"{name} is set already, and {found.origins[name]} would replace it",
                hint=f"unset {name}, or declare another name: `env: NAME`",
            )
        if "\0" in found.values[name].reveal():
            raise ExportError(f"{found.origins[name]} holds a NUL, which no variable can")
    kept = {name: text for name, text in os.environ.items() if not name.startswith("SOPS_")}
    sys.stdout.flush()
    sys.stderr.flush()
    trouble = _replace(where, program, kept | {n: v.reveal() for n, v in found.values.items()})
    raise ExportError(f"{program[0]} cannot be run: {trouble}")


def _replace(where: str, program: tuple[str, ...], environment: dict[str, str]) -> str:
    """Become the command; why not, if that fails."""
    try:
        os.execve(where, program, environment)  # noqa: S606
    except OSError as error:
        return os.strerror(error.errno or 0)
