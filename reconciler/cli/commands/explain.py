"""``reconciler explain``."""

from __future__ import annotations

import difflib

import click

from reconciler.cli.options import common
from reconciler.cli.terminal import out
from reconciler.core.errors import Exit


@click.command("explain", epilog="Example: reconciler explain unquoted")
@click.argument("code")
@common
def command(code: str) -> int:
    """Say why an error is one, why a change is refused, or what a rule is for."""
    from reconciler import rules
    from reconciler.core import refusals
    from reconciler.manifest.codes import CODES
    from reconciler.operations import report

    # A code that means two things is told by both; one that two places have for the same, once.
    tables = (CODES, refusals.REASONS, rules.REASONS, report.REASONS)
    known = {
        name: [table[name] for table in tables if name in table] for name in set().union(*tables)
    }
    if code not in known:
        near = difflib.get_close_matches(code, known, 1)
        meant = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(sorted(known))}."
        raise click.UsageError(f"There is no code {code!r}.{meant}")
    out("\n".join(f"{code}: {reason}" for reason in dict.fromkeys(known[code])))
    return Exit.OK
