"""``reconciler recipients remove``."""

from __future__ import annotations

import click

from reconciler.cli import outcomes, shared
from reconciler.cli.options import chosen, common


@click.command("remove", epilog="Example: reconciler recipients remove age1… production")
@click.argument("recipient")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@outcomes.as_format
@common
def command(recipient: str, environments: tuple[str, ...], form: str) -> int:
    """Encrypt environments without a key, and list what whoever has it could read.

    Git has the old files: each value that it could read is to be replaced. They are listed in the
    order in which that is quickest, with the command for each.
    """
    return shared.change(recipient, environments, chosen(), form=form, adds=False)
