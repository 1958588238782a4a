"""``reconciler drift``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from reconciler import drift as differences
from reconciler.cli import failure, walk
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import colour, out
from reconciler.errors import Exit, ReconcilerError, UsageError
from reconciler.render import drift as rendering


@click.command("drift", epilog="Example: reconciler drift production")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@click.option(
    "-o",
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to show it. [default: text]",
)
@common
def command(environments: tuple[str, ...], form: str) -> int:
    """Find what has changed outside of git; in all environments, if none is named.

    Exit code 2 where somebody has to act: a value written outside, a rotation that does not end,
    a value past its age. What git is ahead of, what is kept and what rotated is told, with exit
    code 0.
    """
    options = chosen()
    shown: list[str] = []
    acts, failed = False, 0
    for environment in walk.environments(environments, options):
        try:
            planned, _ = walk.plan(environment, options)
        except UsageError:
            raise
        except ReconcilerError as error:
            failure.show(error, options)
            failed = failed or error.exit_code
            continue
        found = differences.classify(planned, datetime.now(UTC))
        acts = acts or any(entry.kind_of.acts for entry in found)
        if form == "json":
            shown.append(rendering.as_json(found, scope=planned.plan.scope))
        else:
            tinted = colour(sys.stdout, options)
            shown.append(rendering.text(found, scope=planned.plan.scope, colour=tinted))
    if shown:
        out("\n".join(shown))
    return failed or (Exit.CHANGES if acts else Exit.OK)
