"""`reconciler github applied` and `unchanged`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.core.model import Action, Policy
from reconciler.github.marker import marker
from tests.github.job import Job
from tests.render.plans import plan_of, secret


def deployment(number: int, *states: str, environment: str = "production") -> dict[str, Any]:
    return {
        "id": number,
        "environment": environment,
        "sha": f"{number}" * 40,
        "ref": "main",
        "statuses": [{"state": state} for state in states],
    }


@pytest.mark.parametrize(
    ("deployments", "expected"),
    [
        ([], ""),
        ([deployment(3, "success")], "3" * 40 + "\n"),
        # What waits, failed, or is of another environment was not applied.
        ([deployment(4, "waiting"), deployment(3, "success", "in_progress")], "3" * 40 + "\n"),
        ([deployment(4, "failure", "in_progress"), deployment(3, "inactive")], "3" * 40 + "\n"),
        ([deployment(4, "success", environment="staging")], ""),
    ],
)
def test_the_newest_deployment_that_succeeded(
    job: Job, deployments: list[dict[str, Any]], expected: str
) -> None:
    job.state["deployments"] = deployments
    assert job.run("applied", "production").out == expected
    as_json = json.loads(job.run("applied", "production", "-o", "json").out)
    assert as_json == {"environment": "production", "sha": expected.strip() or None}


def test_a_permission_that_is_missing_is_named(job: Job) -> None:
    del job.state["permissions"]["deployments"]
    assert "deployments: read" in job.run("applied", "production", code=1).err


def test_a_comment_whose_changes_were_taken_back_says_so(job: Job) -> None:
    job.pull_request(7)
    job.save(plan_of(secret("jwt/secret", Action.CREATE), policy=Policy()))
    job.run("plan", "production", "--plan", "plan.json", "--comment")
    done = job.run("unchanged", "production", "staging")
    assert "the comment on production was edited" in done.err
    (comment,) = job.state["comments"]
    assert comment["body"].startswith(marker("plan", "manifests", "production"))
    assert "**No changes:**" in comment["body"]
    assert "jwt" not in comment["body"]
    job.next()
    again = job.run("unchanged", "production", "staging", "-o", "json")
    assert json.loads(again.out)["comments"] == {"production": "untouched", "staging": "none"}
    assert job.asked("PATCH") == []


def test_outside_of_a_pull_request_nothing_is_asked(job: Job) -> None:
    job.run("unchanged", "production")
    assert job.state["requests"] == []
