"""``reconciler import``."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence

import click

from reconciler.cli import edited, outcomes, walk
from reconciler.cli.commands import apply
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import out, say
from reconciler.core.errors import Exit, ReconcilerError
from reconciler.core.model import Scope
from reconciler.operations import importing, planning
from reconciler.operations.attempt import Status
from reconciler.operations.importing import Imported, NotImported
from reconciler.operations.importing.files import arrange
from reconciler.operations.steps import Result
from reconciler.render import names
from reconciler.render.escape import terminal


@click.command("import", epilog="Example: reconciler import production --prefix /app/production")
@click.argument("environment", metavar="ENV")
@click.option("--prefix", help="Where to look, like /app/production. [default: ENV's prefix]")
@click.option(
    "--plaintext",
    is_flag=True,
    help="Write String and StringList parameters to git in clear text. [default: encrypted]",
)
@click.option("--auto-approve", is_flag=True, help="Write the manifests without asking.")
@outcomes.as_format
@common
def command(
    environment: str, prefix: str | None, plaintext: bool, auto_approve: bool, form: str
) -> int:
    """Write manifests for what exists in AWS and is not declared yet.

    Reads each value once and passes it to sops, which encrypts it: no file ever holds plaintext.
    Writes new files only. Where rotation is on, declares the schedule and not the value. Run
    `adopt` next; the plan is then empty.
    """
    options = chosen()
    if not auto_approve and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: give --auto-approve.")
    declared = walk.read(environment, options, may_be_empty=True)
    scope = declared.settings.scope
    where = prefix or scope.prefix
    if not where.startswith("/") or not where.strip("/"):
        raise click.UsageError("A prefix is like /app/production.")
    aws = walk.connect(scope, options)
    runner = walk.runner(declared, options)
    planning.check_account(aws, scope)
    found = importing.read(
        aws,
        declared.settings,
        where.rstrip("/"),
        declared.resources(),
        {(entry.section, entry.key) for entry in declared.entries},
        plaintext=plaintext,
    )
    folder = walk.folder(options)
    files = arrange(folder.absolute() / environment, [f for f in found if isinstance(f, Imported)])
    if form == "text":
        for file in files:
            out(f"{terminal(file.path.name)}: {len(file.declarations)} to declare")
    if files:
        question = "Write these manifests of"
        if not auto_approve and not apply.agreed(environment, question):
            say("nothing was written", options)
            return Exit.ERROR
        importing.write(files, folder.absolute(), runner, declared.trust)
        walk.read(environment, options)
    if form == "json":
        out(json.dumps(outcomes.as_object(list(map(_result, found)), scope), indent=2))
    else:
        _tell(found, scope)
        if not found:
            below = terminal(where)
            say(f"nothing is below {below} in AWS that is not declared already", options)
        edited.tell([file.path for file in files])
        edited.behind(environment, options)
        if files:
            say(f"review and commit them; then run: reconciler adopt {environment}", options)
    faults = any(isinstance(one, NotImported) and one.fault for one in found)
    return Exit.PARTIAL if faults else Exit.OK


def _tell(found: Sequence[Imported | NotImported], scope: Scope) -> None:
    for one in found:
        if isinstance(one, NotImported):
            out(f"  not imported: {names.with_kind(one.key, scope)}: {terminal(one.reason)}")
        elif one.note:
            out(f"  {names.with_kind(one.key, scope)}: {terminal(one.note)}")
    counts = Counter(type(one) for one in found)
    out(f"Imported: {counts[Imported]}, {counts[NotImported]} not.")


def _result(one: Imported | NotImported) -> Result:
    if isinstance(one, Imported):
        return Result(one.key, Status.DONE, one.note)
    status = Status.REFUSED if one.fault else Status.SKIPPED
    return Result(one.key, status, error=ReconcilerError(one.reason))
