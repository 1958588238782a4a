"""``reconciler show``."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from reconciler import kinds
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import colour, out
from reconciler.core import planfile, wholefile
from reconciler.core.errors import Exit, UsageError
from reconciler.core.model import Plan
from reconciler.render.formats import FORMATS, TEXT

LARGEST = 256 * 1024 * 1024  # bytes of a plan file; 10,000 changes take about 10 MB


@click.command("show", epilog="Example: reconciler show production.plan.json")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default=TEXT,
    help="Output format. [default: text]",
)
@common
def command(file: Path, form: str) -> int:
    """Show a saved plan.

    Checks its summary and digests: an edited file is refused. Names at the end what no digest
    covers.
    """
    plans = load(file)
    out(FORMATS[form](plans, colour(sys.stdout, chosen()), str(file), True))
    return Exit.OK


def load(file: Path) -> tuple[Plan, ...]:
    """The plans in a file. Raises UsageError where it cannot be read, PlanFileError where it is
    not what a plan wrote."""
    try:
        content = wholefile.read(file, LARGEST).decode()
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not a plan: it is not text") from None
    titles = kinds.titles()
    plans = planfile.loads(content, kinds.names())
    return tuple(replace(plan, titles=titles) for plan in plans)
