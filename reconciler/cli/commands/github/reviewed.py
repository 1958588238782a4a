"""``reconciler github reviewed``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from reconciler import kinds
from reconciler.cli.commands.github import shown
from reconciler.cli.commands.show import load
from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import out
from reconciler.core.errors import Exit, UsageError
from reconciler.core.model import Plan
from reconciler.github import annotation, reviewed, touched
from reconciler.github.annotation import Annotation, Level
from reconciler.github.reviewed import Move, Review
from reconciler.render import names
from reconciler.render.escape import code as as_code
from reconciler.render.escape import fence

_SPARE = 300  # characters of the summary for what is left out


@click.command(
    "reviewed",
    epilog="Example: reconciler github reviewed production --plan plan.json"
    " --workflow .github/workflows/secrets-plan.yml --artifact-name secrets-plan-production",
)
@click.argument("environment", metavar="ENV")
@click.option(
    "--plan",
    "file",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path),
    help="The plan after the merge, as `plan --out` saved it.",
)
@click.option(
    "--artifact-name",
    metavar="NAME",
    required=True,
    help="Name of the artifact that holds the reviewed plan.",
)
@click.option(
    "--workflow", required=True, metavar="PATH", help="The workflow that made the reviewed plan."
)
@click.option(
    "--code",
    multiple=True,
    default=touched.CODE,
    metavar="PATH",
    help=f"Code that plans and applies; repeatable. [default: {', '.join(touched.CODE)}]",
)
@shown.form
@common
def command(
    environment: str,
    file: Path,
    artifact_name: str,
    workflow: str,
    code: tuple[str, ...],
    form: str,
) -> int:
    """Say whether anything has moved since the review of the merged pull request.

    Finds the pull request of GITHUB_SHA, or each that a merge queue merged with it, and the newest
    successful run of the workflow for its head, and compares the plan of that run with the plan
    after the merge: what was reviewed in any of them has not moved. Only informs: the exit code is
    0, and nothing is written or held back because of it.
    """
    options, job = chosen(), shown.job()
    fresh = shown.of(load(file), environment, file)
    if job.branch is None:
        raise UsageError("GITHUB_REF is not a branch", hint="this is for the job after a merge")
    asked = reviewed.Request(
        job.sha, job.branch, workflow, artifact_name, environment, kinds.names(), code, job.before
    )
    found = reviewed.find(shown.connect(job), asked)
    plans = [one.plan for one in found if one.plan is not None]
    moved = reviewed.moves(plans, fresh) if plans else []
    told = reviewed.sentence(found, moved)
    lines = [f"{m.mark} {m.action} {names.with_kind(m.key, fresh.scope)}" for m in moved]
    summarised = shown.summarise(
        job, lambda limit: _summary(found, told, lines, fresh, limit), options
    )
    if form == "json":
        shown.tell(
            {
                "environment": environment,
                "pull_request": found[-1].number,
                "run": found[-1].run,
                "compared": bool(plans),
                "reason": reviewed.reason(found),
                "reviews": [_review(one) for one in found],
                "summary": summarised,
                "moved": [_as_data(move) for move in moved],
            }
        )
        return Exit.OK
    out("\n".join([f"{environment}: {told}", *(f"  {line}" for line in lines)]))
    if moved:
        warning = Annotation(Level.WARNING, f"{environment}: {told}", tuple(lines))
        shown.annotate(annotation.limited([warning]), job)
    return Exit.OK


def _summary(
    found: Sequence[Review], told: str, lines: Sequence[str], fresh: Plan, limit: int
) -> str:
    # Of the sentence, the reason comes from outside.
    reason = reviewed.reason(found)
    said = f"**{told}**"
    if reason is not None:
        before, _, about = told.partition(": ")
        said = f"**{before}:** {as_code(about.removesuffix('.'))}"
    text = f"## Since the review: {as_code(fresh.scope.environment)}\n\n{said}\n"
    room = limit - len(text) - _SPARE
    kept: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    if kept:
        text += "\n" + fence(kept, "diff") + "\n"
    if len(kept) < len(lines):
        text += f"\n**Not all fits here: {len(lines) - len(kept)} left out.** The log has them.\n"
    return text


def _review(one: Review) -> dict[str, object]:
    return {
        "pull_request": one.number,
        "run": one.run,
        "compared": one.plan is not None,
        "reason": one.reason,
    }


def _as_data(move: Move) -> dict[str, object]:
    key = {"kind": move.key.kind, "name": move.key.name}
    return {"mark": move.mark, "key": key, "action": move.action}
