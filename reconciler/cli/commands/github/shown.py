"""What the commands of this group share: GitHub's variables, its files, and what stdout holds."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reconciler.cli import since
from reconciler.cli.commands.show import LARGEST
from reconciler.cli.folder import folder
from reconciler.cli.options import Common, as_format
from reconciler.cli.terminal import out, say
from reconciler.core import wholefile
from reconciler.core.errors import GithubError, UsageError
from reconciler.core.model import Place, Plan
from reconciler.github import annotation, files, issue, planned
from reconciler.github.annotation import Annotation
from reconciler.github.api import Api
from reconciler.github.job import Job
from reconciler.github.marker import marker
from reconciler.render.escape import as_json, terminal
from reconciler.render.table import nowhere

if TYPE_CHECKING:
    from reconciler.manifest.branch import Removed

# As reconciler.manifest.files calls it, which takes half a second to import.
ENVIRONMENT_FILE = "environment.sops.yaml"

F = TypeVar("F", bound=Callable[..., Any])


def form(function: F) -> F:
    """The option for what stdout holds."""
    return as_format(function, "What stdout holds: lines that GitHub shows, or what was done.")


def configuration(function: F) -> F:
    """The option for what keeps several trees of manifests apart."""
    return click.option(
        "--configuration",
        metavar="NAME",
        help="Name of these manifests, if the repository has several. [default: the manifests'"
        " folder]",
    )(function)


def job() -> Job:
    """The job that this runs in."""
    return Job(os.environ)


def connect(job: Job) -> Api:
    """GitHub, with the job's token. Raises UsageError where a variable is missing."""
    url = job.variables.get("GITHUB_API_URL") or "https://api.github.com"
    return Api(url, job.needs("GITHUB_TOKEN"), job.repository)


def name(given: str | None, job: Job, options: Common) -> str:
    """The configuration's name."""
    if given is not None:
        return given
    return annotation.relative(str(folder(options)), job.workspace)


def removed(base: str, options: Common, *, direct: bool = False) -> tuple[Removed, ...]:
    """The environments that git no longer has since a commit, or has under another name. Raises
    UsageError where there is no such commit."""
    from reconciler.manifest import branch
    from reconciler.manifest.gitfiles import Repository

    where = folder(options)
    repository = Repository(where)
    start = since.start(base, repository.commit("HEAD"), repository, options, direct=direct)
    before = branch.of_commit(repository, start, branch.READ)
    return branch.removed(before, branch.of_folder(where, branch.READ))


def settings(environment: str, options: Common) -> Place:
    """The place of what is declared nowhere else."""
    return Place(str(folder(options) / environment / ENVIRONMENT_FILE), 1)


def of(plans: Sequence[Plan], environment: str, file: Path) -> Plan:
    """The environment's plan. Raises UsageError where the file holds none."""
    for plan in plans:
        if plan.scope.environment == environment:
            return plan
    held = ", ".join(plan.scope.environment for plan in plans) or "nothing"
    raise UsageError(f"{file} holds no plan of {environment}; it is of {held}")


def changed_line(job: Job, number: int | None = None) -> Callable[[Place], str | None]:
    """The address of a manifest's line among what a pull request changes; of that which the event
    is about, where no ``number`` is given."""
    try:
        number = job.pull_request if number is None else number
    except UsageError:
        return nowhere  # who asks GitHub for something is told
    files_ = page(job, f"pull/{number}/files")
    if number is None or files_ is None:
        return nowhere

    def address(place: Place) -> str:
        path = annotation.relative(place.path, job.workspace)
        # GitHub calls a file's part of the page by the digest of its path.
        line = f"R{place.line}" if place.line else ""
        return f"{files_}#diff-{hashlib.sha256(path.encode()).hexdigest()}{line}"

    return address


def page(job: Job, below: str) -> str | None:
    """The address of a page of the repository; None outside of a job."""
    repository = job.variables.get("GITHUB_REPOSITORY")
    server = job.variables.get("GITHUB_SERVER_URL") or "https://github.com"
    return f"{server}/{repository}/{below}" if repository else None


def run_page(job: Job) -> str | None:
    """The address of this run; None outside of a job."""
    run = job.variables.get("GITHUB_RUN_ID", "")
    return page(job, f"actions/runs/{run}") if run.isdecimal() else None


def foot(job: Job, api: Api, name: str, environment: str, options: Common) -> str:
    """The links below a comment: to this run, and to the environment's open issue."""
    try:
        number = issue.number(api, marker("drift", name, environment))
    except GithubError as error:
        # A link is worth no failed job: workflows of 0.1 let theirs read no issues.
        say(f"no link to an issue about drift: {error.message}", options)
        number = None
    linked = None if number is None else page(job, f"issues/{number}")
    return planned.foot(run_page(job), linked)


def read(file: Path) -> str:
    """The text of a file. Raises UsageError where there is none to read."""
    try:
        return wholefile.read(file, LARGEST).decode()
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not text") from None


def annotate(found: Sequence[Annotation], job: Job) -> None:
    """Annotations, on stdout."""
    if found:
        out("\n".join(annotation.commands(found, job.workspace)))


def summarise(job: Job, make: Callable[[int], str], options: Common) -> bool:
    """The job's summary, if there is a job. Returns whether it was written."""
    file = job.file("GITHUB_STEP_SUMMARY")
    if file is None:
        return False
    if files.add_summary(file, make):
        return True
    say("the summary is full: nothing was added to it", options, level="warning")
    return False


def output(job: Job, outputs: Mapping[str, str]) -> None:
    """The step's outputs, if there is a job."""
    file = job.file("GITHUB_OUTPUT")
    if file is not None:
        files.add_outputs(file, outputs)


def tell(content: Mapping[str, Any]) -> None:
    """What was done, as JSON."""
    out(as_json(content, indent=2))


def as_data(found: Sequence[Annotation], job: Job) -> list[dict[str, Any]]:
    """Annotations as plain data."""
    return [
        {
            "level": entry.level.value,
            "title": terminal(entry.title),
            "lines": list(entry.lines),
            "path": entry.place and annotation.relative(entry.place.path, job.workspace),
            "line": entry.place.line if entry.place is not None else None,
        }
        for entry in found
    ]
