"""What is rare on GitHub, and happens all the same.

Each behaviour of GitHub that is played here stands in its documentation, which is quoted beside it.
"""

from __future__ import annotations

import re
import shutil

import boto3

from reconciler.github.marker import marker
from tests.leaks.test_leaks import Canaries
from tests.workflows.project import Project
from tests.workflows.test_runs import PLAN, branch, comments, moved_to, places, rewrite, secret


def test_the_older_of_two_runs_is_approved_last(project: Project, canaries: Canaries) -> None:
    """ "Jobs that reference an environment configured with required reviewers will wait for an
    approval before starting": nothing says in which order. (docs.github.com, Reviewing deployments)
    """
    project.converge()
    first, second = canaries.plant(), canaries.plant()
    moved_to(project, canaries, first)
    project.pull_request(7, "change")
    project.git("checkout", "--quiet", "-b", "later", "change")
    rewrite(project, "production", canaries, secrets={"jwt/secret": {"value": second}})
    project.lock()
    later = project.commit("later")
    project.git("checkout", "--quiet", "main")
    project.overtaken(later)
    run = project.merge(7, "change")
    # The run was planned when main had the first change alone.
    assert run.results["plan production"] == "success", run.log
    assert run.results["apply production"] == "failure", run.log
    assert secret("production/jwt/secret") == second
    assert "main has since changed what production is planned from: manifests/prod" in run.log
    assert "approve the run of the newest commit" in run.log
    assert canaries.found(*places(project, run)) == []


def test_a_plan_that_github_no_longer_has(project: Project, canaries: Canaries) -> None:
    """ "If a job is not approved within 30 days, it will automatically fail"; and `retention-days`
    has no effect beyond what the repository's settings allow. (docs.github.com, Reviewing
    deployments; Managing GitHub Actions settings for a repository)
    """
    project.converge()
    value = canaries.plant()
    moved_to(project, canaries, value)
    project.pull_request(7, "change")
    project.gone("secrets-plan-production")
    run = project.merge(7, "change")
    assert run.results["apply production"] == "failure", run.log
    assert secret("production/jwt/secret") != value
    summary = run.summaries["apply production"]
    assert "GitHub no longer has the plan that was approved" in summary
    assert "run this workflow by hand with its digest" in run.log
    (digest,) = re.findall(r"Digest `([0-9a-f]{64})`", summary)
    done = project.by_hand("production", digest)
    assert done.results["apply production"] == "success", done.log
    assert secret("production/jwt/secret") == value
    assert canaries.found(*places(project, run, done)) == []


def test_an_environment_is_renamed_and_handed_over_by_the_commands_of_its_comment(
    project: Project, canaries: Canaries
) -> None:
    """Never is it read as a new one to make and an old one to delete."""
    project.converge()
    value = secret("staging/jwt/secret")

    def rename() -> None:
        project.git("mv", "manifests/staging", "manifests/preview")
        project.tree.edit("preview/environment.sops.yaml", "ment: staging", "ment: preview")

    branch(project, "change", rename)
    run = project.pull_request(7, "change")
    assert run.results == {
        "check": "success", "plan preview": "success", "unchanged": "success",
        "secrets": "success",
    }, run.log  # fmt: skip
    assert run.roles == [f"plan {PLAN}preview"]
    found = comments(project)
    assert "**`staging` under another name, and the same names in AWS:**" in found["preview"]
    assert "**Plan: 0 to create, 0 to update, 0 to prune, 2 refused.**" in found["preview"]
    assert "Renamed to `preview`, under the same names in AWS" in found["staging"]
    release, adopt = re.findall(r"`reconciler (\w+ .*?)`", found["staging"])
    project.command(*release.split(), "--auto-approve")
    project.git("checkout", "--quiet", "change")
    project.command(*adopt.split(), "--auto-approve")
    (record,) = re.findall(r"`aws ssm delete-parameter --name (\S+)`", found["staging"])
    boto3.client("ssm").delete_parameter(Name=record)
    project.command("plan", "preview", "--detailed-exitcode")
    assert secret("staging/jwt/secret") == value
    assert canaries.found(*places(project, run)) == []


def test_an_environment_is_removed(project: Project) -> None:
    """The matrix does not fail on a folder that is gone; an earlier comment gives way, and the run
    of the merge says it again."""
    project.converge()
    branch(project, "change", lambda: project.tree.edit("staging/main.sops.yaml", "5432", "1"))
    project.pull_request(7, "change")
    assert "1 to update" in comments(project)["staging"]
    branch(project, "change", lambda: shutil.rmtree(project.tree.path("staging")))
    run = project.pull_request(7, "change")
    assert run.results == {"check": "success", "unchanged": "success", "secrets": "success"}
    assert "Removed from git. Nothing in AWS changes." in comments(project)["staging"]
    merged = project.merge(7, "change")
    assert merged.results == {"changed": "success"}, merged.log
    assert "`reconciler release staging --all`" in merged.summaries["changed"]
    names = [found["Name"] for found in boto3.client("ssm").describe_parameters()["Parameters"]]
    assert "/test/staging/database/port" in names
    # An issue about drift that was open then is closed by the next morning.
    issue = {
        "number": 9, "login": "github-actions[bot]", "title": "Drift: staging", "state": "open",
        "body": marker("drift", "manifests", "staging") + "\nIt differs.",
    }  # fmt: skip
    project.github.state["issues"].append(issue)
    morning = project.drift()
    assert morning.results["removed"] == "success", morning.log
    assert project.github.state["issues"][0]["state"] == "closed"


def test_a_force_push_takes_main_back(project: Project) -> None:
    """ "forced: Whether this push was a force push of the ref"; "before: The SHA of the most recent
    commit on ref before the push" (docs.github.com, Webhook events: push). What that commit
    changed is planned again, though main is where it was before; where no fetch brings the commit,
    everything is."""
    project.converge()
    start = project.git("rev-parse", "main")
    project.tree.edit("staging/main.sops.yaml", "5432", "5433")
    project.lock()
    pushed = project.commit("to be taken back")
    project.converge()
    project.git("reset", "--quiet", "--hard", start)
    project.git("branch", "somewhere", pushed)
    run = project.push(pushed)
    assert "plan staging" in run.results, run.log
    assert "plan production" not in run.results
    assert run.results["apply staging"] == "success", run.log
    port = boto3.client("ssm").get_parameter(Name="/test/staging/database/port")
    assert port["Parameter"]["Value"] == "5432"
    gone = project.push("c" * 40)
    assert gone.results["plan production-1"] == gone.results["plan staging-2"] == "success"
    assert "as after a force push: all environments" in gone.log


def test_a_merge_queue_checks_without_credentials(project: Project) -> None:
    """Its event is `merge_group`, GITHUB_SHA the "SHA of the merge group", and `base_sha` "the SHA
    of the merge group's parent commit": of the group before it, or main. (docs.github.com, Events
    that trigger workflows; Webhook events: merge_group)"""
    branch(project, "first", lambda: project.tree.edit("staging/main.sops.yaml", "5432", "1"))
    project.git("checkout", "--quiet", "first")
    base = project.git("rev-parse", "HEAD")
    project.tree.edit("production/main.sops.yaml", "5432", "2")
    project.lock()
    head = project.commit("second")
    group = {"head_sha": head, "base_sha": base, "base_ref": "refs/heads/main",
             "head_ref": "refs/heads/gh-readonly-queue/main/pr-8"}  # fmt: skip
    event = {"action": "checks_requested", "merge_group": group}
    run = project.run("secrets-plan", "merge_group", event)
    assert run.results == {"check": "success", "secrets": "success"}, run.log
    assert run.roles == []
    assert project.github.state["requests"] == []
    assert '"5432" -> "2"' in run.summaries["check"]
    assert '"5432" -> "1"' not in run.summaries["check"], "that is the group before it"
    project.git("checkout", "--quiet", "-b", "wrong")
    project.tree.edit("staging/main.sops.yaml", "plaintext:", "plaintxt:")
    project.commit("wrong")
    assert project.run("secrets-plan", "merge_group", event).results["secrets"] == "failure"
