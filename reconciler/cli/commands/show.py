"""``reconciler show``."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from reconciler import kinds
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import colour, out, say
from reconciler.core import planfile, trail, wholefile
from reconciler.core.errors import Exit, UsageError
from reconciler.core.model import Plan
from reconciler.render import trail as rendering
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
@click.option(
    "--audited",
    "logs",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Say which of its changes this audit log, of `apply --audit`, shows as written; exit code"
    " 2 unless all are. Repeatable.",
)
@common
def command(file: Path, form: str, logs: tuple[Path, ...]) -> int:
    """Show a saved plan.

    Checks its summary and digests: an edited file is refused. Names at the end what no digest
    covers.
    """
    options = chosen()
    plans = load(file)
    read = [wholefile.read(log, LARGEST).decode(errors="replace") for log in logs]
    out(FORMATS[form](plans, colour(sys.stdout, options), str(file), True))
    if not logs:
        return Exit.OK
    found = [(plan, trail.follow(plan, read)) for plan in plans]
    told = "\n".join(line for plan, one in found for line in rendering.lines(one, plan))
    if form == TEXT:
        out(f"\n{told}")
    else:
        say(told, options, level="warning")
    return Exit.CHANGES if any(one.missing for _, one in found) else Exit.OK


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
