"""`reconciler github protected`: GitHub makes a missing Environment, and asks nobody then."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.github.job import Job

REVIEWERS = {"protection_rules": [{"id": 1, "type": "required_reviewers", "reviewers": []}]}
MAIN_ONLY = {
    "protection_rules": [{"id": 2, "type": "branch_policy"}],
    "deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": False},
}


@pytest.mark.parametrize("rules", [REVIEWERS, MAIN_ONLY], ids=["reviewers", "main only"])
def test_a_protected_environment_passes(job: Job, rules: dict[str, Any]) -> None:
    job.state["environments"] = {"production": rules}
    done = job.run("protected", "production")
    assert done.out == ""
    assert "the GitHub Environment production is protected" in done.err


@pytest.mark.parametrize(
    ("environments", "words"),
    [({}, "has no GitHub Environment production"), ({"production": {}}, "no protection rule")],
    ids=["missing", "as GitHub makes it"],
)
def test_one_that_asks_nobody_is_refused(
    job: Job, environments: dict[str, Any], words: str
) -> None:
    job.state["environments"] = {"staging": REVIEWERS, **environments}
    done = job.run("protected", "staging", "production", code=1)
    assert done.out.startswith("::error title=production%3A nothing is applied::")
    assert words in done.out
    assert "require reviewers" in done.out
    assert len(done.out.splitlines()) == 1
    job.next()
    as_json = json.loads(job.run("protected", "production", "-o", "json", code=1).out)
    assert as_json["environments"]["production"] in ("missing", "none")


def test_where_it_may_not_look_it_says_so(job: Job) -> None:
    """Copies of the workflow of 0.1 give no such permission: they go on, with one warning."""
    job.state["permissions"] = {"contents": "read"}
    done = job.run("protected", "production")
    assert done.out.startswith("::warning title=production::cannot tell whether")
    assert "actions: read" in done.out


def test_a_name_is_one_part_of_the_path(job: Job) -> None:
    job.state["environments"] = {}
    job.run("protected", "../../other", code=1)
    assert job.asked("GET") == ["/repos/lagomo/infrastructure/environments/..%2F..%2Fother"]
