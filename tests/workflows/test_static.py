"""What can be said of the workflows without running them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
GITHUB = ROOT / ".github"
ACTION = GITHUB / "actions" / "reconcile"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
NAMES = [file.stem for file in WORKFLOWS]
SHARED = ["secrets-plan", "secrets-apply", "secrets-drift", "secrets-adopt", "secrets-merge"]
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def check(*command: str) -> None:
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def load(name: str) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(GITHUB / "workflows" / f"{name}.yml")
    return found


def test_zizmor_as_an_auditor_finds_nothing() -> None:
    check("zizmor", "--offline", "--no-config", "--persona", "auditor", "--no-progress", ".github")


def test_zizmor_finds_what_is_wrong(tmp_path: Path) -> None:
    bad = tmp_path / ".github" / "workflows" / "bad.yml"
    bad.parent.mkdir(parents=True)
    text = (GITHUB / "workflows" / "secrets-plan.yml").read_text()
    bad.write_text(text.replace("persist-credentials: false", "persist-credentials: true"))
    with pytest.raises(AssertionError, match="artipacked"):
        check("zizmor", "--offline", "--persona", "auditor", str(bad))


def test_actionlint_and_shellcheck_find_nothing() -> None:
    check("actionlint", "-shellcheck", str(BIN / "shellcheck"), *map(str, WORKFLOWS))
    check("shellcheck", *map(str, sorted(ACTION.glob("*.sh"))))


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.github-actions", [ACTION / "action.yml"]),
        ("vendor.dependabot", [GITHUB / "dependabot.yml"]),
    ],
)
def test_they_are_as_their_schemas_say(schema: str, files: list[Path]) -> None:
    check("check-jsonschema", "--builtin-schema", schema, *map(str, files))


@pytest.mark.parametrize("name", NAMES)
def test_every_action_is_pinned_and_nothing_is_permitted_on_top(name: str) -> None:
    text = (GITHUB / "workflows" / f"{name}.yml").read_text()
    for line in text.splitlines():
        if "uses:" in line and "uses: $/" not in line:
            assert PINNED.search(line), line
    workflow = load(name)
    assert workflow["permissions"] == {}
    assert "pull_request_target" not in text
    assert "workflow_run" not in text
    for job, entry in workflow["jobs"].items():
        assert "permissions" in entry, job
        assert "timeout-minutes" in entry, job


@pytest.mark.parametrize("name", SHARED)
def test_the_action_is_of_the_commit_that_runs(name: str) -> None:
    """``$/`` is this repository at that commit, whatever was checked out."""
    uses = re.findall(
        r"uses: (\S*reconcile\S*)", (GITHUB / "workflows" / f"{name}.yml").read_text()
    )
    assert set(uses) == {"$/.github/actions/reconcile"}


def test_a_run_that_is_run_again_finds_the_plan() -> None:
    """Whatever jobs are run again: an upload takes the place of the one before, and a download asks
    for the run's, not for this attempt's."""
    steps = [
        (step.get("uses", ""), step.get("with", {}))
        for name in ("secrets-plan", "secrets-apply")
        for job in load(name)["jobs"].values()
        for step in job["steps"]
    ]
    plans = [
        given for uses, given in steps
        if "upload-artifact" in uses and given["name"].startswith("secrets-plan-")
    ]  # fmt: skip
    taken = [given for uses, given in steps if "download-artifact" in uses]
    assert [given["overwrite"] for given in plans] == [True, True]
    assert len(taken) == 3
    for given in taken:
        assert given["github-token"] == "${{ github.token }}"
        assert given["run-id"] == "${{ github.run_id }}"
    for job in ("todo", "apply", "outcome"):
        assert load("secrets-apply")["jobs"][job]["permissions"]["actions"] == "read"


def test_a_plan_is_kept_for_as_long_as_a_run_may_wait() -> None:
    """ "Each workflow run is limited to 35 days. … This period includes execution duration, and
    time spent on waiting and approval." (docs.github.com, Usage limits of GitHub Actions)"""
    (kept,) = [
        step["with"] for step in load("secrets-apply")["jobs"]["plan"]["steps"]
        if "upload-artifact" in step["uses"]
    ]  # fmt: skip
    assert kept["retention-days"] == 35


@pytest.mark.parametrize("name", ["secrets-plan", "secrets-apply", "secrets-drift"])
def test_a_run_of_a_part_is_of_that_part_alone(name: str) -> None:
    """All that asks which environments there are, but for what asks the plans of this very run; and
    a run of one part neither waits for nor cancels that of another."""
    workflow = load(name)
    assert "${{ inputs.part }}" in workflow["concurrency"]["group"]
    asking = [
        step["with"] for job in workflow["jobs"].values() for step in job["steps"]
        if step.get("with", {}).get("command") in ("matrix", "unchanged", "removed")
        and "plans" not in step["with"]
    ]  # fmt: skip
    assert asking
    assert {given.get("part") for given in asking} == {"${{ inputs.part }}"}


def test_what_applies_waits_in_a_queue_of_its_environment() -> None:
    apply = load("secrets-apply")["jobs"]["apply"]
    assert apply["environment"]["name"] == "${{ matrix.environment }}"
    assert apply["concurrency"] == {
        "group": "secrets-apply-${{ matrix.environment }}",
        "queue": "max",
        "cancel-in-progress": False,
    }


@pytest.mark.parametrize("name", NAMES)
def test_no_cache_is_restored(name: str) -> None:
    """A cache that a pull request filled would be code that the apply job runs."""
    text = (GITHUB / "workflows" / f"{name}.yml").read_text()
    assert not re.search(r"actions/cache|cache:|cache-dependency", text)


def test_the_jobs_that_decrypt_are_the_only_ones_that_have_the_key() -> None:
    """Each behind a GitHub Environment, whose rules say which branch gets its secrets."""
    behind = {
        ("secrets-apply", "apply"): "${{ matrix.environment }}",
        ("secrets-adopt", "adopt"): "${{ matrix.environment }}",
        ("secrets-merge", "merge"): "${{ needs.conflicts.outputs.environment }}",
        ("secrets-drift", "verified"): "secrets-drift",
    }
    found = {
        (name, job): _named(entry.get("environment"))
        for name in NAMES
        for job, entry in load(name)["jobs"].items()
        if "secrets." in str(entry)
    }
    assert found == behind


def _named(environment: Any) -> Any:
    return environment["name"] if isinstance(environment, dict) else environment


def test_a_job_that_deploys_nothing_makes_no_deployment() -> None:
    """A check with the key, a plan of what would be adopted, and a merge: GitHub makes a deployment
    of every job that names an Environment, unless it says otherwise ("You can opt out of deployment
    creation by setting `deployment` to `false`": Deploying with GitHub Actions)."""
    apply, adopt = load("secrets-apply")["jobs"]["apply"], load("secrets-adopt")["jobs"]["adopt"]
    assert apply["environment"]["deployment"] == "${{ matrix.work == 'apply' }}"
    assert adopt["environment"]["deployment"] == "${{ inputs.digest != '' }}"
    behind = {(n, j) for n in NAMES for j, e in load(n)["jobs"].items() if "environment" in e}
    some = {("secrets-apply", "apply"), ("secrets-adopt", "adopt"), ("release", "publish")}
    for workflow, job in behind - some:
        assert load(workflow)["jobs"][job]["environment"]["deployment"] is False


def test_the_nightly_check_with_the_key_looks_as_the_one_without() -> None:
    """One of the two jobs runs, by a variable; nothing but the key differs."""
    jobs = load("secrets-drift")["jobs"]
    plain, verified = jobs["drift"], jobs["verified"]
    asked = "needs.environments.outputs.count != '0' && vars.SECRETS_DRIFT_WITH_KEY"
    assert plain.pop("if") == f"{asked} != 'true'"
    assert verified.pop("if") == f"{asked} == 'true'"
    assert verified.pop("name") == plain.pop("name") + " with the key"
    del verified["environment"]
    assert verified["steps"][-1].pop("env") == {"SOPS_AGE_KEY": "${{ secrets.SOPS_AGE_KEY }}"}
    for step in plain["steps"]:
        if "reconcile" in step["uses"]:
            assert step["with"].pop("keyless") is True
    assert verified == plain


def test_who_tells_what_came_of_it_has_no_key_and_no_identity() -> None:
    jobs = load("secrets-apply")["jobs"]
    writers = {n for n, job in jobs.items() if job["permissions"].get("pull-requests") == "write"}
    assert writers == {"outcome"}
    assert "id-token" not in jobs["outcome"]["permissions"]
    assert not re.search(r"secrets\.|credentials@|environment:", str(jobs["outcome"]))
    assert "always()" in jobs["outcome"]["if"], "it also says that apply has failed"


def test_a_pull_request_of_a_fork_gets_no_credentials() -> None:
    jobs = load("secrets-plan")["jobs"]
    assert "head.repo.full_name == github.repository" in jobs["plan"]["if"]
    for name in ("check", "secrets"):
        assert "id-token" not in jobs[name]["permissions"]
        assert "credentials@" not in str(jobs[name])


def test_what_closes_issues_is_of_the_default_branch_and_has_no_identity() -> None:
    """ "Scheduled workflows will only run on the default branch." (docs.github.com, Events that
    trigger workflows): by hand, a branch without an environment could have its issue closed."""
    removed = load("secrets-drift")["jobs"]["removed"]
    assert removed["if"] == "github.event_name == 'schedule'"
    assert removed["permissions"] == {"contents": "read", "issues": "write"}
    assert "environment" not in removed


@pytest.mark.parametrize("name", SHARED)
def test_no_job_may_both_have_an_identity_and_write_to_the_repository(name: str) -> None:
    """docs/reference/github.md gives it as a reason why no workflow merges with KMS."""
    for job in load(name)["jobs"].values():
        allowed = job["permissions"]
        assert not (allowed.get("id-token") == "write" and allowed.get("contents") == "write")


def test_inputs_reach_the_shell_through_the_environment_only() -> None:
    action = YAML(typ="safe").load(ACTION / "action.yml")
    for step in action["runs"]["steps"]:
        assert "${{" not in step["run"]
    for name in NAMES:
        for job in load(name)["jobs"].values():
            for step in job["steps"]:
                assert "${{" not in step.get("run", "")
