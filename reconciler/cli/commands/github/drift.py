"""``reconciler github drift``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from reconciler import kinds
from reconciler.cli.commands.github import shown
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import say
from reconciler.core.checked import Checked
from reconciler.core.errors import Exit, GithubError, UsageError
from reconciler.github import annotation, drifted, driftfile, issue, notice
from reconciler.github.issue import Kept
from reconciler.github.job import Job
from reconciler.github.marker import marker
from reconciler.render import repair


def _file(_ctx: click.Context, _parameter: click.Parameter, name: str) -> str:
    """The name of a workflow's file. Raises BadParameter for anything else."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.ya?ml", name):
        raise click.BadParameter("a workflow is called like its file, for instance apply.yml")
    return name


@click.command("drift", epilog="Example: reconciler github drift production --drift drift.json")
@click.argument("environment", metavar="ENV")
@click.option(
    "--drift",
    "file",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path),
    help="What `drift -o json` printed.",
)
@click.option(
    "--issue", "wanted", is_flag=True, help="Open, update or close the environment's issue."
)
@click.option(
    "--workflow",
    default=repair.WORKFLOW,
    callback=_file,
    metavar="FILE",
    help=f"The workflow that applies main's plan by hand. [default: {repair.WORKFLOW}]",
)
@click.option(
    "--notify",
    is_flag=True,
    help=f"Post a message to {notice.URL} whenever what needs action changes.",
)
@click.option(
    "--notify-as",
    type=click.Choice([form.value for form in notice.Form]),
    default=notice.Form.SLACK.value,
    help="The form of that message. [default: slack]",
)
@shown.configuration
@shown.form
@common
def command(
    environment: str,
    file: Path,
    wanted: bool,
    workflow: str,
    notify: bool,
    notify_as: str,
    configuration: str | None,
    form: str,
) -> int:
    """Show drift as summary, annotations and outputs of the job.

    With --issue, each environment that needs action has one open issue, closed once nothing is
    left. It shows how to apply main's plan by hand. With --notify a chat gets a message when the
    issue opens, changes or closes. The exit code is 0; `drift` has its own.
    """
    options, job = chosen(), shown.job()
    told = _told(job, wanted, notify_as) if notify else None
    found = _of(driftfile.loads(shown.read(file), kinds.names()), environment, file)
    outputs = drifted.outputs(found)
    page = f"{_repository(job)}/actions/workflows/{workflow}"
    summarised = shown.summarise(
        job, lambda limit: drifted.summary(found, limit, page, workflow), options
    )
    limited = annotation.limited(drifted.annotate(found, shown.settings(environment, options)))
    # What needs no answer of GitHub is shown before one is asked for.
    shown.output(job, outputs)
    if form == "text":
        shown.annotate(limited, job)
    kept, lost = Kept("none"), None
    if wanted:
        mark = marker("drift", shown.name(configuration, job, options), environment)
        kept, lost = _keep(job, found, _Issue(mark, configuration, page, workflow), told)
        done = "no action is needed, and there is no issue to close"
        say(done if kept.number is None else f"issue {kept.number} was {kept.done}", options)
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
    if lost is not None:
        raise lost
    return Exit.OK


def _of(found: tuple[Checked, ...], environment: str, file: Path) -> Checked:
    for entry in found:
        if entry.scope.environment == environment:
            return entry
    held = ", ".join(entry.scope.environment for entry in found) or "nothing"
    raise UsageError(f"{file} holds no drift of {environment}; it is of {held}")


@dataclass(frozen=True)
class _Issue:
    """How the environment's issue is known, and what it names."""

    mark: str
    configuration: str | None
    page: str
    workflow: str


@dataclass(frozen=True)
class _Told:
    """Where a message goes, and in which form."""

    url: str = field(repr=False)
    form: notice.Form


def _told(job: Job, wanted: bool, form: str) -> _Told:
    if not wanted:
        raise click.UsageError("--notify needs --issue, which remembers what was told.")
    url = job.variables.get(notice.URL, "")
    if not url:
        raise UsageError(f"{notice.URL} is not set", hint="give it to the step, from a secret")
    notice.check(url)
    return _Told(url, notice.Form(form))


def _repository(job: Job) -> str:
    """The repository's page."""
    server = job.variables.get("GITHUB_SERVER_URL") or "https://github.com"
    return f"{server}/{job.variables.get('GITHUB_REPOSITORY', '')}"


def _keep(
    job: Job, found: Checked, what: _Issue, told: _Told | None
) -> tuple[Kept, GithubError | None]:
    """What was done with the issue, and why nobody was told of it, if somebody should have been.

    It is told before the issue says that it was, so that the next run tells what this one could
    not.
    """
    api, environment = shown.connect(job), found.scope.environment
    last = None if told is None else issue.body(api, what.mark)
    if not found.acts:
        kept = issue.close(api, what.mark, drifted.GONE)
        if told is None or kept.number is None or notice.told(last) is None:
            return kept, None
        link = f"{_repository(job)}/issues/{kept.number}"
        return kept, _post(told, notice.over(found, link, told.form))
    title = drifted.title(environment, what.configuration)
    before = notice.told(last)

    def keep(state: str | None) -> Kept:
        remembers = "" if state is None else notice.line(state)
        room = issue.LIMIT - len(what.mark) - len(remembers) - 1
        text = drifted.issue(found, room, what.page, what.workflow) + remembers
        return issue.keep(api, what.mark, title, text)

    kept, now = keep(before), notice.state(found)
    if told is None or before == now:
        return kept, None
    link = f"{_repository(job)}/issues/{kept.number}"
    lost = _post(told, notice.drifted(found, link, told.form))
    if lost is None:
        keep(now)
    return kept, lost


def _post(told: _Told, message: Mapping[str, Any]) -> GithubError | None:
    try:
        notice.post(told.url, message)
    except GithubError as error:
        return error
    return None
