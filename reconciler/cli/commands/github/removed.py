"""``reconciler github removed``."""

from __future__ import annotations

from functools import partial

import click

from reconciler import manifest
from reconciler.cli import since, walk
from reconciler.cli.commands.github import shown
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.terminal import say
from reconciler.core.errors import Exit
from reconciler.core.model import Scope
from reconciler.github import annotation, comment, drifted, issue
from reconciler.github.annotation import Annotation, Level
from reconciler.github.job import Job
from reconciler.github.marker import environment, marker
from reconciler.manifest.branch import Removed
from reconciler.manifest.gitfiles import Repository
from reconciler.operations.record import parameter
from reconciler.render import removed as rendering


@click.command("removed", epilog="Example: reconciler github removed --base origin/main")
@click.option("--base", metavar="REV", help="The commit to compare with.")
@click.option(
    "--direct", is_flag=True, help="Compare with REV itself, as after a push; see `matrix`."
)
@click.option(
    "--comment", "wanted", is_flag=True, help="Create or update the pull request's comment."
)
@click.option(
    "--issue",
    "closing",
    is_flag=True,
    help="Close the issue about drift of each environment that git does not have.",
)
@shown.configuration
@shown.form
@common
def command(
    base: str | None,
    direct: bool,
    wanted: bool,
    closing: bool,
    configuration: str | None,
    form: str,
) -> int:
    """Say what becomes of environments that a branch removes or renames.

    Their resources stay in AWS, and nothing looks at them any more. Says so as summary and
    annotation, with the commands to run; with --comment each has the place of its plan on the pull
    request. With --issue, which needs no base, closes the issues about drift of what git does not
    have. Needs no key and no credentials.
    """
    if base is None and not closing:
        raise click.UsageError("Give --base REV, --issue or both.")
    options, job = chosen(), shown.job()
    found = () if base is None else _since(base, direct, options)
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
    name = shown.name(configuration, job, options) if closing or number is not None else ""
    if number is not None:
        api = shown.connect(job)
        for one, text in texts.items():
            # In the place of its plan, which would be of what the branch no longer has.
            mark = marker("plan", name, one)
            done[one] = comment.keep(api, number, mark, text[: comment.LIMIT])
            say(f"pull request {number}: the comment was {done[one]}", options)
    closed = _close(job, name, options) if closing else {}
    if form == "json":
        shown.tell(
            {
                "removed": {one.environment: one.renamed for one in found},
                "comments": done,
                "closed": {name: number for number, name in closed.items()},
                "annotations": shown.as_data(notes, job),
            }
        )
    return Exit.OK


def _since(base: str, direct: bool, options: Common) -> tuple[Removed, ...]:
    reason = since.nothing(base, Repository(walk.folder(options)))
    if reason is None:
        return shown.removed(base, options, direct=direct)
    say(f"{reason}: nothing to compare with", options)
    return ()


def _close(job: Job, configuration: str, options: Common) -> dict[int, str]:
    """Close the issues of what git does not have; their numbers, with the environments."""
    kept = set(manifest.environments(walk.folder(options)))

    def concerns(mark: str) -> str | None:
        found = environment(mark, "drift", configuration)
        return None if found in kept else found

    closed = issue.close_all(shown.connect(job), concerns, drifted.removed)
    for number, name in closed.items():
        say(f"issue {number} was closed: git no longer has {name}", options)
    return closed


def _record(found: Removed) -> str:
    account, region, prefix = found.place
    return parameter.name(Scope(found.environment, account, region, prefix, found.owner))


def _cut(text: str, limit: int) -> str:
    return text[:limit]
