"""``reconciler schema``."""

from __future__ import annotations

import json
from typing import Literal

import click

from reconciler.cli.options import common
from reconciler.cli.terminal import out
from reconciler.core.errors import Exit


@click.command("schema", epilog="Example: reconciler schema manifest > manifest.schema.json")
@click.argument("what", type=click.Choice(["manifest", "environment", "plan"]))
@common
def command(what: Literal["manifest", "environment", "plan"]) -> int:
    """Print the JSON Schema of manifests, of an environment's file, or of a saved plan."""
    if what == "plan":
        from reconciler import kinds
        from reconciler.core import planfile

        found = planfile.schema(kinds.names())
    else:
        from reconciler.manifest.schema import schema

        found = schema(what)
    out(json.dumps(found, indent=2, sort_keys=True))
    return Exit.OK
