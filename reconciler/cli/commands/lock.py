"""``reconciler lock``."""

from __future__ import annotations

import json

import click

from reconciler.cli import locks, several, walk
from reconciler.cli.options import Common, as_format, chosen, common, many
from reconciler.cli.terminal import out
from reconciler.core.errors import Exit, worst
from reconciler.manifest import lock


@click.command("lock", epilog="Example: reconciler lock production")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@as_format
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a lock would change.")
@click.option(
    "--over-lies",
    is_flag=True,
    help="Also overwrite lines with a wrong fingerprint, once you know who wrote them and"
    " what the values are.",
)
@many
@common
def command(environments: tuple[str, ...], form: str, check: bool, over_lies: bool) -> int:
    """Write the locks, which let a plan work without a key; of every environment unless you name
    some.

    The lock of NAME.sops.yaml is NAME.fingerprints.lock beside it; fingerprints.lock is that of
    environment.sops.yaml and of what is included. A lock of 0.1, one for all, becomes these.

    Needs the key where a value was encrypted again. A lock holds no value and no version id. A line
    with a wrong fingerprint is not overwritten: nobody with the key wrote it.
    """
    options = chosen()

    def one(environment: str, own: Common) -> several.Told:
        said, code = _renew(_renewal(environment, over_lies, own), check)
        return several.Told(several.Row(environment, code, said), data={"lock": said})

    asked = walk.environments(environments, options)
    if walk.many(environments, asked):
        return worst(row.code for row in several.run(asked, one, options, form=form))
    renewal = _renewal(asked[0], over_lies, options)
    said, code = _renew(renewal, check)
    if form == "json":
        out(json.dumps({"environment": asked[0], "lock": said}, indent=2))
        return code
    folder = walk.folder(options) / asked[0]
    if not _differs(renewal, check):
        out(f"{folder / lock.FILE} {said}")
        return code
    verb = ("would change", "would be removed") if check else ("written", "removed")
    hint = f": run reconciler lock {asked[0]}" if check else ""
    for name in sorted(renewal.changed):
        out(f"{folder / name} {verb[0]}{hint}")
    for name in renewal.gone:
        out(f"{folder / name} {verb[1]}{hint}")
    return code


def _renewal(environment: str, over_lies: bool, options: Common) -> lock.Renewal:
    """What has to be done for an environment's locks. Raises ReconcilerError."""
    declared = walk.read(environment, options)
    renewed = locks.renewed(declared, options, over_lies=over_lies)
    return lock.renew(walk.folder(options), renewed, declared)


def _differs(renewal: lock.Renewal, check: bool) -> bool:
    return bool(renewal) and not (check and renewal.earlier)


def _renew(renewal: lock.Renewal, check: bool) -> tuple[str, int]:
    """What became of a lock, or would, and the exit code of that. Raises UsageError."""
    if not _differs(renewal, check):
        return "is up to date", Exit.OK
    if check:
        return "would change", Exit.ERROR
    renewal.write()
    return "written", Exit.OK
