"""``reconciler explain``."""

from __future__ import annotations

import difflib

import click

from reconciler.cli.options import common
from reconciler.cli.terminal import out
from reconciler.errors import Exit


@click.command("explain", epilog="Example: reconciler explain unquoted")
@click.argument("code")
@common
def command(code: str) -> int:
    """Say why an error in a manifest is one."""
    from reconciler.manifest.codes import CODES

    if code not in CODES:
        near = difflib.get_close_matches(code, CODES, 1)
        meant = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(sorted(CODES))}."
        raise click.UsageError(f"There is no code {code!r}.{meant}")
    out(f"{code}: {CODES[code]}")
    return Exit.OK
