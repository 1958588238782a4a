"""``reconciler github protected``."""

from __future__ import annotations

import click

from reconciler.cli.commands.github import shown
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import say
from reconciler.core.errors import Exit
from reconciler.github import protection
from reconciler.github.annotation import Annotation, Level
from reconciler.github.protection import Protection


@click.command("protected", epilog="Example: reconciler github protected production")
@click.argument("environments", metavar="ENV...", nargs=-1, required=True)
@shown.form
@common
def command(environments: tuple[str, ...], form: str) -> int:
    """Exit with code 1 if nobody would be asked before a job applies.

    If a workflow names a GitHub Environment that does not exist, GitHub creates it without any
    rule. An Environment without a rule is refused too. If the token may not look, that is a
    warning.
    """
    this = shown.job()
    api = shown.connect(this)
    found = {name: protection.look(api, name) for name in environments}
    notes = []
    for name, how in found.items():
        text = protection.message(how, name)
        say(f"{name}: {text}", chosen())
        if how.refused:
            notes.append(
                Annotation(Level.ERROR, f"{name}: nothing is applied", (text, protection.HINT))
            )
        elif how is Protection.UNKNOWN:
            needs = f"the workflow needs `permissions: {{{protection.NEEDS}}}`"
            notes.append(Annotation(Level.WARNING, name, (text, needs)))
    if form == "text":
        shown.annotate(notes, this)
    else:
        shown.tell({"environments": {name: how.value for name, how in found.items()}})
    return Exit.ERROR if any(how.refused for how in found.values()) else Exit.OK
