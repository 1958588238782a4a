"""``reconciler plan``."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from reconciler.cli import applied, earlier, findings, locks, opened, several, walk
from reconciler.cli.options import Common, chosen, common, many
from reconciler.cli.terminal import colour, out, say
from reconciler.core import wholefile
from reconciler.core.errors import Exit, worst
from reconciler.core.model import Plan
from reconciler.manifest import Cleartext
from reconciler.manifest.branch import Side
from reconciler.render import json
from reconciler.render.formats import FORMATS, TEXT
from reconciler.render.summary import summary
from reconciler.rules import Examination, unreplaced


@click.command("plan", epilog="Example: reconciler plan production --out production.plan.json")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@click.option(
    "-o",
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default=TEXT,
    help="Output format. [default: text]",
)
@click.option(
    "--out",
    "target",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Save the plan as JSON.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit code 2 where there are changes.")
@click.option("--only", multiple=True, metavar="NAME", help="Only this resource; repeatable.")
@click.option(
    "--base",
    metavar="REV",
    help="Show who gains access since this commit; with the key, also which keys of JSON"
    " secrets differ.",
)
@click.option("--keyless", is_flag=True, help="Decrypt nothing; use the fingerprints in the lock.")
@many
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
    """Show what would change in AWS, in every environment unless you name some.

    Names may be patterns like 'prod-*'. Several environments end with a table, worst first, and the
    worst exit code.

    No secret value is read from AWS. `apply --plan` writes what the plan shows and nothing else.
    With --keyless it needs no key, and trusts the marks in AWS, which apply checks.
    """
    options = chosen()
    side = None if base is None or keyless else earlier.side(base, options)
    since = None if base is None else opened.since(base, options)
    planning = _Planning(only, side, since, keyless, findings.examination(options, history=False))
    tinted = colour(sys.stdout, options)

    def one(environment: str, own: Common) -> several.Told:
        made = planning.plan(environment, own)
        changed = detailed_exitcode and made.changes
        row = several.Row(
            environment, Exit.CHANGES if changed else Exit.OK, summary(made), len(made.changes)
        )
        text = FORMATS[TEXT]([made], tinted, where, False) if made.changes or made.notes else ""
        return several.Told(row, text, _as_object(made) if form == "json" else None)

    where = str(target) if target else None
    asked = walk.environments(environments, options)
    if walk.many(environments, asked):
        rows = several.run(asked, one, options, form=form, before=lambda: planning.tell(options))
        code = worst(row.code for row in rows)
        plans = planning.plans(asked)
        if form not in (TEXT, "json") and plans:
            out(FORMATS[form](plans, tinted, where, False))
    else:
        plans = [planning.plan(asked[0], options)]
        planning.tell(options)
        out(FORMATS[form](plans, tinted, where, False))
        code = Exit.CHANGES if detailed_exitcode and plans[0].changes else Exit.OK
    if target is not None and code not in (Exit.OK, Exit.CHANGES):
        say(f"{target} was not saved: not every plan was made", options, level="warning")
    elif target is not None:
        wholefile.save(target, json.plan(plans))
        say(f"saved as {target}", options)
    return code


def _as_object(made: Plan) -> dict[str, Any]:
    from reconciler.core import planfile  # its models take a tenth of the start

    return planfile.as_object(made)


class _Planning:
    """The plans of a run, which rules look at together. Safe to use from threads."""

    def __init__(
        self,
        only: Sequence[str],
        side: Side | None,
        since: opened.Since | None,
        keyless: bool,
        examined: Examination,
    ) -> None:
        self._only, self._side, self._since, self._keyless = only, side, since, keyless
        self._examined = examined
        self._made: dict[str, tuple[Cleartext, Plan]] = {}
        self._lock = threading.Lock()

    def plan(self, environment: str, options: Common) -> Plan:
        """The plan of an environment, which is kept. Raises ReconcilerError."""
        declared = walk.read(environment, options)
        if self._keyless:
            compared, aws = locks.plan(declared, options, only=self._only)
            made = applied.recreated(declared, compared, aws, options)
            live, values = compared.live, None
        else:
            planned, aws = walk.again(declared, options, only=self._only)
            planned = replace(planned, plan=applied.recreated(declared, planned, aws, options))
            made, live, values = planned.plan, planned.live, planned.desired.values
            locks.behind(declared, planned.desired, options)
            if self._side is not None:
                made = earlier.named(planned, declared, self._side, options)
        with self._lock:
            self._examined.add(declared, values, unreplaced(made, live))
            made = opened.told(made, declared, self._examined, self._since)
            self._made[environment] = (declared, made)
        return made

    def plans(self, names: Sequence[str]) -> list[Plan]:
        """Those that were made, in this order."""
        return [self._made[name][1] for name in names if name in self._made]

    def tell(self, options: Common) -> None:
        """What the rules find."""
        told: set[tuple[str, frozenset[str]]] = set()
        for _, (declared, made) in sorted(self._made.items()):
            findings.tell(self._examined, declared, made, self._only, options, told)
