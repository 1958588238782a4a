"""``reconciler github outcome``."""

from __future__ import annotations

import re
from pathlib import Path

import click

from reconciler.cli.commands.github import shown
from reconciler.cli.commands.show import load
from reconciler.cli.options import Common, chosen, common
from reconciler.cli.terminal import say
from reconciler.core.errors import Exit, GithubError, UsageError
from reconciler.core.model import Plan
from reconciler.github import comment, merges, outcome, planned
from reconciler.github.api import Api
from reconciler.github.job import Job
from reconciler.github.marker import marker


@click.command("outcome", epilog="Example: reconciler github outcome production --artifacts kept")
@click.argument("environments", metavar="ENV...", nargs=-1, required=True)
@click.option(
    "--artifacts",
    "folder",
    metavar="FOLDER",
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder with the run's artifacts secrets-plan-ENV and secrets-audit-ENV-N, each in its own"
    " folder.",
)
@click.option("--ended", is_flag=True, help="Every job that applied has succeeded.")
@shown.configuration
@shown.form
@common
def command(
    environments: tuple[str, ...],
    folder: Path,
    ended: bool,
    configuration: str | None,
    form: str,
) -> int:
    """Say on the merged pull request what came of its plan: applied, partly, or not.

    Finds the pull request that was merged as GITHUB_SHA, or each that a merge queue merged with it,
    and updates its comment on each environment: when it was applied and who approved it, or what is
    missing, with a link to the run. If there is no comment, none is made.
    """
    options, job = chosen(), shown.job()
    if job.branch is None:
        raise UsageError("GITHUB_REF is not a branch", hint="this is for the job after a merge")
    api, name = shown.connect(job), shown.name(configuration, job, options)
    merged = merges.of_push(api, job.before, job.sha, job.branch)
    numbers = [int(pull["number"]) for pull in merged]
    done: dict[int, dict[str, str]] = {number: {} for number in numbers}
    if not numbers:
        say(f"no pull request was merged as {job.sha[:12]}: nobody to tell", options)
    for environment in environments if numbers else ():
        plan = _plan(folder, environment)
        if plan is not None and not plan.changes:
            continue
        mark, came = marker("plan", name, environment), outcome.gone(shown.run_page(job))
        if plan is not None:
            found = outcome.of(plan, _logs(folder, environment), ended=ended)
            came = _said(api, job, plan, found, options)
        for number in numbers:
            text = planned.told(environment, came)
            if plan is not None:
                room = comment.LIMIT - len(mark) - 1
                line = shown.changed_line(job, number)
                text = planned.comment(plan, room, line, came=came)
            done[number][environment] = comment.keep(api, number, mark, text, make=False)
            say(f"pull request {number}: {environment}: {done[number][environment]}", options)
    if form == "json":
        last = numbers[-1] if numbers else None
        shown.tell(
            {
                "pull_request": last,
                "comments": {} if last is None else done[last],
                "pull_requests": {str(number): done[number] for number in numbers},
            }
        )
    return Exit.OK


def _said(api: Api, job: Job, plan: Plan, found: outcome.Outcome, options: Common) -> str:
    environment, who = plan.scope.environment, None
    try:
        who = outcome.decided(api, job.needs("GITHUB_RUN_ID"), environment)
    except GithubError as error:  # what was written is told all the same
        hint = f"\n  {error.hint}" if error.hint else ""
        said = f"{environment}: who approved it is not known: {error.message}{hint}"
        say(said, options, level="warning")
    actor = job.variables.get("GITHUB_TRIGGERING_ACTOR") or job.needs("GITHUB_ACTOR")
    return outcome.sentence(found, who, actor, shown.run_page(job))


def _plan(folder: Path, environment: str) -> Plan | None:
    """The plan that was to be applied; None where there is none."""
    for file in sorted((folder / f"secrets-plan-{environment}").glob("*.json")):
        return shown.of(load(file), environment, file)
    return None


def _logs(folder: Path, environment: str) -> list[str]:
    """The audit logs of all attempts."""
    own = re.compile(rf"secrets-audit-{re.escape(environment)}-[0-9]+")
    kept = sorted(one for one in folder.iterdir() if own.fullmatch(one.name))
    return [shown.read(file) for one in kept for file in sorted(one.glob("*.jsonl"))]
