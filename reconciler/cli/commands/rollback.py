"""``reconciler rollback``."""

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
from reconciler.kinds.kind import NotForKind
from reconciler.operations.steps import Result, Step, refused
from reconciler.render import names as rendering


@click.command("rollback", epilog="Example: reconciler rollback production smtp/credentials")
@click.argument("environment", metavar="ENV")
@click.argument("name")
@click.option(
    "--rotated",
    is_flag=True,
    help="Also if a rotation replaced the value, perhaps because it leaked.",
)
@click.option("--auto-approve", is_flag=True, help="Move the label without asking.")
@as_format
@common
def command(environment: str, name: str, rotated: bool, auto_approve: bool, form: str) -> int:
    """Restore the previous version of a secret.

    Moves AWSCURRENT to the version that AWSPREVIOUS labels; no value is read. A second rollback
    undoes the first. Git still declares the other value, so revert the commit too.
    """
    options = chosen()
    if not auto_approve and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: give --auto-approve.")
    found = find(environment, [name], options)
    steps: dict[Key, Step] = {}
    barred: list[Result] = []
    answers = {
        key: kinds.named(key.kind).roll_back(found.target(key), rotated=rotated)
        for key in found.keys
    }
    # Of two of one name it is about the one that it is for.
    meant = {k: a for k, a in answers.items() if not isinstance(a, NotForKind)} or answers
    for key, answer in meant.items():
        if isinstance(answer, Refusal):
            barred.append(refused(key, answer.reason, answer.hint))
            continue
        if form == "text":
            out(f"  roll back {rendering.with_kind(key, found.scope)} to its previous version")
        steps[key] = partial(answer.do, found.aws)
    if steps and not auto_approve and not apply.agreed(environment, "Do this in"):
        say("nothing was written", options)
        return Exit.ERROR
    return outcomes.run(
        steps, barred, found.aws, found.scope, options, form=form, symbol="~", verb="Rolled back"
    )
