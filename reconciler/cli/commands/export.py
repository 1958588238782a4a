"""``reconciler export``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from reconciler.cli.exported import ExportError, collect, refer
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.process import without_secrets
from reconciler.cli.terminal import say
from reconciler.core import wholefile
from reconciler.core.errors import Exit
from reconciler.operations.exporting import file
from reconciler.operations.exporting.formats import FORMATS, unwritable

REFERRING = ("ecs", "externalsecret")  # formats that hold no value
MOST = 1 << 24  # bytes of a file that is compared


@click.command("export", epilog="Example: reconciler export development --out .env")
@click.argument("environment", metavar="ENV")
@click.option(
    "-o",
    "--format",
    "form",
    type=click.Choice([*FORMATS, *REFERRING]),
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
@click.option(
    "--paths", is_flag=True, help="Write where the values are, not what they are; needs no key."
)
@click.option(
    "--check",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write nothing; exit with 2 if FILE differs. For output without values.",
)
@click.option("--only", multiple=True, metavar="NAME", help="Only this resource; repeatable.")
@click.option(
    "--out",
    "target",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The file to write; with values, one that git ignores.",
)
@common
def command(
    environment: str,
    form: str,
    source: str,
    paths: bool,
    check: Path | None,
    only: tuple[str, ...],
    target: Path | None,
) -> int:
    """Export an environment's values for local development, or where programs find them.

    Only this command and `exec` show values. The field username of database/credentials becomes
    DATABASE_CREDENTIALS_USERNAME, or what `env` in the manifest says.

    With --paths it writes names instead of values: DATABASE_SECRET_PATH for database/credentials.
    The formats ecs (`secrets` of a container in a task definition; asks AWS for ARNs) and
    externalsecret (External Secrets on Kubernetes) hold no value either.
    """
    options = chosen()
    if paths or form in REFERRING:
        return _refer(environment, form, source, paths, only, check, target, options)
    if check is not None:
        raise click.UsageError("--check is for --paths and for the formats ecs and externalsecret.")
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


def _refer(
    environment: str,
    form: str,
    source: str,
    paths: bool,
    only: tuple[str, ...],
    check: Path | None,
    target: Path | None,
    options: Common,
) -> int:
    """Write where values are, or compare it with a file."""
    if paths and form in REFERRING:
        raise click.UsageError(f"--paths is for other formats: {form} holds no value anyway.")
    if source == "aws":
        raise click.UsageError("--from is for values, and none is written.")
    if check is not None and target is not None:
        raise click.UsageError("--check writes nothing: leave --out away.")
    text = refer(environment, form, only, options)
    if check is not None:
        if wholefile.read(check, MOST) == text.encode():
            return Exit.OK
        how = "--paths" if paths else f"--format {form}"
        more = "".join(f" --only {name}" for name in only)
        say(
            f"{check} differs from what {environment} declares\n"
            f"to write it: reconciler export {environment} {how}{more} --out {check}",
            options,
            level="warning",
        )
        return Exit.CHANGES
    if target is None:
        sys.stdout.write(text)
    else:
        wholefile.save(target, text)
        say(f"{target}: written, without any value", options)
    return Exit.OK
