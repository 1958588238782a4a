"""``reconciler explain``."""

from __future__ import annotations

import difflib
import json

import click

from reconciler.cli.options import as_format, common
from reconciler.cli.terminal import out
from reconciler.cli.wording import meant
from reconciler.core.errors import Exit


@click.command("explain", epilog="Example: reconciler explain unquoted")
@click.argument("code")
@as_format
@common
def command(code: str, form: str) -> int:
    """Explain a code: its cause, an example, and what to do.

    Codes stand in brackets in messages, as in error[unquoted].
    """
    code = code.rpartition("[")[2].removesuffix("]")
    from reconciler import rules
    from reconciler.core import ends, fixes, refusals
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
        (ends.REASONS, ends.FIXES),
    )
    known: dict[str, dict[str, tuple[str, str] | None]] = {}
    for reasons, ways in tables:
        for name, reason in reasons.items():
            known.setdefault(name, {}).setdefault(reason, ways.get(name))
    if code not in known:
        near = difflib.get_close_matches(code, known, 1)
        where = " A code stands in brackets, as in error[unquoted]."
        raise click.UsageError(f"There is no code {code!r}.{meant(near) or where}")
    if form == "json":
        told = [
            {
                "code": code,
                "reason": reason,
                "example": None if way is None else way[0],
                "to_do": None if way is None else way[1],
            }
            for reason, way in known[code].items()
        ]
        out(json.dumps(told, indent=2))
        return Exit.OK
    for reason, way in known[code].items():
        out(f"{code}: {reason}")
        if way is not None:
            out(f"  for example: {way[0]}\n  to do: {way[1]}")
    return Exit.OK
