"""``reconciler github drift``."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.commands.github import shown
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.terminal import say
from reconciler.core.checked import Checked
from reconciler.core.errors import Exit, UsageError
from reconciler.github import annotation, drifted, driftfile, issue
from reconciler.github.issue import Kept
from reconciler.github.job import Job
from reconciler.github.marker import marker


@click.command("drift", epilog="Example: reconciler github drift production --drift drift.json")
@click.argument("environment", metavar="ENV")
@click.option(
    "--drift",
    "file",
    required=True,
    type=click.Path(path_type=Path),
    help="What `drift -o json` printed.",
)
@click.option(
    "--issue", "wanted", is_flag=True, help="Open, update or close the environment's issue."
)
@shown.configuration
@shown.form
@common
def command(
    environment: str, file: Path, wanted: bool, configuration: str | None, form: str
) -> int:
    """Show drift: summary, annotations and outputs of the job.

    With --issue, there is one open issue for each environment in which somebody has to act:
    opened, updated, and closed when nobody has to any more. The exit code is 0: `drift` has its
    own.
    """
    options, job = chosen(), shown.job()
    found = _of(driftfile.loads(shown.read(file)), environment, file)
    outputs = drifted.outputs(found)
    summarised = shown.summarise(job, lambda limit: drifted.summary(found, limit), options)
    limited = annotation.limited(drifted.annotate(found, shown.settings(environment, options)))
    # What needs no answer of GitHub is shown before one is asked for.
    shown.output(job, outputs)
    if form == "text":
        shown.annotate(limited, job)
    kept = _keep(job, found, configuration, options) if wanted else Kept("none")
    shown.output(job, number := {"issue": "" if kept.number is None else str(kept.number)})
    if form == "json":
        shown.tell(
            {
                "environment": environment,
                "issue": {"done": kept.done, "number": kept.number},
                "summary": summarised,
                "outputs": outputs | number,
                "annotations": shown.as_data(limited, job),
            }
        )
    return Exit.OK


def _of(found: tuple[Checked, ...], environment: str, file: Path) -> Checked:
    for entry in found:
        if entry.scope.environment == environment:
            return entry
    held = ", ".join(entry.scope.environment for entry in found) or "nothing"
    raise UsageError(f"{file} holds no drift of {environment}; it is of {held}")


def _keep(job: Job, found: Checked, configuration: str | None, options: Common) -> Kept:
    environment = found.scope.environment
    mark = marker("drift", shown.name(configuration, job, options), environment)
    api = shown.connect(job)
    if found.acts:
        title = drifted.title(environment, configuration)
        text = drifted.issue(found, issue.LIMIT - len(mark) - 1)
        kept = issue.keep(api, mark, title, text)
    else:
        kept = issue.close(api, mark, drifted.GONE)
    if kept.number is None:
        say("no action is needed, and there is no issue to close", options)
    else:
        say(f"issue {kept.number} was {kept.done}", options)
    return kept
