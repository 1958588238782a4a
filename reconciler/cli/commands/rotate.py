"""``reconciler rotate``."""

from __future__ import annotations

import sys
from functools import partial

import click

from reconciler import kinds
from reconciler.cli import outcomes
from reconciler.cli.commands import apply
from reconciler.cli.options import as_format, chosen, common
from reconciler.cli.selection import find
from reconciler.cli.terminal import out, say
from reconciler.core.errors import Exit
from reconciler.core.model import Key
from reconciler.core.ownership import Refusal
from reconciler.kinds.kind import Turn
from reconciler.operations.steps import Result, Step, refused
from reconciler.render import names as rendering


@click.command("rotate", epilog="Example: reconciler rotate production database/credentials")
@click.argument("environment", metavar="ENV")
@click.argument("names", nargs=-1, metavar="NAME...", required=True)
@click.option(
    "--twice",
    is_flag=True,
    help="Rotate twice: with alternating users, one rotation leaves the leaked login valid.",
)
@click.option(
    "--clear-pending",
    is_flag=True,
    help="Remove AWSPENDING from a stuck rotation, then rotate.",
)
@click.option(
    "--wait",
    type=click.FloatRange(min=0, min_open=True),
    default=300.0,
    help="Seconds to wait for each rotation. [default: 300]",
)
@click.option("--auto-approve", is_flag=True, help="Rotate without asking.")
@as_format
@common
def command(
    environment: str,
    names: tuple[str, ...],
    twice: bool,
    clear_pending: bool,
    wait: float,
    auto_approve: bool,
    form: str,
) -> int:
    """Rotate secrets now, because one leaked, and wait until it is done.

    Where AWS rotates, the rotation function makes the new value in four steps. A generated secret
    gets a new value from this command. A value that git owns is changed in git: use `set`.
    """
    options = chosen()
    if not auto_approve and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: give --auto-approve.")
    found = find(environment, names, options)
    steps: dict[Key, Step] = {}
    barred: list[Result] = []
    turn = Turn(times=1 + twice, timeout=wait, clears=clear_pending)
    for key in found.keys:
        answer = kinds.named(key.kind).rotate(found.target(key), turn)
        if isinstance(answer, Refusal):
            barred.append(refused(key, answer.reason, answer.hint))
            continue
        if form == "text":
            out(f"  rotate {rendering.with_kind(key, found.scope)}: {answer.told}")
        steps[key] = partial(answer.do, found.aws)
    if steps and not auto_approve and not apply.agreed(environment, "Rotate this in"):
        say("nothing was written", options)
        return Exit.ERROR
    return outcomes.run(
        steps, barred, found.aws, found.scope, options, form=form, symbol="~", verb="Rotated"
    )
