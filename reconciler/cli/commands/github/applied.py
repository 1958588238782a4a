"""``reconciler github applied``."""

from __future__ import annotations

import click

from reconciler.cli.commands.github import shown
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import out, say
from reconciler.core.errors import Exit
from reconciler.github.deployment import last_applied


@click.command("applied", epilog="Example: reconciler github applied production")
@click.argument("environment", metavar="ENV")
@shown.form
@common
def command(environment: str, form: str) -> int:
    """Print the commit that was last applied to an environment; nothing where none is known.

    GitHub keeps a deployment for each job that ran behind the Environment of that name. What drift
    compares with is this commit, and not what main has that is not applied yet.
    """
    found = last_applied(shown.connect(shown.job()), environment)
    if found is None:
        say(f"{environment}: no deployment of it has succeeded", chosen())
    if form == "json":
        shown.tell({"environment": environment, "sha": found})
    elif found is not None:
        out(found)
    return Exit.OK
