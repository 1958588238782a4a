"""``reconciler github removed``."""

from __future__ import annotations

from functools import partial

import click

from reconciler.cli import since, walk
from reconciler.cli.commands.github import shown
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import say
from reconciler.core.errors import Exit
from reconciler.core.model import Scope
from reconciler.github import annotation, comment
from reconciler.github.annotation import Annotation, Level
from reconciler.github.marker import marker
from reconciler.manifest.branch import Removed
from reconciler.manifest.gitfiles import Repository
from reconciler.operations.record import parameter
from reconciler.render import removed as rendering


@click.command("removed", epilog="Example: reconciler github removed --base origin/main")
@click.option("--base", required=True, metavar="REV", help="The commit to compare with.")
@click.option(
    "--direct", is_flag=True, help="Compare with REV itself, as after a push; see `matrix`."
)
@click.option(
    "--comment", "wanted", is_flag=True, help="Create or update the pull request's comment."
)
@shown.configuration
@shown.form
@common
def command(base: str, direct: bool, wanted: bool, configuration: str | None, form: str) -> int:
    """Say what becomes of environments that a branch removes or renames.

    Their resources stay in AWS, and nothing looks at them any more. Says so as summary and
    annotation, with the commands to run; with --comment each has the place of its plan on the pull
    request. Needs no key and no credentials.
    """
    options, job = chosen(), shown.job()
    found: tuple[Removed, ...] = ()
    repository = Repository(walk.folder(options))
    reason = since.nothing(base, repository)
    if reason is not None:
        say(f"{reason}: nothing to compare with", options)
    else:
        found = shown.removed(base, options, direct=direct)
    texts = {one.environment: rendering.markdown(one, _record(one)) for one in found}
    notes = [
        Annotation(Level.WARNING, one.environment, rendering.lines(one, _record(one)))
        for one in found
    ]
    if form == "text":
        shown.annotate(annotation.limited(notes), job)
    for text in texts.values():
        shown.summarise(job, partial(_cut, text), options)
    done: dict[str, str] = {}
    number = job.pull_request if wanted and texts else None
    if number is not None:
        api, name = shown.connect(job), shown.name(configuration, job, options)
        for environment, text in texts.items():
            # In the place of its plan, which would be of what the branch no longer has.
            done[environment] = comment.keep(
                api, number, marker("plan", name, environment), text[: comment.LIMIT]
            )
            say(f"pull request {number}: the comment was {done[environment]}", options)
    if form == "json":
        shown.tell(
            {
                "removed": {one.environment: one.renamed for one in found},
                "comments": done,
                "annotations": shown.as_data(notes, job),
            }
        )
    return Exit.OK


def _record(found: Removed) -> str:
    account, region, prefix = found.place
    return parameter.name(Scope(found.environment, account, region, prefix, found.owner))


def _cut(text: str, limit: int) -> str:
    return text[:limit]
