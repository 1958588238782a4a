"""``reconciler recipients remove``."""

from __future__ import annotations

import click

from reconciler.cli import shared
from reconciler.cli.options import as_format, chosen, common


@click.command("remove", epilog="Example: reconciler recipients remove age1… production")
@click.argument("recipient")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@as_format
@common
def command(recipient: str, environments: tuple[str, ...], form: str) -> int:
    """Stop encrypting environments for a key, and list what its holder could read.

    Every file gets a new data key, so that they cannot read what is written later; the lock is
    updated. Git still has the old files, so each value in them needs a new one. The list says how,
    with one command each, quickest first.
    """
    return shared.change(recipient, environments, chosen(), form=form, adds=False)
