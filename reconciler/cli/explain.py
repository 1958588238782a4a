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
    """Say why an error in a manifest is one, or what a rule is for."""
    from reconciler.manifest.codes import CODES
    from reconciler.rules import REASONS

    known = {**CODES, **REASONS}
    if code not in known:
        near = difflib.get_close_matches(code, known, 1)
        meant = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(sorted(known))}."
        raise click.UsageError(f"There is no code {code!r}.{meant}")
    out(f"{code}: {known[code]}")
    return Exit.OK
