"""``reconciler rotation template``."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.access import functions
from reconciler.cli import templates, walk
from reconciler.cli.options import chosen, common
from reconciler.core.errors import Exit, UsageError


@click.command("template", epilog="Example: reconciler rotation template production --built built")
@click.argument("environment", metavar="ENV")
@click.option(
    "--built", "folder", metavar="FOLDER", default=Path(),
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the zips that you have uploaded.  [default: here]",
)  # fmt: skip
@common
def command(environment: str, folder: Path) -> int:
    """Print the CloudFormation template of an environment's rotation functions.

    For each schedule with a `builtin:` function: the function with its settings, a role that may
    rotate the secrets of this schedule and nothing else, Secrets Manager's permission to call it,
    a log group, and an alarm. It names each zip and its hash, and AWS deploys no other. No key, no
    credentials.
    """
    options = chosen()
    declared = walk.read(environment, options)
    used = functions.used(declared)
    if not used:
        raise UsageError(
            f"{environment} of {walk.folder(options).resolve()} rotates nothing by a function that"
            " comes with the reconciler",
            hint="write `lambda: builtin:NAME` into a schedule, and refer to it in a secret",
        )
    names = sorted({one.name for one in used.values()})
    archives = {name: functions.read(folder, name) for name in names}
    stack = functions.stack(declared.settings.scope)
    rest = "--capabilities CAPABILITY_IAM --parameter-overrides Bucket=BUCKET"
    templates.show(functions.template(declared, archives), stack, rest, options)
    return Exit.OK
