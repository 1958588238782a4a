"""``reconciler export``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from reconciler.cli.exported import ExportError, collect
from reconciler.cli.options import chosen, common
from reconciler.cli.process import without_secrets
from reconciler.cli.terminal import say
from reconciler.core.errors import Exit
from reconciler.operations.exporting import file
from reconciler.operations.exporting.formats import FORMATS, unwritable


@click.command("export", epilog="Example: reconciler export development --out .env")
@click.argument("environment", metavar="ENV")
@click.option(
    "-o",
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="dotenv",
    help="How to write them. [default: dotenv]",
)
@click.option(
    "--from",
    "source",
    type=click.Choice(["manifests", "aws"]),
    default="manifests",
    help="Where to read them. [default: manifests]",
)
@click.option("--only", multiple=True, metavar="NAME", help="Only this resource; repeatable.")
@click.option("--out", "target", type=click.Path(path_type=Path), help="A file that git ignores.")
@common
def command(
    environment: str, form: str, source: str, only: tuple[str, ...], target: Path | None
) -> int:
    """Export an environment's values, for local development.

    This command and `exec` are the only ones that show values. The field username of
    database/credentials is DATABASE_CREDENTIALS_USERNAME, or what `env` in the manifest says.
    """
    options = chosen()
    if target is not None:
        file.check(target, without_secrets())
    found = collect(environment, source, only, options)
    if form == "dotenv":
        bad = unwritable(found.values)
        if bad:
            raise ExportError(
                f"readers of .env files disagree about the value of {', '.join(bad)}",
                hint="some take quotes, backslashes or ${ (python-dotenv, even in single quotes)"
                " for more than text; --format json has no such doubt",
            )
    text = FORMATS[form](found.values)
    if target is None:
        if sys.stdout.isatty():
            say("these values stay in the terminal's history", options, level="warning")
        sys.stdout.write(text)
        sys.stdout.flush()
        return Exit.OK
    trouble = file.write(target, text)
    del text
    if trouble is not None:
        raise ExportError(f"{target} cannot be written: {trouble}")
    say(f"{target}: {len(found.values)} variables", options)
    return Exit.OK
