"""``reconciler recipients list``."""

from __future__ import annotations

import json

import click

from reconciler.cli import walk
from reconciler.cli.options import as_format, chosen, common
from reconciler.cli.terminal import out
from reconciler.core.errors import Exit
from reconciler.manifest import sharing
from reconciler.render.escape import terminal


@click.command("list", epilog="Example: reconciler recipients list production")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@as_format
@common
def command(environments: tuple[str, ...], form: str) -> int:
    """List who can decrypt each environment, by the rules of .sops.yaml."""
    options = chosen()
    names = walk.environments(environments, options)
    found = sharing.rights(walk.folder(options), names)
    if form == "json":
        shown = {one.environment: [str(key) for key in one.recipients] for one in found}
        out(json.dumps({"format_version": "1.0", "environments": shown}, indent=2))
        return Exit.OK
    for one in found:
        out(one.environment)
        for key in one.recipients:
            out(f"  {terminal(str(key))}")
    return Exit.OK
