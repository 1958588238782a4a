"""``reconciler recipients``: who can decrypt the manifests."""

from __future__ import annotations

from types import MappingProxyType

import click

from reconciler.cli.group import Commands
from reconciler.cli.options import common

COMMANDS = MappingProxyType(
    {
        "list": "List who can decrypt each environment.",
        "add": "Encrypt environments for one more key.",
        "remove": "Encrypt environments without a key, and list what it could read.",
    }
)


@click.group(
    "recipients",
    cls=Commands,
    package="reconciler.cli.commands.recipients",
    known=COMMANDS,
    no_args_is_help=False,
    epilog="Example: reconciler recipients remove age1… production",
)
@common
def command() -> None:
    """List and change who can decrypt the manifests, in .sops.yaml and in every file at once."""
