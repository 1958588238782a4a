"""Workflows that are called, really run: by callers as `init` writes them, with inputs."""

from __future__ import annotations

from dataclasses import replace

from tests.leaks.test_leaks import Canaries
from tests.workflows.project import Project
from tests.workflows.test_runs import branch, comments, places, rewrite, secret

ROLE = "arn:aws:iam::123456789012:role/"


def test_callers_do_what_the_workflows_do(project: Project, canaries: Canaries) -> None:
    old = project.tree.manifests
    project.tree = replace(project.tree, manifests=old.rename(old.with_name("declared")))
    project.converge()
    # The manifests stand elsewhere, one environment is left out, a role comes by an input.
    given = {
        "manifests": "declared",
        "environments": "production",
        "plan_role": f"{ROLE}reader",
    }
    project.call(**given)
    project.commit("Call them")
    value = canaries.plant()
    change = {"secrets": {"jwt/secret": {"value": value}}}
    branch(
        project,
        "change",
        lambda: [
            rewrite(project, "production", canaries, **change),
            project.tree.edit("staging/main.sops.yaml", "5432", "5433"),
        ],
    )
    asked = project.pull_request(7, "change")
    assert asked.results == {
        "check": "success", "plan production": "success", "unchanged": "success",
        "secrets": "success",
    }, asked.log  # fmt: skip
    assert asked.roles == [f"plan {ROLE}reader"]
    assert list(comments(project)) == ["production"]
    run = project.merge(7, "change")
    assert run.results == {
        "changed": "success", "plan production": "success", "todo": "success",
        "apply production": "success", "outcome": "success",
    }, run.log  # fmt: skip
    assert run.roles == [f"apply {ROLE}apply-production", f"plan {ROLE}reader"]
    assert secret("production/jwt/secret") == value, "the key came along"
    assert "Nothing has moved" in run.summaries["plan production"], "the caller's run was found"
    assert "**Applied**" in comments(project)["production"]
    looked = project.drift()
    assert looked.results == {
        "environments": "success", "removed": "success", "drift production": "success",
    }, looked.log  # fmt: skip
    assert canaries.found(*places(project, asked, run, looked)) == []
