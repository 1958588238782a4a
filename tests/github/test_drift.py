"""What `reconciler github drift` shows, and the life of its issue."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from reconciler.core.applied import Applied, Untold
from reconciler.core.checked import Checked
from reconciler.core.digest import plan_digest
from reconciler.core.drift import Drift, DriftClass
from reconciler.core.model import Action, Key, Place, Policy, Scope
from reconciler.core.reasons import Reason, Why
from reconciler.github.marker import marker
from reconciler.render import drift as rendering
from tests.github.job import Job
from tests.render.plans import SCOPE, plan_of, secret

PLACE = Place("manifests/production/main.sops.yaml", 3, 5)


def drift(class_: DriftClass, name: str = "db", text: str = "because", **more: Place) -> Drift:
    return Drift(Key("secret", f"{SCOPE.under}{name}"), class_, text, **more)


OUTSIDE = drift(DriftClass.OUTSIDE, text="the value was written outside", place=PLACE)
PENDING = drift(DriftClass.PENDING, "smtp", "to update: value")
DRIFT = ("drift", "production", "--drift", "drift.json")


def save(job: Job, *found: Drift, scope: Scope = SCOPE, **more: object) -> None:
    checked = Checked(scope, found, **more)  # type: ignore[arg-type]
    (job.folder / "drift.json").write_text(rendering.as_json(checked))


def test_an_issue_lives_from_drift_to_repair(job: Job) -> None:
    save(job, OUTSIDE, PENDING)
    assert "issue 1 was opened" in job.run(*DRIFT, "--issue").err
    assert job.output["issue"] == "1"
    (issue,) = job.state["issues"]
    assert issue["title"] == "Drift: production"
    first, *rest = issue["body"].split("\n")
    assert first == marker("drift", "manifests", "production")
    assert "secret db: the value was written outside" in rest
    assert "    declared at manifests/production/main.sops.yaml:3:5" in rest

    job.next()
    assert "issue 1 was untouched" in job.run(*DRIFT, "--issue").err
    assert job.asked("PATCH") == []

    save(job, OUTSIDE, drift(DriftClass.STUCK, "jwt"))
    assert "issue 1 was updated" in job.run(*DRIFT, "--issue").err
    assert "secret jwt" in issue["body"]
    assert job.state["comments"] == []

    # What git is ahead of is nothing to act on.
    save(job, PENDING)
    job.next()
    assert "issue 1 was closed" in job.run(*DRIFT, "--issue").err
    assert job.output["issue"] == "1"
    assert issue["state"] == "closed"
    (comment,) = job.state["comments"]
    assert "The drift is gone" in comment["body"]

    job.next()
    assert "no issue to close" in job.run(*DRIFT, "--issue").err
    assert job.output["issue"] == ""
    assert job.asked("PATCH") == []


PLAN = plan_of(secret("db", Action.CREATE), secret("smtp", Action.UPDATE), policy=Policy())


def test_an_issue_says_how_it_is_put_right(job: Job) -> None:
    save(job, OUTSIDE, PENDING, plan=PLAN)
    job.run(*DRIFT, "--issue")
    (issue,) = job.state["issues"]
    body, digest = issue["body"], plan_digest(PLAN)
    assert "| outside | 1 |" in body
    assert "| pending | 1 |" in body
    assert "Plan: 1 to create, 1 to update, 0 to prune. The pending change is in it too (1)" in body
    page = f"https://github.example/{job.state['repository']}/actions/workflows/secrets-apply.yml"
    assert f"[secrets-apply.yml]({page})" in body
    line = f"gh workflow run secrets-apply.yml -f environment=production -f digest={digest}"
    assert f"\n{line}\n" in body
    assert "+ create db" in body, "the plan itself, folded"
    held = json.loads((job.folder / "drift.json").read_text())["repair"]
    assert held["command"] == line
    assert held["inputs"] == {"environment": "production", "digest": digest}
    assert held["plan"]["digest"] == digest
    assert "secrets-apply.yml" in job.summary
    job.run(*DRIFT, "--issue", "--workflow", "ship.yml")
    assert "gh workflow run ship.yml" in issue["body"]
    said = job.run(*DRIFT, "--issue", "--workflow", "x.yml;id", code=64).err
    assert "a workflow is called like its file" in said


def test_what_apply_cannot_put_right_names_no_workflow(job: Job) -> None:
    refused = secret("db", Action.REFUSE, why=Why(Reason.NOT_MANAGED))
    save(job, OUTSIDE, plan=plan_of(refused, policy=Policy()))
    job.run(*DRIFT, "--issue")
    assert "nothing that apply would write" in job.state["issues"][0]["body"]
    assert "gh workflow run" not in job.state["issues"][0]["body"]
    # A plan that somebody edited is refused.
    file = job.folder / "drift.json"
    file.write_text(file.read_text().replace('"refuse"', '"create"', 1))
    assert "plan" in job.run(*DRIFT, "--issue", code=1).err


def test_a_record_that_was_changed_opens_an_issue_by_itself(job: Job) -> None:
    save(job, applied=Applied(untold=Untold.FALSE, writer="arn:aws:iam::1:user/mallory"))
    job.run(*DRIFT, "--issue")
    (issue,) = job.state["issues"]
    assert "user/mallory" in issue["body"]
    save(job, applied=Applied(commit="a" * 40, behind=3))
    job.run(*DRIFT, "--issue")
    assert issue["state"] == "closed"


def test_a_closed_issue_is_never_opened_again(job: Job) -> None:
    save(job, OUTSIDE)
    job.run(*DRIFT, "--issue")
    save(job)
    job.run(*DRIFT, "--issue")
    save(job, OUTSIDE)
    assert "issue 2 was opened" in job.run(*DRIFT, "--issue").err
    assert [i["state"] for i in job.state["issues"]] == ["closed", "open"]


def test_without_drift_there_is_no_issue(job: Job) -> None:
    save(job)
    job.run(*DRIFT, "--issue")
    assert job.state["issues"] == []
    assert "No drift: everything is as git declares it." in job.summary


def test_each_environment_and_configuration_has_its_own(job: Job) -> None:
    save(job, OUTSIDE)
    job.run(*DRIFT, "--issue")
    job.run(*DRIFT, "--issue", "--configuration", "other")
    staging = replace(SCOPE, environment="staging")
    save(job, OUTSIDE, scope=staging)
    job.run("drift", "staging", "--drift", "drift.json", "--issue")
    save(job, scope=staging)
    job.run("drift", "staging", "--drift", "drift.json", "--issue")
    assert [(i["title"], i["state"]) for i in job.state["issues"]] == [
        ("Drift: production", "open"),
        ("Drift: production (other)", "open"),
        ("Drift: staging", "closed"),
    ]


def test_what_others_opened_is_left_alone(job: Job) -> None:
    mark = marker("drift", "manifests", "production")
    job.state["issues"].append(
        {"number": 1, "login": "mallory", "title": "t", "body": f"{mark}\nx", "state": "open"}
    )
    # A pull request is listed among issues.
    job.state["pulls"].append(
        {"number": 2, "state": "open", "body": mark, "login": "github-actions[bot]",
         "head": {"ref": "x", "sha": "a" * 40}, "base": {"ref": "main", "sha": "b" * 40}}
    )  # fmt: skip
    save(job)
    assert "no issue to close" in job.run(*DRIFT, "--issue").err
    save(job, OUTSIDE)
    assert "issue 3 was opened" in job.run(*DRIFT, "--issue").err
    assert job.state["issues"][0]["body"] == f"{mark}\nx"


def test_two_jobs_that_ran_at_once_leave_one_issue(job: Job) -> None:
    mark = marker("drift", "manifests", "production")
    job.state["issues"] += [
        {"number": n, "login": "github-actions[bot]", "title": "t", "body": f"{mark}\nx",
         "state": "open"} for n in (1, 2)
    ]  # fmt: skip
    save(job, OUTSIDE)
    assert "issue 1 was updated" in job.run(*DRIFT, "--issue").err
    assert [i["state"] for i in job.state["issues"]] == ["open", "closed"]
    assert "#1 tells the same" in job.state["comments"][0]["body"]


def test_lost_answers_make_nothing_twice(job: Job) -> None:
    job.state["faults"] = [{"method": "POST", "path": "/issues$", "status": 502, "after": True}]
    save(job, OUTSIDE)
    job.run(*DRIFT, "--issue")
    assert len(job.state["issues"]) == 1
    job.state["faults"] = [{"method": "POST", "path": "/comments$", "status": 502, "after": True}]
    save(job)
    assert "issue 1 was closed" in job.run(*DRIFT, "--issue").err
    assert len(job.state["comments"]) == 1


def test_a_large_drift_fits_an_issue_and_a_summary(job: Job) -> None:
    every = [drift(DriftClass.OUTSIDE, f"secret-{n:05}", "x" * 200) for n in range(6000)]
    save(job, *every, PENDING)
    job.run(*DRIFT, "--issue")
    (issue,) = job.state["issues"]
    assert 50_000 < len(issue["body"]) <= 60_000
    assert re.search(r"Not all fits here: \d+ left out", issue["body"])
    assert 900_000 < len(job.summary.encode()) <= 1024 * 1024
    assert "left out" in job.summary


def test_annotations_and_outputs(job: Job) -> None:
    classes = list(DriftClass)
    save(job, *(drift(c, c.value, place=PLACE) for c in classes[:-3]), drift(DriftClass.KEPT, "k"))
    lines = job.run(*DRIFT).out.splitlines()
    assert lines[0] == (
        "::error file=manifests/production/main.sops.yaml,line=3,col=5,title=production%3A"
        " secret outside (outside)::because"
    )
    assert [line.split(" ")[0] for line in lines] == [
        "::error", "::error", "::error", "::warning", "::warning", "::notice", "::notice",
    ]  # fmt: skip
    assert "file=manifests/production/environment.sops.yaml,line=1," in lines[-1]
    assert job.output == {
        "drift": "5", "outside": "1", "refused": "1", "stuck": "1", "overdue": "1",
        "unknown": "1", "pending": "1", "kept": "1", "rotated": "0", "unmanaged": "0", "issue": "",
    }  # fmt: skip


def test_json_tells_what_was_done(job: Job) -> None:
    save(job, OUTSIDE)
    told = json.loads(job.run(*DRIFT, "--issue", "-o", "json").out)
    assert told["issue"] == {"done": "opened", "number": 1}
    assert told["outputs"] == job.output


HOSTILE = 'x\n::error::y\r%0A,title=z:"`@everyone`<!-- --></details>\u202e##[error]|```'


def test_what_others_wrote_is_obeyed_by_nothing(job: Job) -> None:
    scope = replace(SCOPE, prefix=f"/{HOSTILE}", region=HOSTILE)
    hostile = drift(DriftClass.OUTSIDE, HOSTILE, HOSTILE, place=Place(HOSTILE, 1, 1))
    save(job, hostile, drift(DriftClass.KEPT, HOSTILE, HOSTILE), scope=scope)
    done = job.run(*DRIFT, "--issue", "--configuration", HOSTILE)
    for line in done.out.splitlines():
        place = ",line=1,col=1" if line.startswith("::error") else ",line=1"
        assert re.fullmatch(rf"::(error|notice) file=[^,:]*{place},title=[^,:]*::.*", line)
    (issue,) = job.state["issues"]
    for text in (done.out, issue["body"], issue["title"], job.summary):
        assert "\u202e" not in text
        assert "\r" not in text
    assert "\n" not in issue["title"]
    body = issue["body"].partition("\n")[2]
    outside = re.sub(r"(?s)(`{3,})[a-z]*\n.*?\n\1\n|`[^`\n]*`", "", body)
    assert "everyone" not in outside
    assert "<!--" not in outside


@pytest.mark.parametrize(
    "content",
    [
        "", "[]", "nonsense", "{}", '{"format_version": "2.0"}', "[" * 100_000,
        '{"format_version": "1.0", "environment": 1}',
        '{"format_version": "1.0", "environments": [1]}',
    ],
)  # fmt: skip
def test_a_file_that_is_no_drift(job: Job, content: str) -> None:
    (job.folder / "drift.json").write_text(content)
    err = job.run(*DRIFT, "--issue", code=1).err
    assert err.startswith("error[drift-file]: this is not drift as JSON:")
    assert "reconciler drift -o json" in err
    assert job.state["requests"] == []


def test_a_file_of_other_environments(job: Job) -> None:
    save(job)
    said = job.run("drift", "staging", "--drift", "drift.json", code=64).err
    assert "drift.json holds no drift of staging; it is of production" in said
    assert "none.json cannot be read" in job.run(*DRIFT[:-1], "none.json", code=64).err


def test_a_missing_permission_is_named_after_all_else_is_shown(job: Job) -> None:
    job.state["permissions"]["issues"] = "none"
    save(job, OUTSIDE)
    done = job.run(*DRIFT, "--issue", code=1)
    assert "permissions: {issues: write}" in done.err
    assert done.out.startswith("::error ")
    assert job.output["drift"] == "1"
    assert "written outside" in job.summary
