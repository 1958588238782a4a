"""``reconciler github plan``."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.commands.github import shown
from reconciler.cli.commands.show import load
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.terminal import say
from reconciler.core.errors import Exit
from reconciler.core.model import Plan
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
    help="Say if it had another name when the branch left this commit.",
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
    mark = marker("plan", shown.name(configuration, job, options), environment)
    if plan is None:
        reason = failed or _NO_REASON
        found = [Annotation(Level.ERROR, f"{environment}: no plan could be made", (reason,))]
        text = planned.failed(environment, reason)
        outputs = planned.outputs(None, str(file), reason)
        summarised = shown.summarise(job, lambda limit: text[:limit], options)
    else:
        made, note = plan, "" if base is None else _note(environment, base, options)
        found = planned.annotate(plan, shown.settings(environment, options))
        room = comment.LIMIT - len(mark) - len(note) - 1
        text = note + planned.comment(plan, room, shown.changed_line(job))
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
        done = _keep(job, mark, text, plan, options)
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


def _keep(job: Job, mark: str, text: str, plan: Plan | None, options: Common) -> str:
    number = job.pull_request
    if number is None:
        say("this job has no pull request to comment on", options)
        return "none"
    make = plan is None or bool(plan.changes or plan.opened)
    done = comment.keep(shown.connect(job), number, mark, text, make=make)
    told = "there is nothing to comment on" if done == "none" else f"the comment was {done}"
    say(f"pull request {number}: {told}", options)
    return done
