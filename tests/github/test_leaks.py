"""No planted value shows in anything that GitHub is given."""

from __future__ import annotations

from pathlib import Path

from tests.github.job import Job
from tests.leaks.test_leaks import Canaries, canaries, planted
from tests.world import World

__all__ = ["canaries", "planted"]


def test_nothing_that_github_is_given_holds_a_value(
    planted: World, canaries: Canaries, job: Job, tmp_path: Path
) -> None:
    job.pull_request(7)
    assert planted.cli("plan", "production", "--out", "plan.json").returncode == 0
    job.run("plan", "production", "--plan", "plan.json", "--comment")
    job.run("plan", "production", "--plan", "plan.json", "--comment", "-o", "json", "-vv")
    drift = planted.cli("drift", "production", "-o", "json", "--read-values")
    assert drift.returncode == 2
    (tmp_path / "drift.json").write_text(drift.stdout)
    job.run("drift", "production", "--drift", "drift.json", "--issue")
    assert "written outside" in job.state["issues"][0]["body"]
    job.run(
        "reviewed", "production", "--plan", "plan.json", "--artifact-name", "a", "-vv",
        "--workflow", ".github/workflows/x.yml",
    )  # fmt: skip
    (comment,) = job.state["comments"]
    assert "(value changed)" in comment["body"]
    assert canaries.found(*job.everything()) == []
    # The twin: the search looks where these tests would show a value.
    for place in (comment, job.state["issues"][0]):
        honest = place["body"]
        place["body"] += canaries.planted[-1]
        assert canaries.found(*job.everything())
        place["body"] = honest
