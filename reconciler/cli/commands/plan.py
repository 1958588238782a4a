"""``reconciler plan``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from reconciler.cli import earlier, failure, findings, locks, opened, walk
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import colour, out, say
from reconciler.core import planfile, wholefile
from reconciler.core.errors import Exit, ReconcilerError, UsageError
from reconciler.core.model import Plan
from reconciler.manifest import Cleartext
from reconciler.render.formats import FORMATS, TEXT
from reconciler.rules import unreplaced


@click.command("plan", epilog="Example: reconciler plan production --out production.plan.json")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@click.option(
    "-o",
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default=TEXT,
    help="How to show it. [default: text]",
)
@click.option("--out", "target", type=click.Path(path_type=Path), help="Save the plan as JSON.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit code 2 where there are changes.")
@click.option("--only", multiple=True, metavar="NAME", help="Only this resource; repeatable.")
@click.option(
    "--base",
    metavar="REV",
    help="Show who gets access since this commit; with the key, name the keys of JSON secrets that"
    " differ.",
)
@click.option("--keyless", is_flag=True, help="Decrypt nothing: know values by fingerprints.lock.")
@common
def command(
    environments: tuple[str, ...],
    form: str,
    target: Path | None,
    detailed_exitcode: bool,
    only: tuple[str, ...],
    base: str | None,
    keyless: bool,
) -> int:
    """Show what would change in AWS; of all environments, if none is named.

    Reads no secret value from AWS. What it shows, and nothing else, is what `apply --plan` writes.
    With --keyless it needs no key either, and believes AWS's marks, which apply checks.
    """
    options = chosen()
    side = None if base is None or keyless else earlier.side(base, options)
    since = None if base is None else opened.since(base, options)
    plans: list[Plan] = []
    known: list[Cleartext] = []
    examined = findings.examination(options, history=False)
    failed = 0
    for environment in walk.environments(environments, options):
        try:
            declared = walk.read(environment, options)
            if keyless:
                compared, _ = locks.plan(declared, options, only=only)
                examined.add(declared, live=unreplaced(compared.plan, compared.live))
                made = compared.plan
            else:
                planned, _ = walk.again(declared, options, only=only)
                values = planned.desired.values
                examined.add(declared, values, unreplaced(planned.plan, planned.live))
                made = (
                    planned.plan
                    if side is None
                    else earlier.named(planned, declared, side, options)
                )
        except UsageError:
            raise
        except ReconcilerError as error:
            failure.show(error, options)
            failed = failed or error.exit_code
            continue
        plans.append(opened.told(made, declared, examined, since))
        known.append(declared)
    for declared, made in zip(known, plans, strict=True):
        findings.tell(examined, declared, made, only, options)
    where = str(target) if target else None
    if shown := FORMATS[form](plans, colour(sys.stdout, options), where, False):
        out(shown)
    if failed:
        return failed
    if target is not None:
        wholefile.save(target, planfile.dumps(plans))
        say(f"saved as {target}", options)
    changed = any(plan.changes for plan in plans)
    return Exit.CHANGES if detailed_exitcode and changed else Exit.OK
