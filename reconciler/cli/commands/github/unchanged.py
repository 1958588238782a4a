"""``reconciler github unchanged``."""

from __future__ import annotations

import click

from reconciler.cli.commands.github import shown
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import say
from reconciler.core.errors import Exit
from reconciler.github import comment, planned
from reconciler.github.marker import marker


@click.command("unchanged", epilog="Example: reconciler github unchanged staging development")
@click.argument("environments", nargs=-1, metavar="[ENV]...")
@shown.configuration
@shown.form
@common
def command(environments: tuple[str, ...], configuration: str | None, form: str) -> int:
    """Update the comment of environments that the pull request no longer changes.

    A branch that takes a change back has no plan for that environment any more, and the old comment
    would stay. If there is no comment, none is made.
    """
    options, job = chosen(), shown.job()
    number = job.pull_request
    done: dict[str, str] = {}
    if number is not None and environments:
        api, name = shown.connect(job), shown.name(configuration, job, options)
        for environment in environments:
            mark = marker("plan", name, environment)
            text = planned.unchanged(environment)
            done[environment] = comment.keep(api, number, mark, text, make=False)
            if done[environment] == "edited":
                say(f"pull request {number}: the comment on {environment} was edited", options)
    if form == "json":
        shown.tell({"comments": done})
    return Exit.OK
