"""``reconciler import``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from reconciler.cli import edited, outcomes, walk
from reconciler.cli.commands import apply
from reconciler.cli.from_file import FromFile, result, tell
from reconciler.cli.kindname import KindName
from reconciler.cli.options import as_format, chosen, common
from reconciler.cli.terminal import out, say
from reconciler.core.errors import Exit
from reconciler.operations import importing, planning
from reconciler.operations.importing import Imported, NotImported
from reconciler.operations.importing.files import arrange
from reconciler.operations.importing.sources import FORMS
from reconciler.render.escape import terminal


@click.command("import", epilog="Example: reconciler import production --prefix /app/production")
@click.argument("environment", metavar="ENV")
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Read this file, or all files of a folder, in place of AWS.",
)
@click.option(
    "--as",
    "kind_of_file",
    type=click.Choice(FORMS),
    help="What the file is. [default: told from the file]",
)
@click.option("--below", metavar="NAME", help="Put names of the file below this one, like billing.")
@click.option("--one", metavar="NAME", help="Make one secret of all of the file: a mapping.")
@click.option(
    "--kind",
    type=KindName(),
    help="What a value of the file becomes. [default: secret; of chamber parameter]",
)
@click.option(
    "--prefix",
    metavar="PREFIX",
    help="Where to look, like /app/production, or app/production for secrets whose names have no"
    " slash before them. [default: ENV's prefix]",
)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="NAME",
    help="Only this one, by its full name in AWS, wherever it is; repeatable.",
)
@click.option(
    "--plaintext",
    is_flag=True,
    help="Write String and StringList parameters to git in clear text. [default: encrypted]",
)
@click.option("--auto-approve", is_flag=True, help="Write the manifests without asking.")
@as_format
@common
def command(
    environment: str,
    source: Path | None,
    kind_of_file: str | None,
    below: str | None,
    one: str | None,
    kind: str | None,
    prefix: str | None,
    names: tuple[str, ...],
    plaintext: bool,
    auto_approve: bool,
    form: str,
) -> int:
    """Write manifests for what exists and is not declared: in AWS, or in files of other tools.

    Reads the values once and hands them to sops, which encrypts them: no plaintext is ever in a
    file. Only new files are written, one for each service, because branches that change different
    files do not conflict. Where rotation is on, the schedule is declared and the value is not.
    `adopt` afterwards, and the plan is empty.

    With --from it reads .env, JSON or YAML, what `chamber export` writes, a Terraform state, and
    files that are encrypted by sops for a key that you have. Then it shows what adopting would do.
    """
    options = chosen()
    if not auto_approve and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: give --auto-approve.")
    given = {"--as": kind_of_file, "--below": below, "--one": one, "--kind": kind}
    if source is None:
        alone = [name for name, value in given.items() if value is not None]
        if alone:
            raise click.UsageError(f"{alone[0]} goes with --from.")
    else:
        if prefix is not None:
            raise click.UsageError("--prefix is for AWS, and --from is for a file.")
        if names:
            raise click.UsageError("--name is for AWS, and --from is for a file.")
        source_file = FromFile(source, kind_of_file, below or "", one, kind, plaintext)
        return source_file.run(environment, options, form=form, asks=not auto_approve)
    if names and prefix is not None:
        raise click.UsageError("Give --prefix or --name, not both.")
    declared = walk.read(environment, options, may_be_empty=True)
    scope = declared.settings.scope
    where = prefix or scope.prefix
    if not where.strip("/"):
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
        named=names,
        plaintext=plaintext,
    )
    missing = importing.absent(names, found, declared.resources())
    if missing:
        raise click.UsageError(f"AWS has no secret or parameter {', '.join(missing)}.")
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
        out(json.dumps(outcomes.as_object(list(map(result, found)), scope), indent=2))
    else:
        tell(found, scope)
        if not found:
            below = terminal(where)
            what = "all of these are" if names else f"nothing is below {below} in AWS that is not"
            say(f"{what} declared already", options)
        edited.tell([file.path for file in files])
        edited.behind(environment, options)
        if files:
            say(f"review and commit them; then run: reconciler adopt {environment}", options)
    faults = any(isinstance(one, NotImported) and one.fault for one in found)
    return Exit.PARTIAL if faults else Exit.OK
