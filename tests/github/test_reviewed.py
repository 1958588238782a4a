"""`reconciler github reviewed`: what has moved since the review, and when that cannot be told."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reconciler.core import planfile
from reconciler.core.model import Action, FieldChange, Plan, Policy
from reconciler.core.reasons import Reason, Why
from reconciler.github import archive
from tests.github.job import SHA, Job
from tests.github.test_outcome import queue
from tests.render.plans import SCOPE, parameter, plan_of, secret

WORKFLOW = ".github/workflows/secrets-plan.yml"
REVIEWED = (
    "reviewed", "production", "--plan", "plan.json",
    "--workflow", WORKFLOW, "--artifact-name", "secrets-plan-production",
)  # fmt: skip
HEAD = "a" * 40
PLAN = plan_of(
    secret("a", Action.CREATE),
    secret("b", Action.UPDATE, FieldChange("description", "x", "y")),
    parameter("c", Action.PRUNE),
    policy=Policy(prune=True),
)


@pytest.fixture(autouse=True)
def merged(job: Job) -> None:
    """Pull request 12 was planned, reviewed and merged; nothing has moved."""
    job.state["pulls"] = [
        {
            "number": 12,
            "state": "closed",
            "head": {"ref": "feature", "sha": HEAD},
            "base": {"ref": "main", "sha": "b" * 40},
            "merged_at": "2026-01-01T00:00:00Z",
            "merge_commit_sha": SHA,
            "files": [{"filename": "manifests/production/main.sops.yaml"}],
        }
    ]
    job.state["runs"] = [run(100)]
    keep(job, PLAN)
    job.save(PLAN)


def run(number: int, **given: Any) -> dict[str, Any]:
    return {
        "id": number, "path": WORKFLOW, "event": "pull_request", "status": "completed",
        "conclusion": "success", "head_sha": HEAD, "head_branch": "feature", "run_number": 1,
    } | given  # fmt: skip


def keep(job: Job, *plans: Plan, **given: Any) -> None:
    """Let run 100 have kept this."""
    artifact = {
        "id": 5, "run": 100, "name": "secrets-plan-production",
        "files": {"plan-production.json": planfile.dumps(plans)},
    }  # fmt: skip
    job.state["artifacts"] = [artifact | given]


def zipped(*files: tuple[str, bytes]) -> str:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files:
            opened.writestr(name, content)
    return base64.b64encode(made.getvalue()).decode()


def told(job: Job) -> str:
    """The line on stdout; it is in the summary, too."""
    job.next()
    done = job.run(*REVIEWED)
    first = done.out.splitlines()[0]
    words = first.partition(": ")[2].rstrip(".")
    assert words.partition(": ")[2].replace("`", "\\x60") in job.summary.replace("`", "\\x60")
    return first


def test_nothing_has_moved(job: Job) -> None:
    done = job.run(*REVIEWED)
    assert done.out == "production: Nothing has moved since the review of pull request 12.\n"
    assert "**Nothing has moved since the review of pull request 12.**" in job.summary
    assert job.asked("POST") == []


def test_what_has_moved_is_named(job: Job) -> None:
    fresh = plan_of(
        secret("b", Action.UPDATE, FieldChange("description", "z", "y")),
        parameter("c", Action.REFUSE, why=Why(Reason.NOT_MANAGED)),
        secret("d", Action.CREATE),
        policy=Policy(prune=True),
    )
    job.save(fresh)
    lines = job.run(*REVIEWED).out.splitlines()
    assert lines == [
        "production: 4 changes have moved since the review of pull request 12.",
        "  ~ refuse (was: prune) parameter c",
        "  - create secret a",
        "  ~ update secret b",
        "  + create secret d",
        "::warning title=production%3A 4 changes have moved since the review of pull request 12."
        "::~ refuse (was: prune) parameter c%0A- create secret a%0A~ update secret b"
        "%0A+ create secret d",
    ]
    for line in lines[1:5]:
        assert f"\n{line.strip()}\n" in job.summary


def test_another_policy_moves_every_change(job: Job) -> None:
    job.save(replace(PLAN, policy=Policy(prune=True, max_prunes=9)))
    assert "3 changes have moved" in told(job)


def test_json(job: Job) -> None:
    data = json.loads(job.run(*REVIEWED, "-o", "json").out)
    assert data == {
        "environment": "production", "pull_request": 12, "run": 100, "compared": True,
        "reason": None, "summary": True, "moved": [],
        "reviews": [{"pull_request": 12, "run": 100, "compared": True, "reason": None}],
    }  # fmt: skip
    job.save(plan_of(*PLAN.changes[:2], policy=PLAN.policy))
    (move,) = json.loads(job.run(*REVIEWED, "-o", "json").out)["moved"]
    name = f"{SCOPE.under}b"
    assert move == {"mark": "-", "key": {"kind": "secret", "name": name}, "action": "update"}


def test_the_newest_good_run_of_that_workflow_for_that_head_is_taken(job: Job) -> None:
    job.state["runs"] = [
        run(90),
        run(100, path=f"{WORKFLOW}@refs/pull/12/merge"),
        run(101, conclusion="failure"),
        run(102, conclusion=None, status="in_progress"),
        run(103, event="push"),
        run(104, head_sha="c" * 40),
        run(105, head_branch="other"),
        run(106, head_repository="mallory/infrastructure"),
        run(107, path="other/.github/workflows/secrets-plan.yml"),
        run(108, pull_requests=[{"number": 13, "base": {"ref": "main"}}]),
        run(109, pull_requests=[{"number": 12, "base": {"ref": "release"}}]),
    ]
    assert "Nothing has moved" in told(job)


def test_of_several_the_newest_by_time_is_taken(job: Job) -> None:
    """ "Re-run all jobs" keeps the run's id and uploads anew; GitHub promises no order of ids."""
    other = plan_of(secret("other", Action.CREATE))
    job.state["runs"] = [
        run(100, run_started_at="2026-01-02T09:00:00Z"),
        run(101, run_started_at="2026-01-01T09:00:00Z"),
    ]
    keep(job, PLAN, created_at="2026-01-02T09:01:00Z")
    job.state["artifacts"] += [
        {**job.state["artifacts"][0], "id": 6, "created_at": "2026-01-01T09:01:00Z",
         "files": {"plan-production.json": planfile.dumps((other,))}},
        {**job.state["artifacts"][0], "id": 7, "run": 101,
         "files": {"plan-production.json": planfile.dumps((other,))}},
    ]  # fmt: skip
    assert "Nothing has moved" in told(job)


def test_a_run_that_names_the_pull_request_is_taken(job: Job) -> None:
    ours = {"number": 12, "base": {"ref": "main"}, "head": {"sha": HEAD}}
    # What has only the branch in common, with a newer head, says nothing of this run.
    later = {"number": 14, "base": {"ref": "main"}, "head": {"sha": "d" * 40}}
    job.state["runs"] = [run(100, pull_requests=[later, ours])]
    assert "Nothing has moved" in told(job)
    job.state["runs"] = [run(100, pull_requests=[later])]
    assert "Nothing has moved" in told(job)


def test_githubs_filters_are_not_taken_at_their_word(job: Job) -> None:
    ours = {"full_name": job.state["repository"]}
    listed = [
        run(number, conclusion=end, head_repository=ours, repository=ours,
            run_started_at=f"2026-01-01T00:{number % 60}:00Z")
        for number, end in ((100, "success"), (101, "failure"))
    ]  # fmt: skip
    job.state["faults"] = [{"status": 200, "path": "/runs$", "body": {"workflow_runs": listed}}]
    assert "Nothing has moved" in told(job)
    other = {"id": 6, "name": "other", "expired": False, "size_in_bytes": 1}
    job.state["faults"] = [{"status": 200, "path": "/artifacts$", "body": {"artifacts": [other]}}]
    assert "stored no artifact secrets-plan-production" in told(job)


# --- several at once, by a merge queue ------------------------------------------------------------


@pytest.fixture
def two(job: Job) -> Job:
    """Number 11 was merged before 12, and one push brought both to main. 11 creates `d`, 12 the
    rest."""
    first = {"number": 11, "merge_commit_sha": "3" * 40, "head": {"ref": "other", "sha": "d" * 40}}
    job.state["pulls"].insert(0, job.state["pulls"][0] | first)
    job.state["runs"].append(run(90, head_sha="d" * 40, head_branch="other"))
    of_first = plan_of(secret("d", Action.CREATE), policy=PLAN.policy)
    job.state["artifacts"].append(
        job.state["artifacts"][0]
        | {"id": 6, "run": 90, "files": {"plan.json": planfile.dumps([of_first])}}
    )
    queue(job, "3" * 40, SHA)
    job.save(replace(PLAN, changes=(*PLAN.changes, *of_first.changes)))
    return job


def test_each_of_several_is_compared_with(two: Job) -> None:
    said = "production: Nothing has moved since the review of pull requests 11 and 12."
    assert told(two) == said
    two.next()
    reviews = json.loads(two.run(*REVIEWED, "-o", "json").out)["reviews"]
    assert [(one["pull_request"], one["compared"]) for one in reviews] == [(11, True), (12, True)]


def test_what_none_of_several_showed_has_moved(two: Job) -> None:
    fresh = (*PLAN.changes, secret("e", Action.CREATE))
    two.save(replace(PLAN, changes=fresh))
    lines = two.run(*REVIEWED).out.splitlines()
    assert lines[:3] == [
        "production: 2 changes have moved since the review of pull requests 11 and 12.",
        "  - create secret d",
        "  + create secret e",
    ]


def test_one_of_several_that_cannot_be_compared_with_is_named(two: Job) -> None:
    two.state["pulls"][0]["files"] = [{"filename": "reconciler/diff.py"}]
    first = told(two)
    assert "1 change has moved since the review of pull request 12. Not compared with: " in first
    assert "with: pull request 11 changes reconciler/diff.py" in first


def test_one_of_several_that_concerns_another_environment_is_not(two: Job) -> None:
    two.state["artifacts"][1]["name"] = "secrets-plan-staging"
    two.save(PLAN)
    assert told(two) == "production: Nothing has moved since the review of pull request 12."


def test_a_push_that_left_a_commit_behind_is_compared_by_its_last_commit(two: Job) -> None:
    two.state["compare"] = {}
    two.save(PLAN)
    assert told(two) == "production: Nothing has moved since the review of pull request 12."


def test_where_github_does_not_say_what_the_push_brought_nothing_is_compared(two: Job) -> None:
    two.state["permissions"]["contents"] = "none"
    assert "Nothing to compare with: " in told(two)
    assert "contents: read" in told(two)


# --- nothing to compare with ----------------------------------------------------------------------


def pull(**given: Any) -> Callable[[Job], None]:
    def change(job: Job) -> None:
        job.state["pulls"][0] |= given

    return change


def no_run(job: Job) -> None:
    job.state["runs"] = [run(100, conclusion="failure")]


def no_artifact(job: Job) -> None:
    job.state["artifacts"][0]["name"] = "secrets-plan-production-2"


def artifact(**given: Any) -> Callable[[Job], None]:
    return lambda job: keep(job, PLAN, **given)


def a_twin(job: Job) -> None:
    twin = {
        "number": 9,
        "state": "open",
        "merged_at": None,
        "base": {"ref": "dev", "sha": "e" * 40},
    }
    job.state["pulls"].append(job.state["pulls"][0] | twin)


def of_staging(job: Job) -> None:
    keep(job, replace(PLAN, scope=replace(SCOPE, environment="staging")))


def edited(job: Job) -> None:
    text = planfile.dumps([PLAN]).replace('"action": "create"', '"action": "adopt"')
    keep(job, PLAN, files={"plan.json": text})


def fault(status: int, path: str, **more: Any) -> Callable[[Job], None]:
    return lambda job: job.state["faults"].append(
        {"status": status, "path": path, "times": 99, **more}
    )


def forbidden(name: str) -> Callable[[Job], None]:
    return lambda job: job.state["permissions"].update({name: "none"})


def many_files(job: Job) -> None:
    files = [{"filename": f"docs/{n}.md"} for n in range(3100)]
    job.state["pulls"][0]["files"] = files


CASES: dict[str, tuple[Callable[[Job], None], str]] = {
    "a push": (pull(merge_commit_sha="c" * 40), "request was merged into main as commit 444"),
    "open": (pull(merged_at=None), "no pull request was merged"),
    "another base": (pull(base={"ref": "dev", "sha": SHA}), "no pull request was merged"),
    "a fork": (pull(head={"ref": "feature", "sha": HEAD, "repo": "mallory/x"}), "came from a fork"),
    "a fork that is gone": (pull(head={"ref": "f", "sha": HEAD, "repo": None}), "came from a fork"),
    "its workflow": (
        pull(files=[{"filename": "a"}, {"filename": ".github/workflows/x.yml"}]),
        "pull request 12 changes .github/workflows/x.yml: its plan was made by its own code",
    ),
    "the reconciler": (pull(files=[{"filename": "reconciler/diff.py"}]), "its own code"),
    "moved code": (
        pull(files=[{"filename": "old.py", "previous_filename": "reconciler/diff.py"}]),
        "changes reconciler/diff.py",
    ),
    "many files": (many_files, "changes more files than GitHub lists"),
    "a twin": (a_twin, "pull requests 12 and 9 have the same head"),
    "no run": (no_run, f"no run of {WORKFLOW} has succeeded for the head of pull request 12"),
    "no artifact": (no_artifact, "run 100 stored no artifact secrets-plan-production"),
    "expired": (artifact(expired=True), "of run 100 has expired"),
    "said to be large": (artifact(size=10**9), "is larger than any plan"),
    "not what was stored": (artifact(digest="sha256:" + "0" * 64), "is not what GitHub stored"),
    "two files": (
        artifact(zip=zipped(("a.json", b"{}"), ("b.json", b"{}"))), "is not one JSON file",
    ),
    "no file": (artifact(zip=zipped()), "is not one JSON file"),
    "another file": (artifact(zip=zipped(("a.sh", b"{}"))), "is not one JSON file"),
    "no zip": (artifact(zip=base64.b64encode(b"PK nothing").decode()), "it is damaged"),
    "no text": (artifact(zip=zipped(("a.json", b"\xff\xfe"))), "its file is not text"),
    "no plan": (artifact(zip=zipped(("a.json", b"{}"))), "run 100 stored something else"),
    "another environment": (of_staging, "is of another environment"),
    "edited": (edited, "the plan was edited"),
    "may not read runs": (forbidden("actions"), "permissions: {actions: read}"),
    "may not read pulls": (forbidden("pull-requests"), "permissions: {pull-requests: read}"),
    "GitHub is down": (fault(503, "/commits/"), "HTTP 503, tried 5 times"),
    "gone meanwhile": (fault(410, "/zip$"), "HTTP 410"),
    "another form": (fault(200, "/commits/", body=[{}]), "in a form that its reference does not"),
    "a redirect in clear": (
        fault(302, "/zip$", headers={"Location": "http://store.example/x"}),
        "would not be encrypted",
    ),
    "a redirect to nowhere": (fault(302, "/zip$"), "is not allowed"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_there_is_nothing_to_compare_with_and_it_is_said_why(job: Job, name: str) -> None:
    change, reason = CASES[name]
    if name == "may not read pulls":
        job.state["permissions"]["contents"] = "none"
    change(job)
    first = told(job)
    assert first.startswith("production: Nothing to compare with: ")
    assert reason in first
    assert job.state["token"] not in job.summary
    data = json.loads(job.run(*REVIEWED, "-o", "json").out)
    assert data["compared"] is False
    assert data["moved"] == []


def test_a_download_that_is_larger_than_it_is_said_to_be(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "LIMIT", 1 << 20)
    keep(job, PLAN, zip=base64.b64encode(b"x" * (2 << 20)).decode(), size=10)
    assert "GitHub answers with more than 1 MiB" in told(job)


def test_a_zip_that_unpacks_to_much_more_is_not_unpacked(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_INSIDE", 1 << 20)
    keep(job, PLAN, zip=zipped(("plan.json", b" " * (64 << 20))))
    tracemalloc.start()
    try:
        assert "holds more than 1 MiB" in told(job)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_an_artifact_as_github_stored_it(job: Job) -> None:
    raw = zipped(("plan.json", planfile.dumps([PLAN]).encode()))
    digest = hashlib.sha256(base64.b64decode(raw)).hexdigest()
    keep(job, PLAN, zip=raw, digest=f"sha256:{digest}")
    assert "Nothing has moved" in told(job)


def test_the_token_stays_with_github(job: Job) -> None:
    """The store answers 400 to a token; and the twin: it is asked at all."""
    fetched: list[str] = []
    store = job.server.store.RequestHandlerClass
    before = store.do_GET  # type: ignore[attr-defined]

    def noticed(handler: Any) -> None:
        fetched.append(str(handler.headers))
        before(handler)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "do_GET", noticed)
        assert "Nothing has moved" in told(job)
    (headers,) = fetched
    assert job.state["token"] not in headers
    assert "Authorization" not in headers


def test_names_that_others_chose_are_obeyed_by_nothing(job: Job) -> None:
    hostile = "x`\n::error::y\x1b[2J\u202e<!--@everyone"
    job.save(plan_of(*PLAN.changes, secret(hostile, Action.CREATE), policy=PLAN.policy))
    done = job.run(*REVIEWED)
    job.state["pulls"][0]["files"] = [{"filename": f".github/{hostile}"}]
    other = job.run(*REVIEWED)
    for text in (done.out, other.out, job.summary):
        assert "\x1b" not in text
        assert "\u202e" not in text
    for text in (done.out, other.out):
        assert not any(
            line.lstrip().startswith("::") for line in text.splitlines() if "::warning" not in line
        )
    assert "changes .github/x\\x60" in job.summary


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        ((*REVIEWED[:5], "plan.yml", *REVIEWED[6:]), {}, "--workflow is not a workflow's path"),
        (REVIEWED, {"GITHUB_REF": "refs/pull/1/merge"}, "GITHUB_REF is not a branch"),
        (REVIEWED, {"GITHUB_SHA": "main"}, "GITHUB_SHA is not the full id of a commit"),
        (REVIEWED, {"GITHUB_TOKEN": None}, "GITHUB_TOKEN is not set"),
        (("reviewed", "staging", *REVIEWED[2:]), {}, "holds no plan of staging"),
    ],
)
def test_what_cannot_be_asked(
    job: Job, arguments: tuple[str, ...], variables: dict[str, str | None], said: str
) -> None:
    assert said in job.run(*arguments, code=64, **variables).err
    assert job.state["requests"] == []
