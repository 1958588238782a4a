"""``reconciler report``."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from reconciler.cli import applied, findings, locks, several, walk
from reconciler.cli.options import Common, chosen, common, many
from reconciler.cli.terminal import colour, out, say
from reconciler.core import wholefile
from reconciler.core.errors import Exit, Problem, UsageError, worst
from reconciler.core.model import Key
from reconciler.manifest import Cleartext
from reconciler.operations import report as reports
from reconciler.operations.planning import Compared, Declares
from reconciler.operations.report import Report
from reconciler.render import report as rendering
from reconciler.render.report import words
from reconciler.rules import past_max_age, unreplaced, warnings
from reconciler.values.sensitive import Sealed


@click.command("report", epilog="Example: reconciler report production --html production.html")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@click.option(
    "-o",
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    help="Output format; csv is for a spreadsheet, with a row for each resource. [default: text;"
    " nothing with --html]",
)
@click.option(
    "--html",
    "target",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write one self-contained page; for several environments, a folder with a page"
    " each and index.html.",
)
@click.option("--keyless", is_flag=True, help="Decrypt nothing; use the fingerprints in the lock.")
@many
@common
def command(
    environments: tuple[str, ...], form: str | None, target: Path | None, keyless: bool
) -> int:
    """Show what environments hold: owners, ages, rotations, drift and findings.

    For auditors and for people on call. Makes the calls of `drift` and reads no secret value. The
    exit code is always 0; use `drift` to fail a job.
    """
    options = chosen()
    asked = walk.environments(environments, options)
    if walk.many(environments, asked):
        return _several(asked, form, target, keyless, options)
    if target is not None and target.is_dir():
        raise UsageError(f"{target} is a directory, and one report is a file")
    made = _make(asked[0], keyless, options)
    if form == "json":
        out(rendering.as_json(made))
    elif form == "csv":
        out(rendering.sheet([made]))
    elif form == "text" or target is None:
        out(rendering.text(made, colour=colour(sys.stdout, options)))
    if target is not None:
        wholefile.save(target, rendering.page(made))
        say(f"written to {target}", options)
    return Exit.OK


def _several(
    asked: Sequence[str], form: str | None, target: Path | None, keyless: bool, options: Common
) -> int:
    """A page each, which is written as soon as it is made; and one that leads to them."""
    tinted = colour(sys.stdout, options)
    entries: dict[str, rendering.Entry] = {}
    kept: dict[str, Report] = {}  # for a table of them all
    if target is not None:
        _folder(target)

    def one(environment: str, own: Common) -> several.Told:
        made = _make(environment, keyless, own)
        if target is not None:
            wholefile.save(target / rendering.file(environment), rendering.page(made))
        entries[environment] = rendering.entry(made)
        if form == "csv":
            kept[environment] = made
        shown = form == "text" or (form is None and target is None)
        text = rendering.text(made, colour=tinted) if shown else ""
        weight = sum(item.status.acts for item in made.items)
        row = several.Row(environment, Exit.OK, words.verdict(made), weight)
        return several.Told(row, text, rendering.as_object(made) if form == "json" else None)

    rows = several.run(asked, one, options, form=form or "text")
    if form == "csv":
        out(rendering.sheet(kept[environment] for environment in asked if environment in kept))
    if target is not None:
        failed = [rendering.Entry(row.environment, told=row.told, failed=True)
                  for row in rows if row.environment not in entries]  # fmt: skip
        page = rendering.index([*entries.values(), *failed], datetime.now(UTC))
        wholefile.save(target / "index.html", page)
        say(f"written to {target / 'index.html'}", options)
    return worst(row.code for row in rows)


def _folder(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target} is a file, and several reports go to a directory")
    (target / rendering.file("")).parent.mkdir(parents=True, exist_ok=True)


def _make(environment: str, keyless: bool, options: Common) -> Report:
    declared = walk.read(environment, options)
    now = datetime.now(UTC)
    if keyless:
        compared, aws = locks.plan(declared, options)
        known = applied.known(declared, compared, aws, now, options)
        found = _found(declared, compared, None, options)
        return reports.make(compared, now, found, applied=known)
    planned, aws = walk.again(declared, options)
    known = applied.known(declared, planned, aws, now, options)
    found = _found(declared, planned, planned.desired.values, options)
    return reports.make(planned, now, found, planned.principal, known)


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
