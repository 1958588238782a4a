"""``reconciler validate``."""

from __future__ import annotations

import click

from reconciler import manifest
from reconciler.cli import failure, locks, walk
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import out
from reconciler.errors import Exit, ManifestError


@click.command("validate", epilog="Example: reconciler validate production")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@common
def command(environments: tuple[str, ...]) -> int:
    """Check manifests; needs no key and no credentials.

    All errors of all environments at once, each with its place. Where an environment has a lock,
    that is checked too; whether its fingerprints are true, only where a key is.
    """
    options = chosen()
    directory = walk.folder(options)
    wrong = False
    for environment in walk.environments(environments, options):
        try:
            declared = manifest.read(directory, environment)
        except ManifestError as error:
            failure.show(error, options)
            wrong = True
            continue
        problems = locks.check(declared, options)
        failure.problems([*declared.warnings, *problems], options)
        if any(not problem.warning for problem in problems):
            wrong = True
            continue
        count = len(declared.resources())
        out(f"{environment}: {count} resource{'' if count == 1 else 's'}, no error")
    return Exit.ERROR if wrong else Exit.OK
