"""``reconciler lock``."""

from __future__ import annotations

from dataclasses import replace

import click

from reconciler.cli import failure, locks, walk
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import out
from reconciler.core import wholefile
from reconciler.core.errors import Exit, ReconcilerError, UsageError
from reconciler.manifest import lock


@click.command("lock", epilog="Example: reconciler lock production")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 where a lock would change.")
@click.option(
    "--over-lies",
    is_flag=True,
    help="Also over lines that are not true, once you know who wrote them and what the values are.",
)
@common
def command(environments: tuple[str, ...], check: bool, over_lies: bool) -> int:
    """Write fingerprints.lock, by which a plan needs no key; of all environments, if none is named.

    Needs the key where a value was encrypted again. A lock holds no value and no version id.
    Nothing is written over a line whose fingerprint is not that of its value: nobody with the key
    wrote it.
    """
    options = chosen()
    failed = 0
    for environment in walk.environments(environments, options):
        target = walk.folder(options) / environment / lock.FILE
        try:
            declared = walk.read(environment, options)
            renewed = locks.renewed(declared, options, over_lies=over_lies)
        except UsageError:
            raise
        except ReconcilerError as error:
            failure.show(error, options)
            failed = failed or error.exit_code
            continue
        text = lock.dumps(renewed)
        present = target.read_text() if target.is_file() and not target.is_symlink() else None
        # A lock of 0.1 has no MACs, and goes on being good.
        good = (text, lock.dumps(replace(renewed, macs=None))) if check else (text,)
        if present in good:
            out(f"{target} is up to date")
        elif check:
            out(f"{target} would change: run reconciler lock {environment}")
            failed = failed or Exit.ERROR
        else:
            wholefile.save(target, text)
            out(f"{target} written")
    return failed or Exit.OK
