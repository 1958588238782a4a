"""The plan that the check of a pull request showed, found again after the merge.

It informs and decides nothing: whoever may push to a branch may make its check say anything, as
long as nobody looks. What is compared is made by main's own code, or is said not to be comparable.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reconciler.core import planfile
from reconciler.core.digest import change_digest
from reconciler.core.errors import GithubError, PlanFileError, UsageError
from reconciler.core.model import Change, Key, Plan
from reconciler.github import archive, merges, touched
from reconciler.github.api import Api
from reconciler.render.escape import terminal

_LISTED = 3000  # files of a pull request that GitHub lists at most
_WORKFLOW = re.compile(r"\.github/workflows/[A-Za-z0-9_.-]+\.ya?ml")
_PULLS = "pull-requests: read"
_ACTIONS = "actions: read"


@dataclass(frozen=True)
class Request:
    """What is looked for: the plans that runs of a workflow kept as artifacts for the pull requests
    that were merged into a branch, by a push that ended with a commit."""

    sha: str
    branch: str
    workflow: str
    artifact: str
    environment: str
    kinds: Collection[str]  # those that a plan may name
    code: Sequence[str] = touched.CODE
    before: str | None = None  # the branch's commit before the push

    def __post_init__(self) -> None:
        if not _WORKFLOW.fullmatch(self.workflow):
            raise UsageError(
                "--workflow is not a workflow's path", hint="like .github/workflows/NAME.yml"
            )


@dataclass(frozen=True)
class Review:
    """The plan of one pull request, and where it was reviewed; or, without a plan, why there is
    nothing to compare with. ``concerned``: it may have been planned for the environment."""

    plan: Plan | None = None
    reason: str | None = None
    number: int | None = None
    run: int | None = None
    concerned: bool = True


class _Nothing(Exception):
    """There is nothing to compare with; the text says why."""


class _NoPlan(_Nothing):
    """The check of the pull request has succeeded and planned something else."""


# What ends the search for one plan, and is told as the reason why there is none.
_ENDS = (_Nothing, GithubError, PlanFileError, KeyError, TypeError, ValueError)


def find(api: Api, asked: Request) -> list[Review]:
    """The plans that were reviewed, of each pull request that the push merged, the oldest first.
    Where GitHub refuses or cannot be reached, that is the reason why there is none."""
    try:
        pulls = merges.of_push(api, asked.before, asked.sha, asked.branch)
        commits = {pull["merge_commit_sha"] for pull in pulls}
        if not pulls or len(commits) < len(pulls):
            much = "no pull request was" if not pulls else "more than one pull request was"
            raise _Nothing(f"{much} merged into {asked.branch} as commit {asked.sha[:12]}")
    except _ENDS as error:
        return [Review(reason=_why(error))]
    return [_of(api, asked, pull) for pull in pulls]


def _of(api: Api, asked: Request, pull: Mapping[str, Any]) -> Review:
    number = run = None
    try:
        number = int(pull["number"])
        _is_comparable(api, asked, pull, number)
        run = _run(api, asked, pull, number)
        return Review(_artifact(api, asked, run), None, number, run)
    except _ENDS as error:
        concerned = not isinstance(error, _NoPlan)
        return Review(None, _why(error, run), number, run, concerned)


def _why(error: Exception, run: int | None = None) -> str:
    if isinstance(error, _Nothing):
        return str(error)
    if isinstance(error, GithubError):
        return error.message + ("" if error.hint is None else f"; {error.hint}")
    if isinstance(error, PlanFileError):
        return f"run {run} stored something else: {error.message}"
    return "GitHub answers in a form that its reference does not describe"


def _is_comparable(api: Api, asked: Request, pull: Mapping[str, Any], number: int) -> None:
    head = pull["head"]
    if merges.name(head["repo"]) != api.repository:
        raise _Nothing(f"pull request {number} came from a fork, which has no plan")
    files = list(api.pages(f"/pulls/{number}/files", needs=_PULLS))
    if len(files) >= _LISTED:
        raise _Nothing(f"pull request {number} changes more files than GitHub lists")
    code = touched.below(touched.names(files), asked.code)
    if code:
        raise _Nothing(
            f"pull request {number} changes {code[0]}: its plan was made by its own code"
        )
    # A run does not say for which pull request it was; where two have the same head, nobody can.
    owner = api.repository.partition("/")[0]
    same = api.pages("/pulls", needs=_PULLS, state="all", head=f"{owner}:{head['ref']}")
    twins = [p["number"] for p in same if p["head"]["sha"] == head["sha"] and p["number"] != number]
    if twins:
        raise _Nothing(f"pull requests {number} and {twins[0]} have the same head")


def _run(api: Api, asked: Request, pull: Mapping[str, Any], number: int) -> int:
    head = pull["head"]
    name = asked.workflow.rpartition("/")[2]
    listed = api.pages(
        f"/actions/workflows/{name}/runs",
        needs=_ACTIONS,
        under="workflow_runs",
        event="pull_request",
        head_sha=str(head["sha"]),
        status="success",
    )
    # GitHub's filters are not taken at their word.
    good = [
        run
        for run in listed
        if run["path"].partition("@")[0] == asked.workflow
        and run["event"] == "pull_request"
        and run["conclusion"] == "success"
        and (run["head_sha"], run["head_branch"]) == (head["sha"], head["ref"])
        and merges.name(run["repository"]) == api.repository
        and merges.name(run["head_repository"]) == api.repository
        and _may_be_of(run, number, asked.branch)
    ]
    if not good:
        raise _Nothing(
            f"no run of {asked.workflow} has succeeded for the head of pull request {number}"
        )
    return int(max(good, key=lambda run: _moment(run, "run_started_at"))["id"])


def _may_be_of(run: Mapping[str, Any], number: int, base: str) -> bool:
    """Whether what a run says of pull requests speaks against this one.

    GitHub: "Pull requests that are open with a `head_sha` or `head_branch` that matches the
    workflow run": once merged, ours is mostly gone from it, and others may be there that have
    nothing but the branch in common.
    """
    named = [
        pull
        for pull in run.get("pull_requests") or ()
        if (pull.get("head") or {}).get("sha", run["head_sha"]) == run["head_sha"]
    ]
    return not named or any(p["number"] == number and p["base"]["ref"] == base for p in named)


def _artifact(api: Api, asked: Request, run: int) -> Plan:
    listed = api.pages(
        f"/actions/runs/{run}/artifacts", needs=_ACTIONS, under="artifacts", name=asked.artifact
    )
    named = [artifact for artifact in listed if artifact["name"] == asked.artifact]
    if not named:
        raise _NoPlan(f"run {run} stored no artifact {asked.artifact}")
    newest = max(named, key=lambda artifact: _moment(artifact, "created_at"))
    if newest["expired"]:
        raise _Nothing(f"the artifact {asked.artifact} of run {run} has expired")
    if int(newest["size_in_bytes"]) > archive.LIMIT:
        raise _Nothing(f"the artifact {asked.artifact} of run {run} is larger than any plan")
    path = f"/actions/artifacts/{int(newest['id'])}/zip"
    raw = api.download(path, needs=_ACTIONS, limit=archive.LIMIT)
    digest = newest.get("digest")
    if digest and digest != f"sha256:{hashlib.sha256(raw).hexdigest()}":
        raise _Nothing(f"the artifact {asked.artifact} of run {run} is not what GitHub stored")
    for plan in planfile.loads(archive.only_json(raw), asked.kinds):
        if plan.scope.environment == asked.environment:
            return plan
    raise _Nothing(f"the artifact {asked.artifact} of run {run} is of another environment")


def _moment(entry: Mapping[str, Any], name: str) -> datetime:
    """When GitHub says that it was. A run that is run again keeps its id and starts again, and ids
    are promised to be no order."""
    return datetime.fromisoformat(str(entry[name]))


# --- what moved -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Move:
    """A change that is not as it was reviewed: ``+`` new, ``-`` gone, ``~`` other."""

    mark: str
    key: Key
    action: str


def moves(reviewed: Sequence[Plan], fresh: Plan) -> list[Move]:
    """All changes that are not as they were reviewed, in any of several plans, by what they
    change."""
    before: dict[Key, dict[str, Change]] = {}
    for plan in reviewed:
        for digest, change in _digests(plan):
            before.setdefault(change.key, {})[digest] = change
    after = {change.key: (digest, change) for digest, change in _digests(fresh)}
    found = []
    for key in sorted(before.keys() | after.keys()):
        known = before.get(key, {})
        was = [change.action.value for change in known.values()][-1:]
        if key not in after:
            found.append(Move("-", key, was[0]))
            continue
        digest, now = after[key][0], after[key][1].action.value
        if not known:
            found.append(Move("+", key, now))
        elif digest not in known:
            found.append(Move("~", key, now if [now] == was else f"{now} (was: {was[0]})"))
    return found


def _digests(plan: Plan) -> Iterator[tuple[str, Change]]:
    return ((change_digest(c, plan.scope, plan.policy), c) for c in plan.changes)


def reason(found: Sequence[Review]) -> str | None:
    """Why there is nothing to compare with, or not all; what planned something else is told only
    where nothing else is."""
    lacking = [one for one in found if one.plan is None]
    if len(lacking) < len(found):
        lacking = [one for one in lacking if one.concerned]
    said = []
    for one in lacking:
        whose = f"pull request {one.number}"
        named = len(found) == 1 or str(one.reason).startswith(whose)
        said.append(str(one.reason) if named else f"{whose}: {one.reason}")
    return "; ".join(said) or None


def sentence(found: Sequence[Review], moved: Sequence[Move]) -> str:
    """In one or two sentences, what came of it."""
    compared = [str(one.number) for one in found if one.plan is not None]
    lacking = reason(found)
    if not compared:
        return f"Nothing to compare with: {terminal(lacking or '')}."
    *some, last = compared
    numbers = f"s {', '.join(some)} and {last}" if some else f" {last}"
    since = f"since the review of pull request{numbers}"
    has = "1 change has" if len(moved) == 1 else f"{len(moved)} changes have"
    told = f"{has} moved {since}." if moved else f"Nothing has moved {since}."
    return told if lacking is None else f"{told} Not compared with: {terminal(lacking)}."
