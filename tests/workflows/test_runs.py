"""The workflows, really run: a pull request, a merge, a morning."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import boto3

from tests.age_key import new_age_key
from tests.leaks.test_leaks import Canaries
from tests.workflows.conftest import declared
from tests.workflows.project import INSTALLED, Project, Run
from tests.world import World

PLAN, APPLY = "arn:aws:iam::123456789012:role/plan-", "arn:aws:iam::123456789012:role/apply-"


def secret(name: str) -> str:
    client = boto3.client("secretsmanager")
    return str(client.get_secret_value(SecretId=f"/test/{name}")["SecretString"])


def overwrite(name: str, value: str) -> None:
    """What somebody does in the console."""
    boto3.client("secretsmanager").put_secret_value(SecretId=f"/test/{name}", SecretString=value)


def branch(project: Project, name: str, change: Callable[[], None]) -> None:
    """A branch off main with one commit."""
    project.git("checkout", "--quiet", "-B", name, "main")
    change()
    project.lock()
    project.commit(name)
    project.git("checkout", "--quiet", "main")


def rewrite(
    project: Project, environment: str, canaries: Canaries, **changes: Any
) -> dict[str, Any]:
    """Declare something else in an environment: a section's names, None for one that goes."""
    content: dict[str, Any] = declared(canaries)
    for section, entries in changes.items():
        for name, entry in entries.items():
            if entry is None:
                del content[section][name]
            else:
                content[section][name] = entry
    project.tree.write(f"{environment}/main.sops.yaml", content)
    return content


def comments(project: Project) -> dict[str, str]:
    """The comments by environment."""
    found = {}
    for comment in project.github.state["comments"]:
        (environment,) = re.findall(r'environment="(\w+)"', comment["body"].splitlines()[0])
        assert environment not in found
        found[environment] = comment["body"]
    return found


def places(project: Project, *runs: Run) -> list[bytes]:
    """All that a run has left on GitHub: log, summaries, artifacts, comments, issues."""
    state = project.github.state
    return [
        json.dumps([state["comments"], state["issues"]], ensure_ascii=False).encode(),
        *(run.log.encode() for run in runs),
        *(text.encode() for run in runs for text in run.summaries.values()),
        *(text.encode() for run in runs for a in run.artifacts.values() for text in a.values()),
    ]


def test_a_pull_request_that_adds_changes_and_removes(project: Project, canaries: Canaries) -> None:
    first = project.push("0" * 40)
    assert set(first.results.values()) == {"success"}, first.log
    assert first.roles == [
        f"apply {APPLY}production", f"apply {APPLY}staging",
        f"plan {PLAN}production", f"plan {PLAN}staging",
    ]  # fmt: skip
    new = {"smtp/credentials": {"value": canaries.plant()}}
    branch(
        project,
        "change",
        lambda: [
            rewrite(
                project,
                "production",
                canaries,
                secrets=new,
                parameters={"database/port": None, "database/host": {"plaintext": "db2.internal"}},
            ),
            project.tree.edit(
                "production/environment.sops.yaml", "owner: ", "prune: true\nowner: "
            ),
        ],
    )
    run = project.pull_request(7, "change")
    assert run.results == {
        "check": "success", "plan production": "success", "unchanged": "success",
        "secrets": "success",
    }, run.log  # fmt: skip
    assert run.roles == [f"plan {PLAN}production"]
    (body,) = comments(project).values()
    assert "**Plan: 1 to create, 3 to update, 1 to prune.**" in body
    assert "+ create smtp/credentials" in body
    assert '"db2.internal"' in body
    assert body.index("prune") < body.index("<details>"), "what is lost stands first"
    assert "db2.internal" in run.summaries["check"], "what the branch changes, without the key"
    assert "1 to prune" in run.summaries["plan production"]
    plan = json.loads(run.artifacts["secrets-plan-production"]["plan-production.json"])
    assert plan["summary"]["create"] == 1
    # The same again leaves the comment alone; another change edits it; taken back, it says so.
    before = project.github.state["comments"][0]
    project.pull_request(7, "change")
    assert project.github.state["comments"][0] == before
    project.git("checkout", "--quiet", "-B", "change", "main")
    project.tree.edit("staging/main.sops.yaml", "5432", "5433")
    project.lock()
    project.commit("another")
    again = project.pull_request(7, "change")
    assert again.roles == [f"plan {PLAN}staging"]
    assert "**No changes:**" in comments(project)["production"]
    assert '-> "5433"' in comments(project)["staging"]
    assert canaries.found(*places(project, first, run, again)) == []


def test_a_fork_gets_no_credentials_and_its_changes_are_shown(project: Project) -> None:
    branch(project, "change", lambda: project.tree.edit("staging/main.sops.yaml", "5432", "1"))
    run = project.pull_request(8, "change", fork=True)
    assert run.results == {"check": "success", "secrets": "success"}, run.log
    assert run.roles == []
    assert project.github.state["comments"] == []
    assert '"5432" -> "1"' in run.summaries["check"]


def test_a_manifest_that_is_wrong_fails_the_check_that_is_required(project: Project) -> None:
    project.program = INSTALLED
    branch(project, "change", lambda: None)
    project.git("checkout", "--quiet", "change")
    project.tree.edit("staging/main.sops.yaml", 'plaintext: "5432"', 'plaintxt: "5432"')
    project.commit("wrong")
    run = project.pull_request(9, "change")
    assert run.results["check"] == "failure"
    assert run.results["secrets"] == "failure"
    assert "error[unknown-field]" in run.log


def moved_to(project: Project, canaries: Canaries, value: str) -> None:
    """A branch and its pull request, number 7, that gives production's jwt/secret a new value."""
    change = {"secrets": {"jwt/secret": {"value": value}}}
    branch(project, "change", lambda: rewrite(project, "production", canaries, **change))


def test_a_merge_applies_what_was_reviewed(project: Project, canaries: Canaries) -> None:
    project.converge()
    value = canaries.plant()
    moved_to(project, canaries, value)
    asked = project.pull_request(7, "change")
    approved = {"state": "approved", "user": "octocat", "environments": ["Production"]}
    project.github.state["approvals"] = [{"run": 1, **approved}]
    run = project.merge(7, "change")
    assert run.results == {
        "changed": "success", "plan production": "success", "todo": "success",
        "apply production": "success", "outcome": "success",
    }, run.log  # fmt: skip
    assert secret("production/jwt/secret") == value
    assert "Nothing has moved" in run.summaries["plan production"]
    assert "done" in run.summaries["apply production"]
    (told,) = comments(project).values()
    assert re.search(r"\*\*Applied\*\* at 20[\d: -]+ UTC, approved by `octocat`: \[the run\]", told)
    audit = run.artifacts["secrets-audit-production-1"]["audit.jsonl"]
    assert {json.loads(line)["outcome"] for line in audit.splitlines()} == {"begun", "done"}
    # A change that changes nothing in AWS: nobody is asked to approve it.
    before = project.git("rev-parse", "HEAD")
    project.tree.edit("production/main.sops.yaml", "secrets:", "# Ours.\nsecrets:")
    project.commit("comment")
    # As another attempt finds things: what the one before kept is there, and gives way.
    calm = project.push(before, earlier=run)
    assert calm.results == {"changed": "success", "plan production": "success", "todo": "success"}
    kept = "secrets-plan-production"
    assert calm.artifacts[kept] != run.artifacts[kept]
    # What was not merged is not what is planned: another push that changes no environment.
    before = project.git("rev-parse", "HEAD")
    (project.repository / "README").write_text("text")
    project.commit("unrelated")
    nothing = project.push(before)
    assert nothing.results == {"changed": "success"}
    assert canaries.found(*places(project, asked, run, nothing)) == []


def test_an_environment_that_github_would_make_is_not_applied(
    project: Project, canaries: Canaries
) -> None:
    """A folder was merged, and nobody made the GitHub Environment: it would ask nobody."""
    project.converge()
    moved_to(project, canaries, canaries.plant())
    before = secret("production/jwt/secret")
    project.pull_request(7, "change")
    project.github.state["environments"] = {"staging": {}}
    run = project.merge(7, "change")
    assert run.results["todo"] == "failure"
    assert "apply production" not in run.results
    assert "has no GitHub Environment production" in run.log
    assert secret("production/jwt/secret") == before


def test_a_lie_that_is_merged_is_found_though_nothing_is_to_be_applied(
    project: Project, canaries: Canaries
) -> None:
    """A value that somebody without the key replaced, and lines of the lock that hide it."""
    project.converge()
    before = project.git("rev-parse", "HEAD")
    was = project.tree.read("production/main.fingerprints.lock")
    raw = project.tree.path("production/main.sops.yaml").read_bytes()
    plain = json.loads(project.tree.sops.decrypt(raw).reveal())
    rewrite(project, "production", canaries,
            secrets={"jwt/secret": {"value": canaries.plant()}})  # fmt: skip
    project.lock()
    now = project.tree.read("production/main.fingerprints.lock")
    digests = dict(re.findall(r"\n(\w+ \S+)\nct:([0-9a-f]{64})", now))
    lied = re.sub(
        r"\n(\w+ \S+)\nct:[0-9a-f]{64}", lambda line: f"\n{line[1]}\nct:{digests[line[1]]}", was
    )
    project.tree.path("production/main.fingerprints.lock").write_text(lied)
    project.commit("a change of nothing")
    run = project.push(before)
    assert run.results == {
        "changed": "success", "plan production": "success", "todo": "success",
        "apply production": "failure", "outcome": "success",
    }, run.log  # fmt: skip
    assert "Checked with the key: production" in run.summaries["apply production"]
    assert "lock-lie" in run.summaries["apply production"]
    # The truth again, encrypted again: nothing is to be applied, and it is checked.
    before = project.git("rev-parse", "HEAD")
    project.tree.write("production/main.sops.yaml", plain)
    project.lock()
    project.commit("restored")
    good = project.push(before)
    assert good.results["apply production"] == "success", good.log
    assert "Checked with the key: production" in good.summaries["apply production"]
    assert canaries.found(*places(project, run, good)) == []


def test_a_merge_after_aws_moved_says_so_and_writes_what_main_shows(
    project: Project, canaries: Canaries
) -> None:
    project.converge()
    value = canaries.plant()
    moved_to(project, canaries, value)
    project.pull_request(7, "change")
    overwrite("production/jwt/secret", "by hand")
    run = project.merge(7, "change")
    summary = run.summaries["plan production"]
    assert "jwt/secret" in summary
    assert "Nothing has moved" not in summary
    assert run.results["apply production"] == "success", run.log
    assert secret("production/jwt/secret") == value


def test_a_move_between_plan_and_approval_writes_nothing_and_goes_on_by_hand(
    project: Project, canaries: Canaries
) -> None:
    project.converge()
    value = canaries.plant()
    moved_to(project, canaries, value)
    project.pull_request(7, "change")
    project.before_apply(
        "put-secret-value", SecretId="/test/production/jwt/secret", SecretString="by hand"
    )
    run = project.merge(7, "change")
    assert run.results["apply production"] == "failure"
    assert secret("production/jwt/secret") == "by hand"
    assert "AWSCURRENT moved" in run.log
    assert "run this workflow by hand with its digest" in run.log
    assert run.results["outcome"] == "success", run.log
    assert "**Not applied:** nothing was written" in comments(project)["production"]
    project.before_apply()
    (digest,) = re.findall(r"Digest `([0-9a-f]{64})`", run.summaries["apply production"])
    wrong = project.by_hand("production", "0" * 64)
    assert wrong.results["apply production"] == "failure"
    assert secret("production/jwt/secret") == "by hand"
    done = project.by_hand("production", digest)
    assert done.results == {
        "changed": "success", "plan production": "success", "todo": "success",
        "apply production": "success", "outcome": "success",
    }, done.log  # fmt: skip
    assert secret("production/jwt/secret") == value
    assert canaries.found(*places(project, run, wrong, done)) == []


def test_two_merges_in_a_row_and_an_old_run_replayed(project: Project, canaries: Canaries) -> None:
    project.converge()
    first, second = canaries.plant(), canaries.plant()
    moved_to(project, canaries, first)
    start = project.git("rev-parse", "main")
    project.pull_request(7, "change")
    one = project.merge(7, "change")
    after_one = project.git("rev-parse", "main")
    assert one.results["apply production"] == "success"
    moved_to(project, canaries, second)
    project.pull_request(8, "change")
    two = project.merge(8, "change")
    assert two.results["apply production"] == "success", two.log
    assert secret("production/jwt/secret") == second
    # Somebody runs the first merge's run again: main has changed the environment since.
    project.git("checkout", "--quiet", after_one)
    old = project.push(start)
    assert old.results["plan production"] == "failure"
    assert "apply production" not in old.results
    assert secret("production/jwt/secret") == second
    assert "manifests/production" in old.log
    # Another environment's later merge does not strand it.
    project.git("checkout", "--quiet", "main")
    before = project.git("rev-parse", "main")
    project.tree.edit("staging/main.sops.yaml", "5432", "5433")
    project.lock()
    project.commit("staging")
    project.git("checkout", "--quiet", before)
    overwrite("production/jwt/secret", "by hand")
    fine = project.push(after_one)
    assert fine.results["apply production"] == "success", fine.log


def test_drift_opens_an_issue_and_its_repair_closes_it(
    project: Project, world: World, canaries: Canaries
) -> None:
    """A secret is deleted for good, and the rotation of another is switched off."""
    rule = {"lambda": world.deploy(), "schedule": "rate(30 days)"}
    rotated = {"value": canaries.plant(), "rotation": rule}
    password = canaries.plant()
    rewrite(
        project,
        "production",
        canaries,
        secrets={
            "jwt/secret": rotated,
            "database/credentials": {"value": {"user": "app", "password": password}},
        },
    )
    project.lock()
    project.commit("rotation")
    project.converge()
    assert world.aws.wait_for_rotations()
    # Main is ahead, and nobody has approved it yet: that is no drift, and in the plan.
    project.tree.edit("production/main.sops.yaml", "db.internal", "db2.internal")
    project.lock()
    project.commit("ahead")
    client = boto3.client("secretsmanager")
    client.delete_secret(
        SecretId="/test/production/database/credentials", ForceDeleteWithoutRecovery=True
    )
    client.cancel_rotate_secret(SecretId="/test/production/jwt/secret")
    found = project.drift()
    assert set(found.results.values()) == {"success"}, found.log
    assert found.roles == [f"drift {PLAN}production", f"drift {PLAN}staging"]
    (issue,) = project.github.state["issues"]
    assert (issue["state"], issue["title"]) == ("open", "Drift: production")
    body = issue["body"]
    assert "| outside | 2 |" in body
    assert "| pending | 1 |" in body
    outside = body.partition("### Changed outside")[2].partition("### ")[0]
    assert "secret database/credentials: deleted outside" in outside
    assert "rotation jwt/secret: rotation was switched off outside" in outside
    assert "last applied " in body
    assert ", 1 commit ago" in body
    (given,) = re.findall(r"(?m)^gh workflow run secrets-apply.yml (.*)$", body)
    inputs = dict(re.findall(r"-f (\w+)=(\S+)", given))
    repaired = project.by_hand(**inputs)
    assert repaired.results["apply production"] == "success", repaired.log
    assert json.loads(secret("production/database/credentials"))["password"] == password
    assert client.describe_secret(SecretId="/test/production/jwt/secret")["RotationEnabled"]
    again = project.drift(with_key=True)
    # What fails here says why: a job that does not end well leaves the issue as it is.
    assert set(again.results.values()) == {"success"}, again.log
    jobs = {re.sub(r"-\d$", "", job) for job in again.results}  # act numbers those of a matrix
    assert jobs == {
        "environments", "removed", "drift production with the key", "drift staging with the key",
    }  # fmt: skip
    (closed,) = project.github.state["issues"]
    assert closed["state"] == "closed", again.log
    assert canaries.found(*places(project, found, repaired, again)) == []


def test_a_plan_over_sixty_thousand_characters(project: Project, canaries: Canaries) -> None:
    many = {
        f"service-{n:03}/host": {"plaintext": f"host-{n}.internal", "description": "d" * 200}
        for n in range(250)
    }
    branch(project, "change", lambda: rewrite(project, "production", canaries, parameters=many))
    run = project.pull_request(7, "change")
    assert run.results["plan production"] == "success", run.log
    (body,) = comments(project).values()
    assert 50_000 < len(body) <= 60_000
    assert "left out" in body
    assert "service-249/host" in run.summaries["plan production"], "the summary holds all of it"


def test_two_environments_have_two_comments(project: Project, canaries: Canaries) -> None:
    other = new_age_key().recipient
    branch(
        project,
        "change",
        lambda: [
            *(
                rewrite(project, name, canaries, parameters={"new": {"plaintext": name}})
                for name in ("production", "staging")
            ),
            project.tree.edit(".sops.yaml", "age: ", f"age: {other},"),
            project.tree.edit(
                "production/environment.sops.yaml", "owner: ", "ignore: {foreign-key: x}\nowner: "
            ),
        ],
    )
    run = project.pull_request(7, "change")
    assert run.results["secrets"] == "success", run.log
    found = comments(project)
    assert '"production"' in found["production"]
    assert '"staging"' in found["staging"]
    opened = found["production"].partition("Access")[2].partition("<details>")[0]
    assert f"age {other}" in opened, "what the workflow gives as base is compared with"
    assert "findings of the rule foreign-key are ignored" in opened
    assert "foreign-key are ignored" not in found["staging"]
    assert sorted(run.artifacts) == ["secrets-plan-production", "secrets-plan-staging"]
    assert canaries.found(*places(project, run)) == []


def test_adopting_takes_a_run_that_shows_and_one_that_has_its_digest(
    project: Project, canaries: Canaries
) -> None:
    value = canaries.plant()
    change = {"secrets": {"jwt/secret": {"value": value}}}
    rewrite(project, "production", canaries, **change)
    project.commit("declared")
    client = boto3.client("secretsmanager")
    client.create_secret(Name="/test/production/jwt/secret", SecretString=value)
    shown = project.adopt("production")
    assert shown.results == {"environment": "success", "adopt production": "success"}, shown.log
    assert shown.roles == ["adopt arn:aws:iam::123456789012:role/adopt-production"]
    assert "Nothing was written" in shown.log
    (digest,) = re.findall(r"Digest `([0-9a-f]{64})`", shown.summaries["adopt production"])
    assert not client.describe_secret(SecretId="/test/production/jwt/secret").get("Tags")
    done = project.adopt("production", digest=digest, names="jwt/secret")
    assert done.results["adopt production"] == "success", done.log
    assert client.describe_secret(SecretId="/test/production/jwt/secret")["Tags"]
    assert canaries.found(*places(project, shown, done)) == []
