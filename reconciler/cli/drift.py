"""``reconciler drift``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from reconciler import drift as differences
from reconciler.cli import failure, walk
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import colour, out
from reconciler.drift import Drift
from reconciler.errors import Exit, ReconcilerError, UsageError
from reconciler.model import Scope
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
@click.option(
    "--deep",
    is_flag=True,
    help="Read what no list returns, too: resource policies, replicas, parameters' tags.",
)
@common
def command(environments: tuple[str, ...], form: str, deep: bool) -> int:
    """Find what has changed outside of git; in all environments, if none is named.

    Exit code 2 where somebody has to act: a value written outside, a rotation that does not end,
    a value past its age. What git is ahead of, what is kept and what rotated is told, with exit
    code 0.
    """
    options = chosen()
    every: list[tuple[Scope, tuple[Drift, ...]]] = []
    acts, failed = False, 0
    for environment in walk.environments(environments, options):
        try:
            planned, aws = walk.plan(environment, options)
            read = differences.read_deep(planned, aws) if deep else {}
        except UsageError:
            raise
        except ReconcilerError as error:
            failure.show(error, options)
            failed = failed or error.exit_code
            continue
        found = differences.classify(planned, datetime.now(UTC), read)
        acts = acts or any(entry.kind_of.acts for entry in found)
        every.append((planned.plan.scope, found))
    if form == "json" and every:
        out(rendering.as_json(every))
    elif every:
        tinted = colour(sys.stdout, options)
        out("\n".join(rendering.text(f, scope=scope, colour=tinted) for scope, f in every))
    return failed or (Exit.CHANGES if acts else Exit.OK)
