"""``reconciler move``."""

from __future__ import annotations

import click

from reconciler.cli import declared as naming
from reconciler.cli import edited, walk
from reconciler.cli.options import Common, as_format, chosen, common
from reconciler.cli.terminal import say
from reconciler.core.errors import Exit, ManifestError, UsageError
from reconciler.core.model import Key
from reconciler.manifest import declaring, half_moved, moving
from reconciler.manifest.declaring import Declaring
from reconciler.manifest.entries import Entry
from reconciler.manifest.moving import Renamed


@click.command("move", epilog="Example: reconciler move production smtp/login smtp/credentials")
@click.argument("environment", metavar="ENV")
@click.argument("name")
@click.argument("new", required=False, metavar="[NEW]")
@click.option(
    "--file",
    metavar="FILE",
    help="The manifest to move it to. [default: as now, or its neighbours']",
)
@naming.as_kind
@as_format
@common
def command(
    environment: str, name: str, new: str | None, file: str | None, kind: str | None, form: str
) -> int:
    """Rename a declaration or move it to another file, and keep its value.

    sops ties each encrypted value to its name, so an editor cannot do this. After a rename the old
    declaration stays, marked `moved_to`: AWS has both names until nobody reads the old one. Then
    run `remove`, in a pull request of its own. Nothing is written to AWS.

    A value that git does not have, rotated, generated or external, is marked `moved_from` under
    the new name: `adopt` copies it there, and apply never does.
    """
    options = chosen()
    if new is None and file is None:
        raise click.UsageError("Say the new name, or --file.")
    try:
        declared = walk.read(environment, options)
    except ManifestError as error:
        if new is None and file is not None and _finished(error, environment, name, file, options):
            return Exit.OK
        raise
    scope = declared.settings.scope
    entry = naming.entry(declared, name, kind)
    making = Declaring.of(declared, walk.runner(declared, options))
    old = making.own(entry)
    if new is not None and new.startswith("/"):
        raise click.UsageError(f"A name is relative to the prefix {scope.prefix}.")
    if new == entry.key:
        raise click.UsageError(f"{new} is its name already.")
    target = old.file if new is None else making.file(entry.section, new)
    if file is not None:
        target = declaring.in_folder(declared.document.file.parent, file)
    if new is None:
        if target == old.file:
            raise click.UsageError(f"{entry.key} is in {old.name} already.")
        making.move(entry, target)
        keys = [entry.resource_key(declared.settings)]
        naming.save(making.changes, declared, keys, options, form=form)
        say("commit it: nothing changes in AWS", options)
        return Exit.OK
    if any(e.section == entry.section and e.key == new for e in declared.entries):
        raise UsageError(f"{new} is declared already", code="exists")
    renamed = Renamed(making, entry, new, target)
    in_git = moving.in_git(entry)
    renamed.with_value() if in_git else renamed.without_value(declared.settings)
    keys = [Key(entry.kind.NAME, scope.under + new), entry.resource_key(declared.settings)]
    naming.save(making.changes, declared, keys, options, form=form)
    say(f"commit it; {_next(environment, entry, new, in_git=in_git)}", options)
    say(
        f"when nobody reads {entry.key} any more: reconciler remove {environment} {entry.key}",
        options,
    )
    return Exit.OK


def _next(environment: str, entry: Entry, new: str, *, in_git: bool) -> str:
    if in_git:
        return f"apply creates {new}"
    copied = f"reconciler adopt {environment} {new}"
    if not moving.rotates(entry):
        return f"git does not have the value: after apply, the adopt role copies it: {copied}"
    return (
        f"git does not have the value: apply ends the rotation of {entry.key}, then the adopt role"
        f" copies it: {copied}; the next apply sets the schedule of {new}"
    )


def _finished(
    error: ManifestError, environment: str, name: str, file: str, options: Common
) -> bool:
    """Whether manifests are wrong since a move to this file was interrupted, and now it is done."""
    if {problem.code for problem in error.problems} != {"declared-twice"}:
        return False
    root = walk.folder(options)
    target = declaring.in_folder(root.absolute() / environment, file)
    found = half_moved.find(root, environment, target, name)
    if found is None:
        return False
    changes = found.rest(walk.runner(found.before, options))
    if changes is None:
        return False
    with changes.staged(environment):
        edited.tell(changes.write())
    edited.behind(environment, options)
    return True
