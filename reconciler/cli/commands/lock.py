"""``reconciler lock``."""

from __future__ import annotations

import json
from dataclasses import replace

import click

from reconciler.cli import locks, several, walk
from reconciler.cli.options import Common, chosen, common, many
from reconciler.cli.terminal import out
from reconciler.core import wholefile
from reconciler.core.errors import Exit, worst
from reconciler.manifest import lock


@click.command("lock", epilog="Example: reconciler lock production")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@click.option(
    "-o",
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Output format. [default: text]",
)
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
    """Write the lock, which lets a plan work without a key; of every environment unless you name
    some.

    Needs the key where a value was encrypted again. A lock holds no value and no version id. A line
    with a wrong fingerprint is not overwritten: nobody with the key wrote it.
    """
    options = chosen()

    def one(environment: str, own: Common) -> several.Told:
        said, code = _renew(environment, check, over_lies, own)
        return several.Told(several.Row(environment, code, said), data={"lock": said})

    asked = walk.environments(environments, options)
    if walk.many(environments, asked):
        return worst(row.code for row in several.run(asked, one, options, form=form))
    target = walk.folder(options) / asked[0] / lock.FILE
    said, code = _renew(asked[0], check, over_lies, options)
    if form == "json":
        out(json.dumps({"environment": asked[0], "lock": said}, indent=2))
    else:
        hint = f": run reconciler lock {asked[0]}" if code else ""
        out(f"{target} {said}{hint}")
    return code


def _renew(environment: str, check: bool, over_lies: bool, options: Common) -> tuple[str, int]:
    """What became of a lock, or would, and the exit code of that. Raises ReconcilerError."""
    target = walk.folder(options) / environment / lock.FILE
    declared = walk.read(environment, options)
    renewed = locks.renewed(declared, options, over_lies=over_lies)
    text = lock.dumps(renewed)
    present = target.read_text() if target.is_file() and not target.is_symlink() else None
    # A lock of 0.1 has no MACs, and goes on being good.
    good = (text, lock.dumps(replace(renewed, macs=None))) if check else (text,)
    if present in good:
        return "is up to date", Exit.OK
    if check:
        return "would change", Exit.ERROR
    wholefile.save(target, text)
    return "written", Exit.OK
