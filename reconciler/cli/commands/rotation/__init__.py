"""``reconciler rotation``: the rotation functions that come with the reconciler."""

from __future__ import annotations

from types import MappingProxyType

import click

from reconciler.cli.group import Commands
from reconciler.cli.options import common

COMMANDS = MappingProxyType(
    {
        "build": "Pack a function as a zip, reproducibly.",
        "template": "Print a CloudFormation template of an environment's functions.",
    }
)


@click.group(
    "rotation",
    cls=Commands,
    package="reconciler.cli.commands.rotation",
    known=COMMANDS,
    epilog="Example: reconciler rotation build random",
)
@common
def command() -> None:
    """Build the rotation functions that come with the reconciler, random, jwt and postgres, and
    print what deploys them.

    A schedule names one as `lambda: builtin:random`. `build` packs it, you upload the zip,
    `template` prints what deploys it. Neither needs a key or credentials.
    """
