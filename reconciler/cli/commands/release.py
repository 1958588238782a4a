"""``reconciler release``."""

from __future__ import annotations

import sys

import click

from reconciler.cli import outcomes, walk
from reconciler.cli.commands import apply
from reconciler.cli.options import as_format, chosen, common
from reconciler.cli.terminal import out, say
from reconciler.core.errors import Exit
from reconciler.core.model import Key
from reconciler.manifest import Desired
from reconciler.operations import planning
from reconciler.operations import release as releasing
from reconciler.operations.costs import costs
from reconciler.operations.planning import Gathered
from reconciler.render import names as rendering


@click.command("release", epilog="Example: reconciler release production smtp/credentials")
@click.argument("environment", metavar="ENV")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="Everything that this environment owns.")
@click.option("--auto-approve", is_flag=True, help="Release without asking.")
@as_format
@common
def command(
    environment: str, names: tuple[str, ...], everything: bool, auto_approve: bool, form: str
) -> int:
    """Stop managing resources: the reverse of adopt.

    Removes owner tags, stamps and labels. Values, descriptions and other tags stay. A parameter's
    value is read and written again, because only a new version is without the stamp. Remove what
    you release from the manifest too: plan refuses it while it is declared.
    """
    options = chosen()
    if bool(names) == everything:
        raise click.UsageError("Say what to release: names, or --all.")
    if not auto_approve and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: give --auto-approve.")
    declared = walk.read(environment, options)
    scope = declared.settings.scope
    aws = walk.connect(scope, options)
    runner = walk.runner(declared, options)
    gathered = planning.gather(scope, lambda: declared.decrypt(runner), aws)
    wanted = None if everything else walk.keys(names, _known(gathered), scope)
    prepared = releasing.prepare(gathered, aws, wanted)
    if form == "text":
        for key in prepared.steps:
            out(f"  release {rendering.with_kind(key, scope)}")
    for price in costs(prepared.steps):
        say(price, options)
    if prepared.steps and not auto_approve and not apply.agreed(environment, "Release this in"):
        say("nothing was written", options)
        return Exit.ERROR
    return outcomes.run(
        prepared.steps,
        prepared.refused,
        aws,
        scope,
        options,
        form=form,
        symbol="<",
        verb="Released",
    )


def _known(gathered: Gathered[Desired]) -> set[Key]:
    listed = {Key(kind, name) for kind, found in gathered.records.items() for name in found}
    return listed | set(gathered.desired.resources)
