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
    """Explain a code: its cause, an example, and what to do."""
    from reconciler import rules
    from reconciler.core import fixes, refusals
    from reconciler.manifest.codes import CODES
    from reconciler.manifest.fixes import FIXES
    from reconciler.operations import report
    from reconciler.rules.fixes import FIXES as RULE_FIXES

    # A code that means two things is told by both; one that two places have for the same, once.
    tables = (
        (CODES, FIXES),
        (refusals.REASONS, fixes.FIXES),
        (rules.REASONS, RULE_FIXES),
        (report.REASONS, report.FIXES),
    )
    known: dict[str, dict[str, tuple[str, str] | None]] = {}
    for reasons, ways in tables:
        for name, reason in reasons.items():
            known.setdefault(name, {}).setdefault(reason, ways.get(name))
    if code not in known:
        near = difflib.get_close_matches(code, known, 1)
        meant = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(sorted(known))}."
        raise click.UsageError(f"There is no code {code!r}.{meant}")
    for reason, way in known[code].items():
        out(f"{code}: {reason}")
        if way is not None:
            out(f"  for example: {way[0]}\n  to do: {way[1]}")
    return Exit.OK
