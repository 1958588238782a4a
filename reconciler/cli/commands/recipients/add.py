"""``reconciler recipients add``."""

from __future__ import annotations

import click

from reconciler.cli import outcomes, shared
from reconciler.cli.options import chosen, common


@click.command("add", epilog="Example: reconciler recipients add age1… production")
@click.argument("recipient")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@outcomes.as_format
@common
def command(recipient: str, environments: tuple[str, ...], form: str) -> int:
    """Encrypt environments for one key more: a public age key, or the ARN of a KMS key.

    Changes .sops.yaml and every file; all environments, if none is named. Values stay as they are,
    and so does the lock. Needs a key that decrypts them.
    """
    return shared.change(recipient, environments, chosen(), form=form, adds=True)
