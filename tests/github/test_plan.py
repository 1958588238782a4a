"""What `reconciler github plan` shows: comment, summary, annotations, outputs."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from reconciler.cli.commands.github import shown
from reconciler.core.digest import plan_digest
from reconciler.core.model import Action, Change, FieldChange, Key, Place, Plan, Policy
from reconciler.core.reasons import Reason, Why
from reconciler.github.marker import marker
from reconciler.manifest.files import ENVIRONMENT_FILE
from tests.cli.run import python
from tests.github.job import Job
from tests.render.plans import EMPTY, EVERYTHING, SCOPE, plan_of, secret

ONE = plan_of(
    secret(
        "smtp/credentials",
        Action.UPDATE,
        FieldChange("description", "Relay", "Mail relay"),
        place=Place("manifests/production/smtp.sops.yaml", 12, 5),
    ),
    policy=Policy(),
    revision="5" * 40,
)
PLAN = ("plan", "production", "--plan", "plan.json")


def comments(job: Job) -> list[str]:
    return [comment["body"] for comment in job.state["comments"]]


# --- the comment ----------------------------------------------------------------------------------


def test_a_plan_is_commented_once_and_the_same_plan_leaves_it_alone(job: Job) -> None:
    job.pull_request(7)
    job.save(ONE)
    done = job.run(*PLAN, "--comment")
    assert "pull request 7: the comment was created" in done.err
    (body,) = comments(job)
    mark, _, text = body.partition("\n")
    assert mark == marker("plan", "manifests", "production")
    assert text.startswith("## `production`")
    assert "update smtp/credentials" in text
    job.next()
    # Another commit of the same branch, and the same plan.
    job.save(replace(ONE, revision="6" * 40))
    assert "untouched" in job.run(*PLAN, "--comment").err
    assert comments(job) == [body]
    assert job.asked("PATCH") == []
    assert job.asked("POST") == ["/graphql"]


def test_another_plan_edits_the_comment_in_place(job: Job) -> None:
    job.pull_request(7)
    job.save(ONE)
    job.run(*PLAN, "--comment")
    job.save(plan_of(secret("jwt/secret", Action.CREATE), policy=Policy()))
    assert "edited" in job.run(*PLAN, "--comment").err
    (comment,) = job.state["comments"]
    assert comment["edits"] == 1
    assert "create jwt/secret" in comment["body"]
    assert "smtp" not in comment["body"]


def test_changes_that_vanish_become_no_changes(job: Job) -> None:
    job.pull_request(7)
    job.save(ONE)
    job.run(*PLAN, "--comment")
    job.save(EMPTY)
    job.run(*PLAN, "--comment")
    (body,) = comments(job)
    assert "**No changes:**" in body
    assert "smtp" not in body
    job.save(ONE)
    job.run(*PLAN, "--comment")
    assert "update smtp/credentials" in comments(job)[0]


def test_where_there_never_were_changes_there_is_no_comment(job: Job) -> None:
    job.pull_request(7)
    job.save(EMPTY)
    assert "there is nothing to comment on" in job.run(*PLAN, "--comment").err
    assert comments(job) == []
    assert job.output["changes"] == "0"
    assert "Nothing to do" in job.summary


def test_two_environments_and_two_configurations_stand_side_by_side(job: Job) -> None:
    job.pull_request(7)
    staging = replace(ONE, scope=replace(SCOPE, environment="staging"))
    job.save(ONE, staging)
    for _ in range(2):
        for arguments in (
            PLAN,
            ("plan", "staging", "--plan", "plan.json"),
            (*PLAN, "--configuration", "other"),
        ):
            job.run(*arguments, "--comment")
    assert [body.partition("\n")[0] for body in comments(job)] == [
        marker("plan", "manifests", "production"),
        marker("plan", "manifests", "staging"),
        marker("plan", "other", "production"),
    ]
    assert [c.get("edits", 0) for c in job.state["comments"]] == [0, 0, 0]


def test_a_comment_of_somebody_else_with_our_marker_is_left_alone(job: Job) -> None:
    job.pull_request(7)
    forged = marker("plan", "manifests", "production") + "\n**No changes**"
    job.state["comments"].append({"id": 1, "issue": 7, "login": "mallory", "body": forged})
    job.save(ONE)
    assert "created" in job.run(*PLAN, "--comment").err
    first, second = job.state["comments"]
    assert first["body"] == forged
    assert second["login"] == "github-actions[bot]"


def test_a_comment_of_the_same_bot_that_quotes_the_marker_is_left_alone(job: Job) -> None:
    job.pull_request(7)
    quote = "see " + marker("plan", "manifests", "production")
    job.state["comments"] += [
        {"id": 1, "issue": 7, "login": "github-actions[bot]", "body": quote},
        {"id": 2, "issue": 7, "login": "github-actions[bot]", "body": f"> hello\n{quote}"},
    ]
    job.save(ONE)
    assert "created" in job.run(*PLAN, "--comment").err


def test_the_comment_is_found_on_the_third_page(job: Job) -> None:
    job.pull_request(7)
    job.save(ONE)
    job.state["comments"] = [
        {"id": n, "issue": 7, "login": "somebody", "body": "talk"} for n in range(250)
    ]
    job.run(*PLAN, "--comment")
    job.next()
    assert "untouched" in job.run(*PLAN, "--comment").err
    assert len(job.state["comments"]) == 251
    assert len(job.asked("GET", ending="/comments")) == 3


def test_two_jobs_that_ran_at_once_leave_one_comment(job: Job) -> None:
    job.pull_request(7)
    mark = marker("plan", "manifests", "production")
    job.state["comments"] = [
        {"id": n, "issue": 7, "login": "github-actions[bot]", "body": f"{mark}\nold"}
        for n in (1, 2)
    ]
    job.save(ONE)
    job.run(*PLAN, "--comment")
    (comment,) = job.state["comments"]
    assert comment["id"] == 1
    assert "smtp" in comment["body"]


def test_a_comment_whose_answer_is_lost_is_not_made_twice(job: Job) -> None:
    job.pull_request(7)
    job.save(ONE)
    job.state["faults"] = [
        {"method": "POST", "path": "/comments$", "status": 502, "after": True},
    ]
    assert "untouched" in job.run(*PLAN, "--comment").err
    assert len(comments(job)) == 1


def test_a_comment_that_was_not_made_is_made(job: Job) -> None:
    job.pull_request(7)
    job.save(ONE)
    job.state["faults"] = [{"method": "POST", "path": "/comments$", "status": 0, "times": 2}]
    assert "created" in job.run(*PLAN, "--comment").err
    assert len(comments(job)) == 1


def large() -> Plan:
    """A plan of more characters than any comment may have, some of them in four bytes."""
    text = "\N{OLD ITALIC LETTER A}" * 150
    return plan_of(
        *(
            secret(f"secret-{n:04}", Action.CREATE, FieldChange("description", None, text))
            for n in range(2500)
        )
    )


def test_a_large_plan_fits_a_comment_and_a_summary_and_says_what_is_left_out(job: Job) -> None:
    job.pull_request(7)
    job.save(large())
    (job.folder / "summary").write_text("before\n" * 1000)
    job.run(*PLAN, "--comment")
    (body,) = comments(job)
    assert 50_000 < len(body) <= 60_000
    assert "changes left out" in body
    size = (job.folder / "summary").stat().st_size
    assert 200_000 < size <= 1024 * 1024
    assert job.summary.startswith("before\n")
    assert "changes left out" in job.summary


def test_a_full_summary_is_said(job: Job) -> None:
    job.save(ONE)
    (job.folder / "summary").write_text("x" * (1024 * 1024 - 1000))
    assert "warning: the summary is full" in job.run(*PLAN).err
    assert (job.folder / "summary").stat().st_size == 1024 * 1024 - 1000


def test_a_push_has_no_pull_request_to_comment_on(job: Job) -> None:
    job.save(ONE)
    assert "this job has no pull request" in job.run(*PLAN, "--comment").err
    assert job.state["requests"] == []


def test_without_a_plan_comment_and_summary_say_so(job: Job) -> None:
    job.pull_request(7)
    reason = "validate failed: `x` @everyone\n::error::y"
    done = job.run(*PLAN, "--comment", "--failed", reason)
    (body,) = comments(job)
    assert "**No plan could be made:**" in body
    assert "**No plan could be made:**" in job.summary
    assert "validate failed" in body
    assert job.output["failure-reason"].startswith("validate failed")
    assert job.output["changes"] == "0"
    assert job.output["digest"] == job.output["plan-path"] == ""
    assert done.out.startswith("::error title=production%3A no plan could be made::")
    assert len(done.out.splitlines()) == 1
    job.save(ONE)
    job.run(*PLAN, "--comment")
    assert "No plan" not in comments(job)[0]


# --- outputs, summary, annotations ----------------------------------------------------------------


def test_outputs(job: Job) -> None:
    job.save(EVERYTHING)
    job.run(*PLAN)
    counts = {a: sum(c.action is a for c in EVERYTHING.changes) for a in Action}
    updates = (Action.UPDATE, Action.REPLACE, Action.ADOPT, Action.RESTORE)
    assert job.output == {
        "changes": str(len(EVERYTHING.changes)),
        "to-create": str(counts[Action.CREATE]),
        "to-update": str(sum(counts[a] for a in updates)),
        "to-prune": str(counts[Action.PRUNE]),
        "digest": plan_digest(EVERYTHING),
        "plan-path": "plan.json",
        "failure-reason": "",
    }
    assert EVERYTHING.revision is not None
    assert EVERYTHING.revision in job.summary


def test_an_annotation_stands_where_the_change_is_declared(job: Job) -> None:
    job.save(ONE)
    assert job.run(*PLAN).out == (
        "::notice file=manifests/production/smtp.sops.yaml,line=12,col=5,title=production%3A update"
        ' secret smtp/credentials::description: "Relay" -> "Mail relay"\n'
    )


def test_paths_are_relative_to_the_workspace(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    (job.folder / "sub" / "manifests").mkdir(parents=True)
    (job.folder / "sub" / "manifests" / ".sops.yaml").touch()
    monkeypatch.chdir(job.folder / "sub")
    (job.folder / "sub" / "plan.json").write_text((job.folder / job.save(ONE)).read_text())
    assert "::notice file=sub/manifests/production/smtp.sops.yaml," in job.run(*PLAN).out


def test_the_worst_comes_first_and_no_more_than_ten_of_each_level(job: Job) -> None:
    def many(kind: str, action: Action, **more: Why) -> list[Change]:
        names = (f"{SCOPE.under}{action}-{n:02}" for n in range(25))
        return [Change(Key(kind, name), action, **more) for name in names]  # type: ignore[arg-type]

    changes = [
        *many("secret", Action.CREATE),
        *many("secret", Action.PRUNE),
        *many("parameter", Action.REFUSE, why=Why(Reason.NOT_MANAGED)),
    ]
    job.save(plan_of(*changes))
    lines = job.run(*PLAN).out.splitlines()
    levels = [re.match(r"::(\w+) ", line)[1] for line in lines]  # type: ignore[index]
    assert levels == ["error"] * 10 + ["warning"] * 10 + ["notice"] * 10
    assert "stopped by the guard max-prunes" in lines[0]
    assert "refuse parameter refuse-00" in lines[1]
    assert "::error title=17 more::" in lines[9]
    assert "::warning title=16 more::" in lines[19]
    # What is declared nowhere is shown at the environment's own file.
    assert (
        "file=manifests/production/environment.sops.yaml,line=1,title=production%3A prune"
        in lines[10]
    )


@pytest.mark.parametrize(("count", "shown"), [(10, 10), (11, 10)])
def test_ten_are_shown_and_of_eleven_nine_and_how_many_more(
    job: Job, count: int, shown: int
) -> None:
    job.save(plan_of(*(secret(f"s-{n}", Action.CREATE) for n in range(count))))
    lines = job.run(*PLAN).out.splitlines()
    assert len(lines) == shown
    assert ("2 more" in lines[-1]) == (count > shown)


def test_a_plan_is_shown_without_what_takes_long_to_import() -> None:
    """A pull request has such a step for each environment."""
    code = "import sys, reconciler.cli.commands.github.plan; print(' '.join(sys.modules))"
    slow = ("boto3", "botocore", "ruamel", "deepdiff", "reconciler.manifest")
    assert [name for name in python(code).split() if name.startswith(slow)] == []
    assert shown.ENVIRONMENT_FILE == ENVIRONMENT_FILE


HOSTILE = 'x\n::error::y\r%0A,title=z:"`@everyone`<!-- --></details>\u202e##[error]|'


def test_what_others_wrote_is_obeyed_by_nothing(job: Job) -> None:
    job.pull_request(7)
    job.save(
        plan_of(
            Change(
                Key("secret", f"{SCOPE.under}{HOSTILE}"),
                Action.UPDATE,
                (FieldChange("description", HOSTILE, HOSTILE + "z"),),
                place=Place(f"manifests/{HOSTILE}.yaml", 1, 1),
            )
        )
    )
    done = job.run(*PLAN, "--comment", "--configuration", HOSTILE + "-->")
    (line,) = done.out.splitlines()
    assert re.fullmatch(r"::notice file=[^,:]*,line=1,col=1,title=[^,:]*::.*", line)
    assert "##[" not in line
    assert "%250A" in line  # what looks like an escape of the runner's is none
    (body,) = comments(job)
    for text in (line, body, job.summary):
        assert "\u202e" not in text
        assert "\r" not in text
    first, *rest = body.split("\n")
    assert first.count("-->") == first.count("<!--") == 1
    assert first.endswith("-->")
    fenced = r"(?s)(`{3,}).*?\1|`[^`\n]*`|<code>(?:[^<`\n]|<wbr>)*</code>"
    outside = re.sub(fenced, "", "\n".join(rest))
    assert "everyone" not in outside
    assert "<!--" not in outside
    assert not re.search(r"(?m)^\s*::", body)
    job.run(*PLAN, "--comment", "--configuration", HOSTILE + "-->")
    assert len(comments(job)) == 1


def test_json_tells_what_was_done(job: Job) -> None:
    job.pull_request(7)
    job.save(ONE)
    told = json.loads(job.run(*PLAN, "--comment", "-o", "json").out)
    assert told["comment"] == "created"
    assert told["summary"] is True
    assert told["outputs"] == job.output
    (annotation,) = told["annotations"]
    assert (annotation["level"], annotation["line"]) == ("notice", 12)


def test_outside_of_a_job_it_shows_annotations_and_needs_nothing(job: Job) -> None:
    job.save(ONE)
    names = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_TOKEN", "GITHUB_EVENT_PATH",
             "GITHUB_WORKSPACE", "GITHUB_REPOSITORY")  # fmt: skip
    assert job.run(*PLAN, **dict.fromkeys(names)).out.startswith("::notice ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("plan", "staging", "--plan", "plan.json"),
            "holds no plan of staging; it is of production",
        ),
        (("plan", "production", "--plan", "none.json"), "none.json cannot be read"),
        (("plan", "production"), "Missing option '--plan'"),
        (("plan",), "Missing argument 'ENV'"),
        (("plam", "production"), "There is no command 'plam'. Did you mean plan?"),
        ((), "Missing command"),
    ],
)
def test_a_command_line_that_makes_no_sense(
    job: Job, arguments: tuple[str, ...], said: str
) -> None:
    job.save(ONE)
    assert said in job.run(*arguments, code=64).err


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("GITHUB_TOKEN", None, "GITHUB_TOKEN is not set"),
        ("GITHUB_TOKEN", "two\nlines", "GITHUB_TOKEN is not a token"),
        ("GITHUB_REPOSITORY", None, "GITHUB_REPOSITORY is not set"),
        ("GITHUB_REPOSITORY", "../../x", "GITHUB_REPOSITORY is not of the form owner/name"),
        ("GITHUB_API_URL", "http://api.example.com", "not https"),
        ("GITHUB_API_URL", "file:///etc/passwd", "GITHUB_API_URL is not an address"),
        ("GITHUB_EVENT_PATH", "/nonexistent", "GITHUB_EVENT_PATH names cannot be read"),
    ],
)
def test_a_variable_that_is_missing_or_wrong(
    job: Job, variable: str, value: str | None, said: str
) -> None:
    job.pull_request(7)
    job.save(ONE)
    done = job.run(*PLAN, "--comment", code=64, **{variable: value})
    assert said in done.err
    assert done.out.startswith("::notice ")
    assert job.state["requests"] == []


# --- links ----------------------------------------------------------------------------------------

ISSUE = {"number": 12, "login": "github-actions[bot]", "title": "Drift: production",
         "state": "open"}  # fmt: skip


def test_the_comment_leads_to_its_run_and_to_the_open_issue_about_drift(job: Job) -> None:
    job.pull_request(7)
    mark = marker("drift", "manifests", "production")
    job.state["issues"] = [
        {**ISSUE, "number": 11, "body": f"{mark}\nold", "state": "closed"},
        {**ISSUE, "number": 13, "body": f"{mark}\nforged", "login": "somebody"},
        {**ISSUE, "number": 14, "body": marker("drift", "manifests", "staging")},
        {**ISSUE, "body": f"{mark}\ntext"},
    ]
    job.save(ONE)
    job.run(*PLAN, "--comment")
    last = comments(job)[0].rstrip().split("\n")[-1]
    page = "https://github.example/lagomo/infrastructure"
    assert last == (
        f"See also: [log and summary of the run]({page}/actions/runs/77),"
        f" [open issue about drift]({page}/issues/12)."
    )
    # A run that says the same leaves the comment, and its link, alone.
    job.next()
    assert "untouched" in job.run(*PLAN, "--comment", GITHUB_RUN_ID="78").err
    # The issue is closed: the link goes.
    job.state["issues"][-1]["state"] = "closed"
    assert "edited" in job.run(*PLAN, "--comment", GITHUB_RUN_ID="79").err
    assert "issue about drift" not in comments(job)[0]
    assert "/actions/runs/79" in comments(job)[0]


def test_a_token_that_may_read_no_issues_makes_a_comment_all_the_same(job: Job) -> None:
    """As that of a workflow of 0.1."""
    job.pull_request(7)
    job.state["permissions"]["issues"] = "none"
    job.save(ONE)
    done = job.run(*PLAN, "--comment")
    assert "no link to an issue about drift" in done.err
    assert "comment was created" in done.err
    assert "/actions/runs/77" in comments(job)[0]


def test_a_failed_plan_leads_to_its_run(job: Job) -> None:
    job.pull_request(7)
    job.run("plan", "production", "--plan", "none.json", "--comment", "--failed", "no key")
    assert "/actions/runs/77" in comments(job)[0]
