"""``reconciler github applied``."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from reconciler.cli import failure, locks, walk
from reconciler.cli.commands.github import shown
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.terminal import out, say
from reconciler.core.applied import OFF, Applied
from reconciler.core.errors import CredentialsError, Exit
from reconciler.operations import planning, record
from reconciler.render.record import line


@click.command("applied", epilog="Example: reconciler github applied production")
@click.argument("environment", metavar="ENV")
@shown.form
@common
def command(environment: str, form: str) -> int:
    """Print the commit that was last applied to an environment, or nothing if none is known.

    Reads the record in AWS, and believes it if the checked-out branch contains the commit. Needs
    the credentials of the drift role, and no key.
    """
    options = chosen()
    try:
        found = _last(environment, options)
    except CredentialsError as error:
        # The drift workflow of 0.1 asks before it has any, and goes on with what main has.
        failure.show(error, options)
        say("copy secrets-drift.yml again: the last apply is recorded in AWS", options,
            level="warning")  # fmt: skip
        found = OFF
    commit = found.commit if found.untold is None else None
    if commit is None and (told := line(found)) is not None:
        say(f"{environment}: {told}", options)
    if form == "json":
        shown.tell({"environment": environment, "sha": commit})
    elif commit is not None:
        out(commit)
    return Exit.OK


def _last(environment: str, options: Common) -> Applied:
    declared = walk.read(environment, options)
    if not declared.settings.record:
        return OFF
    scope = declared.settings.scope
    known = locks.known(declared, options)
    aws = walk.connect(scope, options)
    planning.check_account(aws, scope)
    return record.last(scope, known.recogniser, aws, walk.around(options), datetime.now(UTC))
