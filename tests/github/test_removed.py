"""`reconciler github removed`: environments that a branch takes out of git, or renames."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace

import pytest

from reconciler.core.model import Action, Plan, Policy
from reconciler.github.marker import marker
from reconciler.manifest.branch import Removed
from reconciler.render import removed as rendering
from tests.github.job import Job
from tests.render.plans import plan_of, secret
from tests.trees import Tree, make_tree

REMOVED = ("removed", "--base", "main")


@pytest.fixture
def tree(job: Job) -> Tree:
    """Two environments on main, and a branch of it that is checked out."""
    job.server.state["login"] = "github-actions[bot]"
    declared = {"secrets": {"db": {"value": "s"}}, "parameters": {"host": {"plaintext": "h"}}}
    made = make_tree(job.folder, {"production": declared, "staging": declared})
    git(job, "init", "-q", "-b", "main")
    commit(job)
    git(job, "checkout", "-q", "-b", "branch")
    job.pull_request(7)
    return made


def git(job: Job, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=job.folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(job: Job) -> None:
    git(job, "add", "manifests")
    git(job, "commit", "-q", "-m", "a change")


def renamed(job: Job, tree: Tree, prefix: str | None = None) -> None:
    """staging is preview now."""
    git(job, "mv", "manifests/staging", "manifests/preview")
    own = "preview/environment.sops.yaml"
    tree.edit(own, "environment: staging", "environment: preview")
    if prefix is not None:
        tree.edit(own, "prefix: /test/staging", f"prefix: {prefix}")
    commit(job)


def comments(job: Job) -> list[str]:
    return [comment["body"] for comment in job.state["comments"]]


def test_a_removed_environment_stays_in_aws_and_its_comment_says_how_to_let_go_of_it(
    job: Job, tree: Tree
) -> None:
    """In the place of a plan of what was still there at an earlier push."""
    job.save(_staging())
    job.run("plan", "staging", "--plan", "plan.json", "--comment")
    git(job, "rm", "-q", "-r", "manifests/staging")
    commit(job)
    job.next()
    done = job.run(*REMOVED, "--comment")
    (body,) = comments(job)
    assert body.startswith(marker("plan", "manifests", "staging"))
    assert "**Removed from git. Nothing in AWS changes.**" in body
    assert "It declared 1 parameter and 1 secret: account `123456789012`" in body
    assert "names below `/test/staging`, owned by `test/staging`" in body
    assert "`reconciler release staging --all`" in body
    assert "`aws ssm delete-parameter --name /reconciler-applied-staging-" in body
    assert "create" not in body
    assert job.summary.strip() == body.partition("\n")[2].strip()
    assert done.out.startswith("::warning title=staging::Removed from git. Nothing in AWS changes.")
    assert "reconciler release staging --all" in done.out
    job.next()
    assert "the comment was untouched" in job.run(*REMOVED, "--comment").err


def _staging() -> Plan:
    made = plan_of(secret("jwt/secret", Action.CREATE), policy=Policy())
    return replace(made, scope=replace(made.scope, environment="staging"))


def test_one_that_is_renamed_under_the_same_names_is_handed_over(job: Job, tree: Tree) -> None:
    renamed(job, tree)
    job.run(*REMOVED, "--comment")
    (body,) = comments(job)
    assert "Renamed to `preview`, under the same names in AWS. Nothing is created, writ" in body
    assert body.index("`reconciler release staging --all`") < body.index(
        "`reconciler adopt preview`"
    )
    told = json.loads(job.run(*REMOVED, "-o", "json").out)
    assert told["removed"] == {"staging": "preview"}
    assert told["comments"] == {}


def test_one_that_is_renamed_under_other_names_is_no_move(job: Job, tree: Tree) -> None:
    """Nowhere does it say that the old one is deleted, and the new one's plan says what it is."""
    renamed(job, tree, "/test/preview")
    job.run(*REMOVED, "--comment")
    (body,) = comments(job)
    assert "under other names in AWS. `preview` is made anew, and nothing of the old one" in body
    assert "adopt" not in body
    made = plan_of(secret("db", Action.CREATE), policy=Policy())
    job.save(replace(made, scope=replace(made.scope, environment="preview")))
    job.next()
    job.run("plan", "preview", "--plan", "plan.json", "--comment", "--base", "main")
    _, new = comments(job)
    for text in (new, job.summary):
        assert "**`staging` under another name, and other names in AWS.**" in text
        assert text.index("under another name") < text.index("1 to create")
    job.run("plan", "preview", "--plan", "plan.json", "--comment")
    assert "another name" not in comments(job)[1]


def test_an_environment_more_and_one_less_need_not_be_a_rename(job: Job, tree: Tree) -> None:
    git(job, "rm", "-q", "-r", "manifests/staging")
    (job.folder / "other").mkdir()
    make_tree(job.folder / "other", {"preview": {"secrets": {"x": {"value": "y"}}}})
    (job.folder / "other/manifests/preview").rename(job.folder / "manifests/preview")
    commit(job)
    told = json.loads(job.run(*REMOVED, "-o", "json").out)
    assert told["removed"] == {"staging": None}


def test_nothing_is_said_where_none_is_gone(job: Job, tree: Tree) -> None:
    tree.edit("staging/main.sops.yaml", "host", "other")
    for base in ("main", "0" * 40, "c" * 40):
        done = job.run("removed", "--base", base, "--comment")
        assert done.out == ""
    assert job.summary == ""
    assert job.state["requests"] == []
    assert "git has no commit cccccccccccc, as after a force push: nothing to comp" in done.err


def test_after_a_push_the_commit_itself_is_compared_with(job: Job, tree: Tree) -> None:
    """ "before: The SHA of the most recent commit on ref before the push." A force push may take
    the branch back to where it left that commit. (docs.github.com, Webhook events: push)"""
    commit_before = git(job, "rev-parse", "main")
    git(job, "mv", "manifests/staging", "manifests/next")
    tree.edit("next/environment.sops.yaml", "environment: staging", "environment: next")
    commit(job)
    pushed = git(job, "rev-parse", "HEAD")
    git(job, "reset", "-q", "--hard", commit_before)
    assert job.run("removed", "--base", pushed).out == ""
    assert "::warning title=next::" in job.run("removed", "--base", pushed, "--direct").out


def test_names_that_others_chose_are_obeyed_by_nothing() -> None:
    hostile = "x`\n::error::y\x1b[2J\u202e<!--@everyone$(id)"
    found = Removed(hostile, (hostile, hostile, hostile), hostile, {}, hostile, (hostile, "", ""))
    marked = [rendering.markdown(found, "/r"), rendering.new_name(found)]
    for text in (*marked, *rendering.lines(found, "/r")):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\n::" not in text
    for line in "\n".join(marked).splitlines():
        assert "@everyone" not in "".join(line.split("`")[::2])


@pytest.mark.parametrize("base", ["nowhere", "", "--output=x"])
def test_what_cannot_be_asked(job: Job, tree: Tree, base: str) -> None:
    assert "git knows no commit" in job.run("removed", f"--base={base}", code=64).err


# --- the issue about drift -----------------------------------------------------------------------


def opened(job: Job, number: int, environment: str, **more: object) -> None:
    """An issue about drift as a morning's job has left it."""
    body = marker("drift", "manifests", environment) + "\nIt differs."
    issue = {
        "number": number, "title": f"Drift: {environment}", "state": "open", "body": body,
        "login": "github-actions[bot]", "edits": 0, **more,
    }  # fmt: skip
    job.state["issues"].append(issue)


def states(job: Job) -> dict[int, str]:
    return {issue["number"]: issue["state"] for issue in job.state["issues"]}


def test_the_issue_of_what_git_no_longer_has_is_closed(job: Job, tree: Tree) -> None:
    git(job, "rm", "-q", "-r", "manifests/staging")
    commit(job)
    opened(job, 1, "production")
    opened(job, 2, "staging")
    opened(job, 3, "long-gone")
    # Of another tree; of somebody who wrote our line; and a pull request's text.
    opened(job, 4, "staging", body=marker("drift", "other", "staging") + "\nx")
    opened(job, 5, "staging", login="somebody")
    opened(job, 6, "staging", body=marker("plan", "manifests", "staging") + "\nx")
    job.state["pulls"][0] |= {
        "login": "github-actions[bot]", "body": marker("drift", "manifests", "staging"),
    }  # fmt: skip
    done = job.run("removed", "--issue")
    assert states(job) == {
        1: "open", 2: "closed", 3: "closed", 4: "open", 5: "open", 6: "open",
    }  # fmt: skip
    assert "issue 2 was closed: git no longer has staging" in done.err
    (told, _) = comments(job)
    assert "`staging` is no longer in git, and no drift of it is looked for any more" in told
    assert "stays there as it is" in told
    assert "`reconciler release staging --all`" in told
    closed = next(issue for issue in job.state["issues"] if issue["number"] == 2)
    assert closed["state_reason"] == "not_planned"
    job.next()
    assert json.loads(job.run("removed", "--issue", "-o", "json").out)["closed"] == {}
    assert job.asked("PATCH") == []


def test_the_last_environment_has_an_issue_too(job: Job, tree: Tree) -> None:
    git(job, "rm", "-q", "-r", "manifests/staging", "manifests/production")
    opened(job, 1, "production")
    told = json.loads(job.run("removed", "--issue", "-o", "json").out)
    assert told["closed"] == {"production": 1}


def test_github_that_does_not_answer_closes_nothing_and_is_no_success(job: Job, tree: Tree) -> None:
    opened(job, 2, "gone")
    job.state["permissions"]["issues"] = "read"
    job.run("removed", "--issue", code=1)
    assert states(job) == {2: "open"}


def test_there_is_something_to_compare_with_or_to_close(job: Job, tree: Tree) -> None:
    assert "--base" in job.run("removed", code=64).err
