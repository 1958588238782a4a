"""`reconciler github outcome`: what came of a plan, on the pull request that was merged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.core import planfile
from reconciler.core.digest import change_digest
from reconciler.core.model import Action, Plan, Policy
from tests.github.job import SHA, Job
from tests.render.plans import plan_of, secret

TWO = plan_of(secret("a", Action.CREATE), secret("b", Action.CREATE), policy=Policy())
CALL = ("outcome", "production", "--artifacts", "kept")
APPROVED = {"run": 77, "state": "approved", "user": "octocat", "environments": ["production"]}


@pytest.fixture
def merged(job: Job) -> Job:
    """A pull request whose plan was commented on, and that is merged; its artifacts are taken."""
    job.pull_request(7)
    job.save(TWO)
    job.run("plan", "production", "--plan", "plan.json", "--comment")
    job.state["pulls"][0] |= {"state": "closed", "merged_at": "2026-01-01T00:00:00Z",
                              "merge_commit_sha": SHA}  # fmt: skip
    job.event({"ref": "refs/heads/main"})
    job.variables |= {"GITHUB_ACTOR": "hubot", "GITHUB_TRIGGERING_ACTOR": "mona"}
    keep(job.folder, "secrets-plan-production/plan-production.json", planfile.dumps([TWO]))
    job.next()
    return job


def keep(folder: Path, name: str, text: str) -> None:
    file = folder / "kept" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def log(job: Job, attempt: int, *outcomes: str, plan: Plan = TWO) -> None:
    """The audit log of an attempt: what came of the first, the second change, …"""
    lines: list[dict[str, Any]] = []
    for change, outcome in zip(plan.changes, outcomes, strict=False):
        digest = change_digest(change, plan.scope, plan.policy)
        of = {"change": digest, "environment": "production"}
        lines.append({**of, "outcome": "begun", "time": "2026-11-29T12:00:00.000+00:00"})
        if outcome:
            lines.append({**of, "outcome": outcome, "time": "2026-11-29T13:03:59.000+01:00"})
    text = "".join(json.dumps(line) + "\n" for line in lines)
    keep(job.folder, f"secrets-audit-production-{attempt}/audit.jsonl", text)


def said(job: Job, *more: str) -> str:
    """The line of the comment that says what came of the plan."""
    job.run(*CALL, *more)
    (comment,) = job.state["comments"]
    lines: list[str] = comment["body"].split("\n")
    assert lines[1] == "## `production`"
    assert "create a" in comment["body"], "the plan stays"
    assert "Nothing is written yet" not in comment["body"]
    return lines[3]


RUN = "[the run](https://github.example/lagomo/infrastructure/actions/runs/77)"


def test_applied_names_when_and_who_approved(merged: Job) -> None:
    merged.state["approvals"] = [
        APPROVED,
        {**APPROVED, "user": "of-another-run", "run": 78},
        {**APPROVED, "user": "of-another-environment", "environments": ["staging"]},
    ]
    log(merged, 1, "done", "done")
    told = said(merged)
    assert told == f"**Applied** at 2026-11-29 12:03 UTC, approved by `octocat`: {RUN}."
    # Said once, the same again is no edit.
    merged.next()
    merged.run(*CALL)
    assert merged.asked("PATCH") == []


def test_where_nobody_was_asked_it_names_who_started_it(merged: Job) -> None:
    log(merged, 1, "done", "done")
    assert ", started by `mona`: " in said(merged)


def test_who_approved_is_not_known_where_github_does_not_say(merged: Job) -> None:
    merged.state["permissions"]["actions"] = "none"
    merged.state["approvals"] = [APPROVED]
    unknown = "started by `mona`, and GitHub did not say who approved it"
    log(merged, 1, "done", "done")
    assert said(merged) == f"**Applied** at 2026-11-29 12:03 UTC, {unknown}: {RUN}."
    assert "warning: production: who approved it is not known: " in merged.seen[-1]
    assert "actions: read" in merged.seen[-1]
    log(merged, 1, "done", "failed")
    assert unknown in said(merged)


def test_nor_is_who_rejected_it(merged: Job) -> None:
    """Without a log, and without an answer, it may be either."""
    merged.state["permissions"]["actions"] = "none"
    merged.state["approvals"] = [{**APPROVED, "state": "rejected"}]
    told = said(merged)
    assert told.startswith("**Apply did not end, or was rejected:** it left no log")
    assert "GitHub did not say who decided" in told


def test_a_part_is_no_whole(merged: Job) -> None:
    log(merged, 1, "done", "failed")
    told = said(merged)
    assert told.startswith("**Partly applied:** 1 of 2 changes are written, started by `mona`.")
    assert RUN in told
    # The next attempt writes the rest, and its log has nothing of the first.
    log(merged, 2, "", "done")
    assert said(merged).startswith("**Applied** at ")


def test_a_change_that_nobody_saw_end_is_not_counted(merged: Job) -> None:
    log(merged, 1, "done", "")
    file = merged.folder / "kept/secrets-audit-production-1/audit.jsonl"
    file.write_text(file.read_text()[:-20])
    assert "1 of 2 changes" in said(merged)


def test_a_log_of_nothing_says_that_nothing_was_written(merged: Job) -> None:
    log(merged, 1)
    assert said(merged).startswith("**Not applied:** nothing was written, started by `mona`. ")


def test_without_a_log_nobody_knows(merged: Job) -> None:
    assert said(merged).startswith("**Apply did not end:** it left no log of what it wrote. ")


def test_who_rejected_it_is_named(merged: Job) -> None:
    merged.state["approvals"] = [{**APPROVED, "state": "rejected"}]
    assert said(merged) == f"**Not applied:** rejected by `octocat` in {RUN}."


def test_what_was_in_effect_already_is_applied(merged: Job) -> None:
    """Apply begins nothing, and ends well."""
    log(merged, 1)
    assert said(merged, "--ended") == f"**Applied**, started by `mona`: {RUN}."


def test_a_log_of_another_environment_is_not_taken(merged: Job) -> None:
    log(merged, 1, "done", "done")
    kept = merged.folder / "kept"
    (kept / "secrets-audit-production-1").rename(kept / "secrets-audit-production-1-1")
    assert said(merged).startswith("**Apply did not end:**")


def test_a_plan_of_nothing_and_a_pull_request_without_a_comment_are_left_alone(merged: Job) -> None:
    log(merged, 1, "done", "done")
    before = merged.state["comments"][0]["body"]
    keep(merged.folder, "secrets-plan-production/plan-production.json", planfile.dumps([plan_of()]))
    done = merged.run(*CALL, "-o", "json")
    assert json.loads(done.out) == {
        "pull_request": 7, "comments": {}, "pull_requests": {"7": {}},
    }  # fmt: skip
    assert merged.state["comments"][0]["body"] == before
    keep(merged.folder, "secrets-plan-production/plan-production.json", planfile.dumps([TWO]))
    merged.state["comments"] = []
    assert json.loads(merged.run(*CALL, "-o", "json").out)["comments"] == {"production": "none"}


def test_a_plan_that_github_no_longer_has_is_said(merged: Job) -> None:
    (merged.folder / "kept/secrets-plan-production/plan-production.json").unlink()
    merged.run(*CALL)
    (comment,) = merged.state["comments"]
    assert "**Not applied:** GitHub no longer has the plan" in comment["body"]
    assert RUN.replace("the", "The") in comment["body"]


def test_a_push_without_a_pull_request_has_nobody_to_tell(merged: Job) -> None:
    merged.state["pulls"][0]["merge_commit_sha"] = "9" * 40
    assert "nobody to tell" in merged.run(*CALL).err
    assert merged.asked("PATCH") == []


def test_it_is_for_a_branch(merged: Job) -> None:
    merged.run(*CALL, code=64, GITHUB_REF="refs/pull/7/merge")


def test_each_that_a_merge_queue_merged_at_once_is_told(merged: Job) -> None:
    merged.state["pulls"].append(
        {**merged.state["pulls"][0], "number": 8, "merge_commit_sha": "8" * 40}
    )
    merged.pull_request(8)
    del merged.state["pulls"][-1]
    merged.run("plan", "production", "--plan", "plan.json", "--comment")
    queue(merged, "8" * 40, SHA)
    log(merged, 1, "done", "done")
    done = merged.run(*CALL, "-o", "json")
    assert json.loads(done.out)["pull_requests"] == {
        "8": {"production": "edited"}, "7": {"production": "edited"},
    }  # fmt: skip
    assert [c["body"].split("\n")[3][:11] for c in merged.state["comments"]] == ["**Applied**"] * 2


def queue(job: Job, *commits: str) -> None:
    """Let the event be a push that brought these to main, each a merge of a branch's commit."""
    before = "b" * 40
    listed = []
    for parent, commit in zip((before, *commits), commits, strict=False):
        own = commit[:20] + "c" * 20
        listed += [
            {"sha": own, "parents": [{"sha": before}]},
            {"sha": commit, "parents": [{"sha": parent}, {"sha": own}]},
        ]
    job.state["compare"] = {
        f"{before}...{commits[-1]}": {"status": "ahead", "files": [], "commits": listed}
    }
    job.event({"ref": "refs/heads/main", "before": before})
