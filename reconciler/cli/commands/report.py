"""``reconciler report``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from reconciler.cli import applied, findings, locks, walk
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.terminal import colour, out, say
from reconciler.core import wholefile
from reconciler.core.errors import Exit, Problem
from reconciler.core.model import Key
from reconciler.manifest import Cleartext
from reconciler.operations import report as reports
from reconciler.operations.planning import Compared, Declares
from reconciler.render import report as rendering
from reconciler.rules import past_max_age, unreplaced, warnings
from reconciler.values.sensitive import Sealed


@click.command("report", epilog="Example: reconciler report production --html production.html")
@click.argument("environment", metavar="ENV")
@click.option(
    "-o",
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    help="How to show it. [default: text; nothing with --html]",
)
@click.option(
    "--html",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it as one page that needs nothing else.",
)
@click.option("--keyless", is_flag=True, help="Decrypt nothing: know values by fingerprints.lock.")
@common
def command(environment: str, form: str | None, target: Path | None, keyless: bool) -> int:
    """Show what an environment holds, whose it is, how old, and what rotates when.

    Inventory, owners, ages, rotations on a time line, drift and findings, for auditors and for
    whoever is on call. Reads no secret value: it makes the calls of `drift`. Its exit code is 0
    whatever it tells; `drift` is the one that ends with 2.
    """
    options = chosen()
    declared = walk.read(environment, options)
    now = datetime.now(UTC)
    if keyless:
        compared, aws = locks.plan(declared, options)
        known = applied.known(declared, compared, aws, now, options)
        found = _found(declared, compared, None, options)
        made = reports.make(compared, now, found, applied=known)
    else:
        planned, aws = walk.again(declared, options)
        known = applied.known(declared, planned, aws, now, options)
        found = _found(declared, planned, planned.desired.values, options)
        made = reports.make(planned, now, found, planned.principal, known)
    if form == "json":
        out(rendering.as_json(made))
    elif form == "text" or target is None:
        out(rendering.text(made, colour=colour(sys.stdout, options)))
    if target is not None:
        wholefile.save(target, rendering.page(made))
        say(f"written to {target}", options)
    return Exit.OK


def _found(
    declared: Cleartext,
    compared: Compared[Declares],
    values: Mapping[Key, Sealed] | None,
    options: Common,
) -> list[Problem]:
    """What the manifests' own warnings and the rules say; what is past its age is drift already."""
    examined = findings.examination(options, history=True)
    examined.add(declared, values, unreplaced(compared.plan, compared.live))
    found = [
        problem
        for problem in examined.problems(compared.plan.scope.environment)
        if problem.code != past_max_age.CODE
    ]
    return list(dict.fromkeys([*warnings(declared), *found]))
