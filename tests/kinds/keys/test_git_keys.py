"""Keys that git owns in a value that rotation owns, with a function that rotates JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from reconciler.core import review
from reconciler.core.errors import StalePlanError
from reconciler.sandbox.server import Drop
from tests.leaks.account import commit
from tests.leaks.search import Canaries, search
from tests.manifest.lock import build as locks
from tests.operations.test_counts import READS
from tests.trees import FINGERPRINT_KEY
from tests.world import PREFIX, SCHEDULE, World

# What RDS's own functions do: the new value is the live one with another password, written in a
# way that is nobody's canonical JSON. With LOSES among its variables it drops what git owns.
FUNCTION = """
    import boto3, json, os

    def handler(event, context):
        client = boto3.client("secretsmanager")
        arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
        if FAILS == step:
            raise ValueError("no " + step)
        if step == "createSecret":
            live = json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
            live["password"] = "rotated-" + token[:8]
            live["issued"] = 1.50
            if os.environ.get("LOSES"):
                live.pop(os.environ["LOSES"], None)
            text = json.dumps(live, indent=1).replace("1.5", "1.50")
            client.put_secret_value(
                SecretId=arn, ClientRequestToken=token, SecretString=text,
                VersionStages=["AWSPENDING"],
            )
        if step == "finishSecret":
            stages = client.describe_secret(SecretId=arn)["VersionIdsToStages"]
            current = [v for v, held in stages.items() if "AWSCURRENT" in held][0]
            client.update_secret_version_stage(
                SecretId=arn, VersionStage="AWSCURRENT",
                MoveToVersionId=token, RemoveFromVersionId=current,
            )
"""
SEED = {"username": "app", "password": "seed", "host": "one.internal", "port": "5432"}
MARK = "reconciler:keys"


def declared(**keys: str) -> dict[str, Any]:
    """The secret, with other content of some keys."""
    return {"value": {**SEED, **keys}, "rotation": SCHEDULE, "git_keys": ["host", "port"]}


def arrange(world: World, **variables: str) -> None:
    world.deploy(code=FUNCTION, variables=variables)
    world.declare({"db": declared()})
    world.converge()
    assert world.aws.wait_for_rotations()


@pytest.fixture
def rotated(world: World) -> World:
    """A world whose secret has a rotated password, and git's host and port; AWSPENDING stayed, as
    it does for some.
    """
    world.aws.keeps_pending = True
    arrange(world)
    world.rotate("db")
    assert content(world)["password"].startswith("rotated-")
    return world


def content(world: World) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(world.secret_value("db"))
    return found


def put_outside(world: World, text: str) -> None:
    """A value that somebody writes who tidies up after the rotation function."""
    held = world.labels("db")
    client = world.client("secretsmanager")
    if "AWSPENDING" in held:
        client.update_secret_version_stage(
            SecretId=f"{PREFIX}/db",
            VersionStage="AWSPENDING",
            RemoveFromVersionId=held["AWSPENDING"],
        )
    world.put_secret("db", text)


def test_creation_writes_the_seed_and_the_mark_in_one_call(world: World) -> None:
    world.deploy(code=FUNCTION)
    world.declare({"db": declared()})
    assert set(world.changes()) == {"secret:db", "rotation:db"}
    assert "why: git goes on to own its keys host, port" in world.cli("plan", "production").stdout
    world.apply()
    assert world.aws.wait_for_rotations()
    assert world.calls["CreateSecret"] == 1
    assert world.calls["TagResource"] == 1  # the schedule's own, once it is set
    assert world.calls["GetSecretValue"] == 0
    assert content(world) == SEED
    assert re.fullmatch("[0-9a-f]{62}", world.secret_tags("db")[MARK])
    assert world.changes() == {}


def test_an_unchanged_plan_of_a_rotated_secret_reads_nothing(rotated: World) -> None:
    assert rotated.changes() == {}
    assert rotated.calls == {"GetCallerIdentity": 1, "ListSecrets": 1, "DescribeParameters": 1}
    assert [note.code for note in rotated.plan().plan.notes] == ["rotated"]
    assert list(rotated.drift()) == ["secret:db rotated"]


def test_only_the_keys_of_git_change_and_all_else_stays_byte_for_byte(rotated: World) -> None:
    before = rotated.secret_value("db")
    version = rotated.labels("db")["AWSCURRENT"]
    rotated.declare({"db": declared(host="two.internal")})
    (change,) = rotated.changes().values()
    assert (change.key.kind, change.action) == ("keys", "update")
    assert change.settings == {"git_keys": ["host", "port"]}
    assert READS.isdisjoint(rotated.calls)
    rotated.apply()
    assert rotated.calls == {
        "GetCallerIdentity": 1,
        "ListSecrets": 1,
        "DescribeParameters": 1,
        "DescribeSecret": 2,  # the confirming read, and one just before the write
        "GetSecretValue": 1,
        "PutSecretValue": 1,
        "UpdateSecretVersionStage": 2,  # AWSPENDING, which the function left behind, and AWSCURRENT
        "TagResource": 1,
    }
    assert rotated.secret_value("db") == before.replace("one.internal", "two.internal")
    assert "1.50" in before
    assert rotated.labels("db")["AWSPREVIOUS"] == version
    assert rotated.changes() == {}
    assert list(rotated.drift()) == ["secret:db rotated"]


def test_a_rotation_goes_on_with_the_new_keys(rotated: World) -> None:
    rotated.declare({"db": declared(host="two.internal")})
    rotated.converge()
    password = content(rotated)["password"]
    rotated.rotate("db")
    assert content(rotated)["password"] != password
    assert content(rotated)["host"] == "two.internal"
    assert rotated.changes() == {}


def test_keys_that_return_are_written_again(rotated: World) -> None:
    for host in ("two.internal", "one.internal", "two.internal"):
        rotated.declare({"db": declared(host=host)})
        rotated.converge()
        assert content(rotated)["host"] == host


def test_the_rest_of_the_seed_is_never_written_again(rotated: World) -> None:
    rotated.declare({"db": declared(password="edited", username="other")})
    assert rotated.changes() == {}
    rotated.declare({"db": declared(password="edited", host="two.internal")})
    rotated.converge()
    assert content(rotated)["password"].startswith("rotated-")
    assert content(rotated)["username"] == "app"


def test_before_the_first_rotation_the_rest_of_the_seed_stays_too(world: World) -> None:
    arrange(world)
    world.declare({"db": declared(password="edited", host="two.internal")})
    assert set(world.changes()) == {"keys:db"}
    assert "seed" in [note.code for note in world.plan().plan.notes]
    world.converge()
    assert content(world) == {**SEED, "host": "two.internal"}


def test_a_value_of_just_the_keys_of_git(rotated: World) -> None:
    keys = {"value": {"host": "two.internal", "port": "1"}, "rotation": SCHEDULE}
    rotated.declare({"db": {**keys, "git_keys": ["host", "port"]}})
    rotated.converge()
    assert content(rotated)["username"] == "app"
    assert (content(rotated)["host"], content(rotated)["port"]) == ("two.internal", "1")


def test_numbers_come_from_json_as_one_string(rotated: World) -> None:
    text = json.dumps({**SEED, "port": 5432, "engine": {"version": [16, None]}})
    rotated.declare({"db": {"value": text, "rotation": SCHEDULE, "git_keys": ["port", "engine"]}})
    rotated.converge()
    assert content(rotated)["port"] == 5432
    assert content(rotated)["engine"] == {"version": [16, None]}
    assert content(rotated)["host"] == "one.internal"


def test_a_key_that_git_gives_up_stays_as_it_is(rotated: World) -> None:
    rotated.declare({"db": {**declared(port="1"), "git_keys": ["host"]}})
    rotated.converge()
    assert content(rotated)["port"] == "5432"


def test_keys_of_what_rotates_already_are_marked_without_a_version(world: World) -> None:
    world.deploy(code=FUNCTION)
    world.declare({"db": {"value": SEED, "rotation": SCHEDULE}})
    world.converge()
    assert world.aws.wait_for_rotations()
    world.rotate("db")
    labels = world.labels("db")
    world.declare({"db": declared()})
    assert world.changes()["keys:db"].precondition == {"version": None}
    world.converge()
    assert world.labels("db") == labels
    assert MARK in world.secret_tags("db")


def test_a_rotation_between_review_and_apply_makes_nothing_stale(rotated: World) -> None:
    rotated.declare({"db": declared(host="two.internal")})
    reviewed = rotated.plan()
    rotated.rotate("db")
    password = content(rotated)["password"]
    assert rotated.apply(reviewed)["keys:db"].status == "done"
    assert content(rotated)["password"] == password
    assert content(rotated)["host"] == "two.internal"


def test_another_write_of_the_keys_makes_the_review_stale(rotated: World) -> None:
    rotated.declare({"db": declared(host="two.internal")})
    reviewed = rotated.plan()
    rotated.declare({"db": declared(host="three.internal")})
    rotated.converge()
    rotated.declare({"db": declared(host="two.internal")})
    fresh = rotated.plan()
    with pytest.raises(StalePlanError, match="the mark of the keys that git owns moved"):
        review.by_plan(reviewed.plan, fresh.plan, fresh.live)


@pytest.mark.parametrize("operation", ["PutSecretValue", "UpdateSecretVersionStage"])
def test_a_rotation_during_apply_is_a_conflict(rotated: World, operation: str) -> None:
    rotated.declare({"db": declared(host="two.internal")})
    rotated.between(operation, lambda: put_outside(rotated, '{"password": "theirs"}'))
    assert rotated.apply()["keys:db"].status == "conflict"
    assert content(rotated) == {"password": "theirs"}
    rotated.converge()
    assert content(rotated) == {"password": "theirs", "host": "two.internal", "port": "5432"}


def test_nothing_is_written_while_a_rotation_has_not_ended(world: World) -> None:
    world.deploy(code=FUNCTION, fails="testSecret")
    world.declare({"db": declared()})
    world.apply()
    assert world.aws.wait_for_rotations()
    world.rotate("db")
    pending = world.labels("db")["AWSPENDING"]
    world.declare({"db": declared(host="two.internal")})
    assert world.changes()["keys:db"].code == "rotation-pending"
    world.apply()
    assert world.labels("db")["AWSPENDING"] == pending
    assert content(world) == SEED


def test_a_rotation_that_begins_after_planning_is_a_conflict(rotated: World) -> None:
    rotated.declare({"db": declared(host="two.internal")})
    seen: list[str] = []

    def begin(operation: str, body: Any) -> None:
        seen.append(operation)
        if operation == "DescribeSecret" and seen.count(operation) == 2:  # the one before a write
            rotated.client("secretsmanager").put_secret_value(
                SecretId=f"{PREFIX}/db", SecretString="{}", VersionStages=["AWSPENDING"]
            )

    rotated.aws.hooks.append(begin)
    outcome = rotated.apply()["keys:db"]
    assert outcome.status == "conflict"
    assert "rotation has begun" in str(outcome.error)
    assert rotated.calls["GetSecretValue"] == rotated.calls["UpdateSecretVersionStage"] == 0


@pytest.mark.parametrize("operation", ["PutSecretValue", "UpdateSecretVersionStage", "TagResource"])
@pytest.mark.parametrize("after", [False, True])
def test_a_run_that_stops_anywhere_is_finished_by_the_next(
    rotated: World, operation: str, after: bool
) -> None:
    """Nothing more is written once ``operation`` was refused, or its answer lost."""
    rotated.declare({"db": declared(host="two.internal")})
    reviewed = rotated.plan()
    before = rotated.secret_value("db")

    def refuse(called: str, _: Any) -> tuple[int, str, str] | None:
        return (400, "AccessDeniedException", "no") if called == operation else None

    def lose(called: str, _: Any, __: Any) -> None:
        if called == operation:
            raise Drop

    (rotated.aws.after if after else rotated.aws.hooks).append(lose if after else refuse)
    first = rotated.apply(reviewed)["keys:db"]
    assert first.status == "failed" or after
    rotated.aws.hooks.clear()
    rotated.aws.after.clear()
    rotated.apply(reviewed) if first.status != "done" else rotated.apply()
    assert rotated.changes() == {}
    assert rotated.secret_value("db") == before.replace("one.internal", "two.internal")
    versions = rotated.client("secretsmanager").list_secret_version_ids(
        SecretId=f"{PREFIX}/db", IncludeDeprecated=True
    )["Versions"]
    assert len([v for v in versions if v["VersionId"].startswith("k1")]) == 1


def test_a_value_that_is_no_object_is_refused_and_not_quoted(rotated: World) -> None:
    put_outside(rotated, '{"host": "a", "host": "planted"}')
    rotated.declare({"db": declared(host="two.internal")})
    outcome = rotated.apply()["keys:db"]
    assert outcome.status == "failed"
    assert "not a JSON object" in str(outcome.error)
    assert "planted" not in str(outcome.error)
    assert "planted" in rotated.secret_value("db")


def test_an_answer_without_the_value_is_a_failure(rotated: World) -> None:
    rotated.declare({"db": declared(host="two.internal")})

    def cut(operation: str, _: Any, answer: Any) -> Any:
        if operation == "GetSecretValue":
            return type(answer)(answer.status, answer.headers, b"{}")
        return None

    rotated.aws.after.append(cut)
    assert rotated.apply()["keys:db"].status == "failed"
    assert rotated.calls["PutSecretValue"] == 0


def test_what_a_rotation_loses_only_reading_finds(world: World) -> None:
    arrange(world, LOSES="host")
    world.rotate("db")
    assert "host" not in content(world)
    assert world.changes() == {}  # no list tells
    assert world.cli("drift", "production").returncode == 0
    done = world.cli("drift", "production", "--read-values", "-o", "json")
    assert done.returncode == 2, done.stderr
    (lost,) = [d for d in json.loads(done.stdout)["drift"] if d["class"] == "outside"]
    assert lost["key"]["kind"] == "keys"
    assert lost["text"].endswith("; to the declared one: + host")
    assert "one.internal" not in done.stdout + done.stderr
    world.client("secretsmanager").untag_resource(SecretId=f"{PREFIX}/db", TagKeys=[MARK])
    world.converge()
    assert content(world)["host"] == "one.internal"
    assert world.cli("drift", "production", "--read-values").returncode == 0


def test_a_rollback_lets_git_write_its_keys_again(rotated: World) -> None:
    rotated.declare({"db": declared(host="two.internal")})
    rotated.converge()
    done = rotated.cli("rollback", "production", "db", "--rotated", "--auto-approve")
    assert done.returncode == 0, done.stderr
    assert content(rotated)["host"] == "one.internal"
    assert set(rotated.changes()) == {"keys:db"}
    rotated.converge()
    assert content(rotated)["host"] == "two.internal"


def test_a_retired_fingerprint_key_moves_the_mark_and_writes_no_version(rotated: World) -> None:
    labels = rotated.labels("db")
    old = rotated.secret_tags("db")[MARK]
    first = rotated.plan().desired.fingerprinter.kid
    keys = ["7e" * 32, FINGERPRINT_KEY]
    rotated.settings(fingerprint_keys=keys)
    assert first in rotated.plan().desired.fingerprinter.kids
    assert "keys:db" in rotated.changes()
    rotated.converge()
    assert rotated.labels("db") == labels
    assert rotated.secret_tags("db")[MARK][:6] != old[:6]
    rotated.settings(fingerprint_keys=keys[:1])
    assert rotated.changes() == {}


def test_a_plan_without_the_key_is_the_same(rotated: World) -> None:
    tree = rotated.tree
    locks.write(tree)
    assert f"keys {PREFIX}/db\n" in tree.path("production/main.fingerprints.lock").read_text()
    rotated.declare({"db": declared(host="two.internal")})
    unknown = rotated.cli("plan", "production", "--keyless")
    assert "keys host, port unknown until apply" in unknown.stdout, unknown.stderr
    locks.write(tree)
    plans = [
        rotated.cli("plan", "production", "-o", "json", *how).stdout for how in ((), ("--keyless",))
    ]
    assert plans[0] == plans[1]
    assert '"kind": "keys"' in plans[0]


def test_the_plan_names_the_keys(rotated: World) -> None:
    rotated.declare({"db": declared(host="two.internal")})
    done = rotated.cli("plan", "production")
    assert "keys host, port changed" in done.stdout
    assert "leaves every other key as rotation wrote it" in done.stdout


def test_nothing_of_it_shows_a_value(world: World, tmp_path: Path) -> None:
    canaries = Canaries()
    arrange(world)
    planted = {key: canaries.plant(key) for key in SEED}
    world.declare({"db": declared()})
    world.converge()
    world.rotate("db")
    put_outside(world, json.dumps({**planted, "other": canaries.plant("other")}))
    host = canaries.plant("host")
    world.declare({"db": declared(host=host, password=planted["password"])})
    commands = [
        ("validate", "-v"),
        ("plan", "production", "-vv"),
        ("plan", "production", "-o", "markdown"),
        ("apply", "production", "--auto-approve", "-vv"),
        ("drift", "production", "--read-values=all", "-vv"),
    ]
    assert search(world, canaries, tmp_path, commands) == []
    assert content(world)["other"] in canaries.planted
    assert content(world)["host"] == host


def test_the_report_tells_of_them_with_their_secret(rotated: World) -> None:
    rotated.declare({"db": declared(host="two.internal")})
    shown = json.loads(rotated.cli("report", "production", "-o", "json").stdout)
    (item,) = shown["inventory"]
    assert (item["key"]["kind"], item["standing"]) == ("secret", "pending")


def test_a_plan_against_a_commit_names_those_that_differ(rotated: World) -> None:
    commit(rotated)
    rotated.declare({"db": declared(host="two.internal", password="edited")})
    done = rotated.cli("plan", "production", "--base", "HEAD")
    assert "keys host, port changed\n        ~ host\n" in done.stdout, done.stdout + done.stderr
    assert "~ port" not in done.stdout
    assert "~ password" not in done.stdout


def test_another_run_that_writes_the_keys_during_apply_is_a_conflict(rotated: World) -> None:
    rotated.declare({"db": declared(host="two.internal")})
    seen: list[str] = []

    def tag(operation: str, _: Any) -> None:
        seen.append(operation)
        if operation == "DescribeSecret" and seen.count(operation) == 2:  # the one before a write
            rotated.client("secretsmanager").tag_resource(
                SecretId=f"{PREFIX}/db", Tags=[{"Key": MARK, "Value": "a" * 62}]
            )

    rotated.aws.hooks.append(tag)
    outcome = rotated.apply()["keys:db"]
    assert outcome.status == "conflict"
    assert "another run has written the keys" in str(outcome.error)
    assert rotated.calls["GetSecretValue"] == rotated.calls["PutSecretValue"] == 0
    assert rotated.secret_tags("db")[MARK] == "a" * 62


@pytest.mark.parametrize("denied", [False, True])
def test_a_whole_value_that_git_still_writes_brings_the_mark_along(
    world: World, denied: bool
) -> None:
    """Rotation is only about to begin, so git writes all of it, once more."""
    world.deploy(code=FUNCTION)
    world.declare({"db": {"value": SEED}})
    world.converge()
    world.declare({"db": declared(host="two.internal", password="another")})
    world.aws.hooks.append(
        lambda operation, _: (
            (400, "AccessDeniedException", "no")
            if denied and operation == "GetSecretValue"
            else None
        )
    )
    outcomes = world.apply()
    assert outcomes["secret:db"].status == "done"
    assert outcomes["keys:db"].status == ("failed" if denied else "done")
    assert world.aws.wait_for_rotations()
    assert world.changes() == {}
    world.aws.hooks.clear()
    assert content(world) == {**SEED, "host": "two.internal", "password": "another"}
