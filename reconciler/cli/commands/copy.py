"""``reconciler copy``."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli import declared as naming
from reconciler.cli import filling, walk
from reconciler.cli.options import as_format, chosen, common
from reconciler.cli.terminal import say
from reconciler.core.errors import Exit, UsageError
from reconciler.core.model import Key
from reconciler.manifest import structure
from reconciler.manifest.declaring import Declaring
from reconciler.manifest.entries import Entry


@click.command(
    "copy", epilog="Example: reconciler copy staging production smtp/credentials --generate 40"
)
@click.argument("source_environment", metavar="FROM")
@click.argument("environment", metavar="TO")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@filling.options
@naming.as_kind
@as_format
@common
def command(
    source_environment: str,
    environment: str,
    names: tuple[str, ...],
    generate: int | None,
    source: Path | None,
    kind: str | None,
    form: str,
) -> int:
    """Declare in one environment what another declares: the structure, never a value.

    Values in clear text are not copied either. Give each value when asked, with --generate, or with
    --values. ARNs of the first account and Region are rewritten for the second.
    """
    options = chosen()
    if source_environment == environment:
        raise click.UsageError("FROM and TO are the same environment.")
    there = walk.read(source_environment, options)
    declared = walk.read(environment, options, may_be_empty=True)
    one, other = there.settings.scope, declared.settings.scope
    entries = [naming.entry(there, name, kind) for name in dict.fromkeys(names)]
    paths = {entry.path for entry in declared.entries if not _shared(entry)}
    for entry in entries:
        if entry.path in paths:
            raise UsageError(f"{environment} declares {entry.key} already", code="exists")
    making = Declaring.of(declared, walk.runner(declared, options))
    made = []
    for entry in entries:
        document = Declaring.of(there, making.sops).own(entry)
        made.append((entry, structure.of(document, one, other).only(entry.path), document.file))
    missing = [m for _, found, _ in made for m in found.missing]
    answers = filling.fill(missing, source, generate)
    folder, own = there.document.file.parent, declared.document.file.parent
    for entry, found, file in made:
        values = {m: answers[m] for m in found.missing}
        target = own / file.relative_to(folder)
        making.add(target, *entry.path, found.entry(entry.path, values))
    left = [name for _, found, _ in made for name in found.left_out]
    filling.tell_left_out(left, source_environment, options)
    keys = [Key(entry.kind.NAME, other.under + entry.key) for entry in entries]
    naming.save(making.changes, declared, keys, options, form=form)
    say(f"commit it; then: reconciler plan {environment}", options)
    return Exit.OK


def _shared(entry: Entry) -> bool:
    """Whether only files that environments share declare it: its value is still to be given."""
    return all(document.included for document in entry.documents)
