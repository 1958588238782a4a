"""The record of what was applied: written by apply, read by drift and report."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.manifest.surroundings import Surroundings
from reconciler.operations.record import known
from reconciler.render.record import line
from reconciler.sandbox.server import Drop
from tests.operations.record.repository import PLAN_CALLS, Repository

PRINCIPAL = "arn:aws:sts::123456789012:user/moto"


def test_a_complete_apply_is_recorded_and_told(repository: Repository) -> None:
    first = repository.commit("db", parameters=("host",))
    repository.apply()
    held = repository.record
    assert held["applied"]["commit"] == first
    assert held["attempted"] == []
    assert held["manifests"] == "manifests"
    assert held["owner"] == "test/production"
    parameter = repository.parameter or {}
    assert not parameter["Name"].startswith("/test/")
    assert parameter["Type"] == "String"
    said = repository.drift()["applied"]
    assert (said["commit"], said["commits_since"], said["proven"]) == (first, 0, True)
    assert said["by"] == PRINCIPAL
    repository.save()
    repository.save()
    text = repository.run("drift", "production").out
    assert f"last applied {first[:12]} on {said['at'][:10]}" in text
    assert f"by {PRINCIPAL}, 2 commits ago" in text
    assert f"last applied {first[:12]}" in repository.run("report", "production").out


def test_an_unchanged_drift_costs_one_chain_more_than_a_plan(repository: Repository) -> None:
    repository.commit("db", parameters=("host",))
    repository.apply()
    plan = repository.run("plan", "production")
    drift = repository.run("drift", "production")
    assert plan.calls == PLAN_CALLS, "a plan does not read the record"
    assert drift.calls - plan.calls == {"DescribeParameters": 1}
    assert plan.calls - drift.calls == {}


def test_what_was_applied_and_is_gone_was_deleted_outside(repository: Repository) -> None:
    repository.commit("db", "jwt", parameters=("host",))
    repository.apply()
    # Its twin differs in who acted: git declares it, and nothing was ever applied.
    repository.commit("db", "jwt", "new", parameters=("host",))
    assert repository.classes() == {"new": "pending"}
    repository.gone("jwt")
    repository.world.client("ssm").delete_parameter(Name="/test/production/host")
    assert repository.classes(code=2) == {"jwt": "outside", "host": "outside", "new": "pending"}
    # What git no longer declares is nobody's loss.
    repository.commit("db", "new")
    assert repository.classes() == {"new": "pending"}


def test_a_part_that_was_not_applied_yet_is_pending_with_its_secret_gone(
    repository: Repository,
) -> None:
    repository.commit("db")
    repository.apply()
    arn = repository.world.deploy()
    schedule = {"lambda": arn, "schedule": "rate(30 days)"}
    repository.world.declare({"db": {"value": "value of db", "rotation": schedule}})
    repository.save()
    repository.gone("db")
    found = repository.drift(code=2)["drift"]
    assert {one["key"]["kind"]: one["class"] for one in found} == {
        "secret": "outside", "rotation": "pending",
    }  # fmt: skip


def test_a_run_is_noted_before_its_first_write(repository: Repository) -> None:
    commit = repository.commit("db")
    seen: list[Any] = []
    repository.world.between("CreateSecret", lambda: seen.append(repository.record))
    repository.apply()
    (before,) = seen
    assert before["applied"] is None
    assert before["attempted"] == [commit]
    assert repository.record["attempted"] == []


def test_a_run_that_wrote_only_some_is_no_complete_one(repository: Repository) -> None:
    first = repository.commit("db")
    repository.apply()
    second = repository.commit("db", "jwt", "smtp")
    repository.apply("--only", "jwt")
    assert repository.record["applied"]["commit"] == first
    assert repository.record["attempted"] == [second]
    repository.gone("jwt")
    assert repository.drift(code=None)["applied"]["unfinished"] == [second]
    # A run with the same commit is noted already: nothing more is written before it.
    repository.apply("--only", "jwt")
    repository.apply()
    assert repository.record["applied"]["commit"] == second
    assert repository.record["attempted"] == []


def test_a_run_that_finds_all_in_effect_completes(repository: Repository) -> None:
    repository.commit("db")
    repository.apply()
    second = repository.commit("db", "jwt")
    repository.apply("--only", "jwt")
    repository.apply()
    assert repository.record["applied"]["commit"] == second
    calls = repository.apply().calls
    assert calls["PutParameter"] == 0, "nothing new is to be told"


def test_a_refusal_leaves_a_run_incomplete(repository: Repository) -> None:
    first = repository.commit("db")
    repository.apply()
    repository.world.client("secretsmanager").create_secret(
        Name="/test/production/theirs", SecretString="v"
    )
    second = repository.commit("db", "theirs", "jwt")
    repository.apply(code=4)
    assert repository.record["applied"]["commit"] == first
    assert repository.record["attempted"] == [second]
    assert repository.classes(code=None)["theirs"] != "outside", "it never was ours"
    # Adopting it is noted, too, and completes nothing; only to show it is not.
    third = repository.save()
    repository.run("adopt", "production", "theirs", "--take", "git", "--format", "text")
    assert repository.record["attempted"] == [second]
    repository.run("adopt", "production", "theirs", "--take", "git", "--auto-approve")
    assert repository.record["attempted"] == [second, third]
    repository.apply()
    assert repository.record["applied"]["commit"] == third


def test_the_record_of_a_later_commit_stays(repository: Repository) -> None:
    first = repository.commit("db")
    repository.apply()
    second = repository.commit("db", "jwt")
    repository.apply()
    repository.git("checkout", "--quiet", first)
    repository.world.put_secret("db", "theirs")
    err = repository.apply().err
    assert f"commit {second} was applied last, and the one that is checked out is older" in err
    assert repository.record["applied"]["commit"] == second


def test_uncommitted_changes_are_of_no_commit(repository: Repository) -> None:
    first = repository.commit("db")
    repository.apply()
    repository.world.declare({"db": {"value": "value of db"}, "jwt": {"value": "v"}})
    assert "uncommitted changes in production/main.sops.yaml" in repository.apply().out
    assert repository.record["applied"]["commit"] == first
    assert repository.record["others"] is True
    repository.save()
    repository.gone("jwt")
    untold = repository.drift(code=None)["applied"]
    assert untold["untold"] == "uncommitted"
    assert "wrote what is in no commit" in untold["text"]
    repository.apply()
    assert repository.record["others"] is False


def test_outside_git_there_is_no_record(repository: Repository) -> None:
    repository.world.declare({"db": {"value": "v"}})
    (repository.folder / ".git").rename(repository.folder / "elsewhere")
    repository.apply()
    assert repository.parameter is None
    assert "the manifests are not in a git repository" in repository.run("drift", "production").out
    (repository.folder / "elsewhere").rename(repository.folder / ".git")
    commit = repository.save()
    repository.apply()
    assert repository.record["applied"]["commit"] == commit
    (repository.folder / ".git").rename(repository.folder / "elsewhere")
    repository.gone("db")
    said = repository.drift(code=None)["applied"]
    assert (said["commit"], said["untold"]) == (commit, "no-git")


def test_an_environment_may_want_none(repository: Repository) -> None:
    repository.commit("db", record="none")
    done = repository.apply()
    assert done.calls["PutParameter"] == 0
    assert repository.run("drift", "production").calls == PLAN_CALLS
    assert repository.drift()["applied"]["untold"] == "off"
    policy = repository.run("iam", "apply", "production").out
    assert "reconciler-applied" not in policy
    repository.commit("db", record="all")
    assert "record" in repository.run("validate", code=1).err


def test_an_account_that_0_1_wrote_has_none(repository: Repository) -> None:
    """Until the next apply, which has nothing to write but it."""
    commit = repository.commit("db")
    repository.world.converge()
    found = repository.drift()
    assert found["drift"] == []
    assert found["applied"]["untold"] == "no-record"
    assert repository.apply().calls["PutParameter"] == 1
    assert repository.record["applied"]["commit"] == commit


def test_a_role_of_0_1_is_told_once_which_permission_it_lacks(repository: Repository) -> None:
    repository.commit("db", parameters=("host",))
    name = repository.name
    repository.world.aws.hooks.append(
        lambda operation, body: (
            (400, "AccessDeniedException", "no")
            if operation == "PutParameter" and body["Name"] == name
            else None
        )
    )
    done = repository.apply()
    warnings = [line for line in done.err.splitlines() if line.startswith("warning")]
    assert len(warnings) == 1
    assert f"ssm:PutParameter on arn:aws:ssm:us-west-2:123456789012:parameter{name}" in warnings[0]
    assert "reconciler iam apply production" in warnings[0]
    assert "2 done" in done.out
    assert repository.parameter is None


@pytest.mark.parametrize("lost", [1, 2])
def test_a_lost_answer_is_looked_for(repository: Repository, lost: int) -> None:
    commit, name, left = repository.commit("db"), repository.name, [lost]

    def drop(operation: str, body: Any, answer: Any) -> None:
        if operation == "PutParameter" and body["Name"] == name and left[0]:
            left[0] -= 1
            raise Drop

    repository.world.aws.after.append(drop)
    assert "warning" not in repository.apply().err
    assert repository.record["applied"]["commit"] == commit
    assert repository.drift()["applied"]["untold"] is None


def test_two_runs_at_once_hide_no_attempt(repository: Repository) -> None:
    commit = repository.commit("db")
    repository.world.between("CreateSecret", lambda: repository.forge("another run's"))
    repository.apply()
    assert repository.record["applied"]["commit"] == commit
    assert repository.record["others"] is True, "what the other run noted is not known any more"
    assert repository.drift()["applied"]["untold"] is None


# --- records that are not ours --------------------------------------------------------------------


def bad(held: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any] | str]]:
    """What nothing of ours leaves, by how it is called."""
    soon = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    applied = held["applied"]
    return {
        "no JSON": ("malformed", "db"),
        "empty": ("malformed", "{}"),
        "half a character": ("malformed", json.dumps(held).replace(applied["by"], "\\ud800")),
        "no commit": ("malformed", held | {"applied": applied | {"commit": "HEAD"}}),
        "an option": ("malformed", held | {"attempted": ["--output=/tmp/x"]}),
        "a number": ("malformed", held | {"proof": 1}),
        "more": ("malformed", held | {"more": 1}),
        "another owner": ("other-owner", held | {"owner": "x/production"}),
        "a later format": ("future", held | {"reconciler": 2}),
        "a time to come": ("future", held | {"applied": applied | {"on": soon}}),
        "another key": ("unknown-key", held | {"proof": "000000" + held["proof"][6:]}),
        "another commit": ("false", held | {"applied": applied | {"commit": "0" * 40}}),
        "an earlier version": ("false", held),
    }


def test_a_record_that_is_not_ours_is_one_line_and_as_if_there_were_none(
    repository: Repository,
) -> None:
    commit = repository.commit("db")
    repository.apply()
    held, planned = repository.record, repository.world.plan()
    aws, folder, now = repository.world.session(), repository.folder, datetime.now(UTC)
    for called, (untold, forged) in bad(held).items():
        repository.forge(forged if isinstance(forged, str) else json.dumps(forged))
        found = known(planned, aws, Surroundings(folder), now)
        assert (found.untold, found.acts) == (untold, True), called
        assert found.commit is None, called
        assert found.standings == {}, called
        assert "\n" not in (line(found) or "\n"), called
    done = repository.run("drift", "production", code=2)
    assert "it was edited or copied (written by " in done.out
    assert "Drift: the applied record is not what was written." in done.out
    # Nothing is prevented by it, and the next apply writes it anew.
    repository.save()
    done = repository.apply()
    assert "is not what was written there (false); it is written again" in done.err
    assert repository.record["applied"]["commit"] != commit
    assert repository.drift()["applied"]["untold"] is None


def test_without_the_key_a_record_is_taken_at_its_word(repository: Repository) -> None:
    repository.commit("db")
    repository.run("lock", "production")
    commit = repository.save()
    repository.apply()
    held = repository.record
    said = repository.drift("--keyless")["applied"]
    assert (said["commit"], said["proven"]) == (commit, False)
    assert "unproven without the key: " in said["text"]
    assert said["written_by"] in said["text"]
    applied = repository.run("github", "applied", "production")
    assert applied.out == f"{commit}\n"
    assert applied.calls == {"GetCallerIdentity": 1, "DescribeParameters": 1}
    # Another commit of this branch is believed; with the key it is not.
    base = repository.git("rev-parse", "HEAD^")
    repository.forge(json.dumps(held | {"applied": held["applied"] | {"commit": base}}))
    assert repository.drift("--keyless")["applied"]["commit"] == base
    assert repository.drift(code=2)["applied"]["untold"] == "false"
    # A commit that only another branch has chooses nothing.
    repository.git("checkout", "--quiet", "-b", "evil")
    evil = repository.save()
    repository.git("checkout", "--quiet", "main")
    repository.forge(json.dumps(held | {"applied": held["applied"] | {"commit": evil}}))
    repository.gone("db")
    said = repository.drift("--keyless", code=None)["applied"]
    assert said["untold"] == "elsewhere"
    assert "does not contain that commit" in said["text"]
    applied = repository.run("github", "applied", "production")
    assert applied.out == ""
    assert "does not contain that commit" in applied.err


def test_a_workflow_of_0_1_that_asks_without_credentials_goes_on(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit("db")
    repository.run("lock", "production")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    done = repository.run("github", "applied", "production")
    assert done.out == ""
    assert "copy secrets-drift.yml again" in done.err


def test_a_clone_that_lacks_the_commit_says_so(repository: Repository) -> None:
    commit = repository.commit("db", "jwt")
    repository.apply()
    repository.save()
    repository.gone("jwt")
    shallow = repository.folder / "shallow"
    url = repository.folder.as_uri()
    repository.git("clone", "--quiet", "--depth", "1", url, str(shallow))
    there = ("-C", str(shallow / "manifests"))
    said = repository.drift(*there, code=None)["applied"]
    assert (said["commit"], said["untold"]) == (commit, "shallow")
    assert "fetch-depth: 0" in said["text"]
    assert repository.classes(code=2) == {"jwt": "outside"}
    # And one that git has lost, or never had.
    repository.git("fetch", "--quiet", "--unshallow", cwd=shallow)
    assert repository.classes(*there, code=2) == {"jwt": "outside"}
    elsewhere = repository.folder / "elsewhere"
    repository.git("clone", "--quiet", url, str(elsewhere))
    repository.git("checkout", "--quiet", "--orphan", "new", cwd=elsewhere)
    repository.git("commit", "--quiet", "--message", "new", cwd=elsewhere)
    for name in ("main", "-r origin/main", "-r origin/HEAD"):
        repository.git("branch", "--quiet", "-D", *name.split(), cwd=elsewhere)
    repository.git("reflog", "expire", "--expire=now", "--all", cwd=elsewhere)
    repository.git("gc", "--quiet", "--prune=now", cwd=elsewhere)
    said = repository.drift("-C", str(elsewhere / "manifests"), code=None)["applied"]
    assert said["untold"] == "unknown-commit"


def test_manifests_that_were_elsewhere_then_are_found(repository: Repository) -> None:
    repository.commit("db", "jwt")
    repository.apply()
    repository.git("mv", "manifests", "secrets")
    repository.git("commit", "--quiet", "--message", "moved")
    repository.gone("jwt")
    moved = ("-C", str(repository.folder / "secrets"))
    assert repository.classes(*moved, code=2) == {"jwt": "outside"}


def test_only_what_an_unfinished_run_may_have_left_is_unknown(repository: Repository) -> None:
    """Its commit says what it was to write; what it could not have written is told as ever."""
    world = repository.world

    def commit(db: str, jwt: str = "one") -> str:
        world.declare(
            {name: {"value": "v", "description": text} for name, text in (("db", db), ("jwt", jwt))}
        )
        return repository.save()

    commit("one")
    repository.apply()
    second = commit("two")
    no = 400, "AccessDeniedException", "the process is gone"
    world.aws.hooks.append(lambda called, _: no if called == "TagResource" else None)
    repository.apply(code=4)
    world.aws.hooks.clear()
    assert repository.record["attempted"] == [second]
    commit("three", "three")
    # The description of db is the one that the run was to write, and no mark remembers it.
    assert repository.classes(code=2) == {"db": "unknown", "jwt": "pending"}
    client = world.client("secretsmanager")
    for name in ("db", "jwt"):
        client.update_secret(SecretId=f"/test/production/{name}", Description="theirs")
    assert repository.classes(code=2) == {"db": "outside", "jwt": "outside"}
    repository.apply()
    assert repository.classes() == {}


def test_what_0_1_left_without_a_mark_is_told_by_the_record(repository: Repository) -> None:
    world = repository.world
    world.declare({"db": {"value": "v", "description": "one"}})
    repository.save()
    repository.apply()
    client, name = world.client("secretsmanager"), "/test/production/db"
    client.untag_resource(SecretId=name, TagKeys=["reconciler:spec"])
    client.update_secret(SecretId=name, Description="theirs")
    (found,) = repository.drift(code=2)["drift"]
    assert found["class"] == "outside"
    assert 'description was "one" and is "theirs"' in found["text"]
    world.declare({"db": {"value": "v", "description": "two"}})
    repository.save()
    assert repository.classes(code=2) == {"db": "outside"}
    client.update_secret(SecretId=name, Description="one")
    assert repository.classes() == {"db": "pending"}


def test_what_a_run_since_then_may_have_pruned_is_unknown(repository: Repository) -> None:
    repository.commit("db", "jwt", "smtp")
    repository.apply()
    repository.commit("db", "jwt", "new")
    repository.apply("--only", "new")
    repository.gone("jwt", "smtp")
    repository.commit("db", "jwt", "smtp", "new")
    assert repository.classes(code=2) == {"jwt": "outside", "smtp": "unknown"}


IMAGE = "ami-0123456789abcdef0"


def test_only_what_a_run_was_to_replace_is_unknown_where_it_is_gone(repository: Repository) -> None:
    world = repository.world

    def commit(**types: str) -> str:
        world.declare(
            None,
            {n: {"plaintext": IMAGE, "replace": True, "data_type": t} for n, t in types.items()},
        )
        return repository.save()

    commit(p="text", q="text")
    repository.apply()
    second = commit(p="aws:ec2:image", q="text")
    no = 400, "AccessDeniedException", "the process is gone"
    world.aws.hooks.append(
        lambda called, sent: (
            no if called == "PutParameter" and sent["Name"].endswith("/p") else None
        )
    )
    repository.apply(code=4)
    world.aws.hooks.clear()
    assert repository.record["attempted"] == [second]
    assert len(repository.record["replaced"]) == 1
    world.client("ssm").delete_parameter(Name="/test/production/q")
    commit(p="text", q="text")
    assert repository.classes(code=2) == {"p": "unknown", "q": "outside"}
    repository.apply()
    assert repository.record["replaced"] == []
    assert repository.classes() == {}
