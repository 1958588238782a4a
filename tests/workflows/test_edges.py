"""What is rare on GitHub, and happens all the same.

Each behaviour of GitHub that is played here stands in its documentation, which is quoted beside it.
"""

from __future__ import annotations

import re

from tests.leaks.test_leaks import Canaries
from tests.workflows.project import Project
from tests.workflows.test_runs import moved_to, places, rewrite, secret


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
