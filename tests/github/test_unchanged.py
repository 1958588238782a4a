"""`reconciler github unchanged`."""

from __future__ import annotations

import json

from reconciler.core.model import Action, Policy
from reconciler.github.marker import marker
from tests.github.job import Job
from tests.render.plans import plan_of, secret


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
