"""``reconciler github plan``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from reconciler.cli.commands.github import shown
from reconciler.cli.commands.show import load
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.terminal import say
from reconciler.core.errors import Exit
from reconciler.github import annotation, comment, planned
from reconciler.github.annotation import Annotation, Level
from reconciler.github.job import Job
from reconciler.github.marker import marker
from reconciler.render import markdown, removed

_NO_REASON = "the log of the job says why"


@click.command("plan", epilog="Example: reconciler github plan production --plan plan.json")
@click.argument("environment", metavar="ENV")
@click.option(
    "--plan",
    "file",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path),
    help="What `plan --out` saved.",
)
@click.option(
    "--comment", "wanted", is_flag=True, help="Create or update the pull request's comment."
)
@click.option(
    "--base",
    metavar="REV",
    help="Say so if the environment had another name at this commit, where the branch began.",
)
@shown.configuration
@click.option("--failed", metavar="REASON", help="There is no plan: show why.")
@shown.form
@common
def command(
    environment: str,
    file: Path,
    wanted: bool,
    base: str | None,
    configuration: str | None,
    failed: str | None,
    form: str,
) -> int:
    """Show a saved plan as summary, annotations and outputs of the job.

    With --comment, each environment has one comment on the pull request, edited in place. If
    nothing changes, no comment is made, and an existing one says so. With --failed, FILE may be
    missing and the exit code is 0: the step that failed has its own.
    """
    options, job = chosen(), shown.job()
    plan = None if failed is not None else shown.of(load(file), environment, file)
    reason = failed or _NO_REASON
    note = "" if plan is None or base is None else _note(environment, base, options)

    def text(room: int, foot: str) -> str:
        if plan is None:
            return planned.failed(environment, reason) + foot
        return note + planned.comment(plan, room - len(note), shown.changed_line(job), foot)

    if plan is None:
        found = [Annotation(Level.ERROR, f"{environment}: no plan could be made", (reason,))]
        outputs = planned.outputs(None, str(file), reason)
        summarised = shown.summarise(
            job, lambda limit: planned.failed(environment, reason)[:limit], options
        )
    else:
        made = plan
        found = planned.annotate(plan, shown.settings(environment, options))
        outputs = planned.outputs(plan, str(file))
        summarised = shown.summarise(
            job,
            lambda limit: note + markdown.plan((made,), where=str(file), limit=limit - len(note)),
            options,
        )
    found = annotation.limited(found)
    shown.output(job, outputs)
    # What needs no answer of GitHub is shown before one is asked for.
    if form == "text":
        shown.annotate(found, job)
    done = "none"
    if wanted:
        name = shown.name(configuration, job, options)
        make = plan is None or bool(plan.changes or plan.opened)
        done = _keep(job, name, environment, text, options, make=make)
    if form == "json":
        shown.tell(
            {
                "environment": environment,
                "comment": done,
                "summary": summarised,
                "outputs": outputs,
                "annotations": shown.as_data(found, job),
            }
        )
    return Exit.OK


def _note(environment: str, base: str, options: Common) -> str:
    """That this environment is one that had another name."""
    for one in shown.removed(base, options):
        if one.renamed == environment:
            return f"{removed.new_name(one)}\n"
    return ""


def _keep(
    job: Job,
    name: str,
    environment: str,
    text: Callable[[int, str], str],
    options: Common,
    *,
    make: bool,
) -> str:
    """Keep the comment that ``text`` makes in so many characters, with links at its foot."""
    number = job.pull_request
    if number is None:
        say("this job has no pull request to comment on", options)
        return "none"
    api, mark = shown.connect(job), marker("plan", name, environment)
    foot = shown.foot(job, api, name, environment, options)
    body = text(comment.LIMIT - len(mark) - 1, foot)
    done = comment.keep(api, number, mark, body, make=make)
    told = "there is nothing to comment on" if done == "none" else f"the comment was {done}"
    say(f"pull request {number}: {told}", options)
    return done
