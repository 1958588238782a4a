"""``reconciler recipients add``."""

from __future__ import annotations

import click

from reconciler.cli import shared
from reconciler.cli.options import as_format, chosen, common


@click.command("add", epilog="Example: reconciler recipients add age1… production")
@click.argument("recipient")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@as_format
@common
def command(recipient: str, environments: tuple[str, ...], form: str) -> int:
    """Let one more key decrypt environments: a public age key, or the ARN of a KMS key.

    Changes .sops.yaml and every file, of all environments unless you name some. Values and the lock
    stay as they are. Needs a key that decrypts the files.
    """
    return shared.change(recipient, environments, chosen(), form=form, adds=True)
