"""Adopt what a plain script made: what is equal gets tags, what differs waits for a decision."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_commands import in_terminal
from tests.command import command
from tests.leaks.search import Canaries, search
from tests.world import PREFIX, SCHEDULE, World


def script(
    world: World,
    secrets: dict[str, str | bytes] | None = None,
    parameters: dict[str, str] | None = None,
    type_: str = "SecureString",
    **more: Any,
) -> None:
    """What somebody without the reconciler once wrote with boto3."""
    manager, store = world.client("secretsmanager"), world.client("ssm")
    for name, value in (secrets or {}).items():
        how = "SecretBinary" if isinstance(value, bytes) else "SecretString"
        manager.create_secret(Name=f"{PREFIX}/{name}", **{how: value}, **more)
    for name, value in (parameters or {}).items():
        store.put_parameter(Name=f"{PREFIX}/{name}", Value=value, Type=type_, **more)


def adopted(world: World, *arguments: str, code: int = 0) -> str:
    """Run adopt; its output. ``code`` is the exit code."""
    done = command(world, "adopt", "production", *arguments, code=code)
    world.calls = done.calls
    return done.said


def as_cloudformation_tags(operation: str, body: Any, answer: Any) -> None:
    """Only AWS itself writes tags that begin with aws: so here other tags are shown as such."""
    answer.body = answer.body.replace(b'"stack"', b'"aws:cloudformation:stack-name"')


def test_equal_secrets_get_tags_and_no_version(world: World) -> None:
    script(world, {"text": "v", "json": '{"b": "2",\n "a": "1"}', "binary": b"\x00\x01"})
    world.declare(
        {
            "text": {"value": "v"},
            "json": {"value": {"a": "1", "b": "2"}},
            "binary": {"value": "AAE=", "binary": True},
        }
    )
    before = {name: world.labels(name) for name in ("text", "json", "binary")}
    adopted(world, "--auto-approve")
    assert {name: world.labels(name) for name in before} == before
    assert world.secret_value("json") == '{"b": "2",\n "a": "1"}'
    assert world.calls["TagResource"] == 3
    assert world.calls["PutSecretValue"] == world.calls["UpdateSecretVersionStage"] == 0
    assert world.secret_tags("text")["reconciler:owner"] == "test/production"
    assert world.changes() == {}
    assert world.drift() == {}


def test_after_adoption_a_change_is_an_ordinary_one(world: World) -> None:
    script(world, {"db": "v"}, {"p": "v"})
    world.declare({"db": {"value": "v"}}, {"p": {"value": "v"}})
    adopted(world, "--auto-approve")
    world.declare({"db": {"value": "w"}}, {"p": {"value": "w"}})
    assert [change.action for change in world.changes().values()] == ["update", "update"]
    world.converge()
    assert world.secret_value("db") == world.parameter_value("p") == "w"


def test_the_binding_is_of_one_version(world: World) -> None:
    script(world, {"db": "v"})
    world.declare({"db": {"value": "v"}})
    adopted(world, "--auto-approve")
    world.put_secret("db", "theirs")
    assert list(world.drift()) == ["secret:db outside"]


@pytest.mark.parametrize("live", ['{"a": "1"}', '{"a": 1, "b": "2"}', '{"a":"1","a":"1","b":"2"}'])
def test_what_says_something_else_is_refused(world: World, live: str) -> None:
    script(world, {"json": live})
    world.declare({"json": {"value": {"a": "1", "b": "2"}}})
    assert "refused[values-differ]" in adopted(world, "--auto-approve", code=4)
    assert world.secret_tags("json") == {}
    assert world.secret_value("json") == live


def test_a_string_is_equal_only_byte_by_byte(world: World) -> None:
    script(world, {"text": '{"a": "1"}'})
    world.declare({"text": {"value": '{"a":"1"}'}})
    assert "values-differ" in adopted(world, "--auto-approve", code=4)


def test_parameters_write_their_own_value_again(world: World) -> None:
    script(world, parameters={"p": "v"}, Description="who wrote this", AllowedPattern="^v$")
    script(world, parameters={"host": "db"}, type_="String")
    world.declare(parameters={"p": {"value": "v"}, "host": {"plaintext": "db"}})
    said = adopted(world, "--auto-approve")
    assert "2 parameters get one version each, which takes 1 s" in said
    assert world.parameter("p")["Version"] == 2
    assert world.parameter("p")["Description"].startswith("who wrote this [r1:2:")
    assert world.parameter("p")["AllowedPattern"] == "^v$"
    assert world.parameter_value("p") == "v"
    assert world.parameter_tags("p")["reconciler:owner"] == "test/production"
    assert world.changes() == {}
    assert world.drift() == {}


def stopped(world: World, value: str) -> None:
    """An adoption of a parameter that ended between its tags and its stamp."""
    script(world, {}, {"p": value})
    owner = {"Key": "reconciler:owner", "Value": "test/production"}
    world.client("ssm").add_tags_to_resource(
        ResourceType="Parameter", ResourceId=f"{PREFIX}/p", Tags=[owner]
    )


def test_an_adoption_that_stopped_half_way_goes_on(world: World) -> None:
    stopped(world, "v")
    world.declare({}, {"p": {"value": "v"}})
    assert "parameter p: done" in adopted(world, "--auto-approve")
    assert world.parameter("p")["Version"] == 2
    assert world.changes() == {}


def test_what_was_written_outside_is_no_business_of_adopt_until_it_is_told(world: World) -> None:
    stopped(world, "theirs")
    world.declare({}, {"p": {"value": "v"}})
    assert "Nothing to adopt" in adopted(world, "--auto-approve")
    assert world.parameter("p")["Version"] == 1
    assert [change.action for change in world.changes().values()] == ["update"]
    adopted(world, "--take", "git", "--auto-approve")
    assert world.parameter_value("p") == "v"
    assert world.changes() == {}


def test_take_git_overwrites_by_compare_and_swap(world: World) -> None:
    script(world, {"db": "old"}, {"p": "old"})
    world.declare({"db": {"value": "new"}}, {"p": {"value": "new"}})
    assert "values-differ" in adopted(world, "--auto-approve", code=4)
    world.between("UpdateSecretVersionStage", lambda: world.put_secret("db", "theirs"))
    assert "conflict" in adopted(world, "--take", "git", "--auto-approve", code=4)
    assert world.secret_value("db") == "theirs"
    assert world.parameter_value("p") == "new"
    adopted(world, "--take", "git", "--auto-approve")
    assert world.secret_value("db") == "new"
    assert world.changes() == {}


def test_declared_metadata_comes_with_the_adoption(world: World) -> None:
    tags = [{"Key": "theirs", "Value": "1"}]
    script(world, {"db": "v"}, Description="old", Tags=tags)
    world.declare({"db": {"value": "v", "description": "new", "tags": {"team": "a"}}})
    assert '"old" -> "new"' in adopted(world, "-o", "text")
    adopted(world, "--auto-approve")
    assert world.secret("db")["Description"] == "new"
    assert world.secret_tags("db")["theirs"] == "1"
    assert world.changes() == {}


def test_a_policy_that_nobody_has_seen_is_written(world: World) -> None:
    statement = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*",
                 "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}  # fmt: skip
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    script(world, {"db": "v"})
    world.declare({"db": {"value": "v", "resource_policy": policy}})
    adopted(world, "--auto-approve")
    assert world.changes() == {}
    answer = world.client("secretsmanager").get_resource_policy(SecretId=f"{PREFIX}/db")
    assert json.loads(answer["ResourcePolicy"]) == policy


def test_a_generated_or_external_secret_is_not_read(world: World) -> None:
    script(world, {"made": "v", "theirs": "w"})
    world.declare({"made": {"generate": {"length": 20}}, "theirs": {"external": True}})
    adopted(world, "--auto-approve")
    assert world.calls["BatchGetSecretValue"] == 0
    assert world.secret_value("made") == "v"
    assert world.changes() == {}
    assert world.drift() == {}


def test_a_rotated_secret_is_not_read_and_its_schedule_comes_next(world: World) -> None:
    function = world.deploy()
    script(world, {"db": "v"})
    manager = world.client("secretsmanager")
    manager.rotate_secret(
        SecretId=f"{PREFIX}/db", RotationLambdaARN=function,
        RotationRules={"ScheduleExpression": "rate(10 days)"}, RotateImmediately=True,
    )  # fmt: skip
    assert world.aws.wait_for_rotations()
    world.declare({"db": {"value": "seed", "rotation": {**SCHEDULE, "schedule": "rate(20 days)"}}})
    adopted(world, "--auto-approve")
    assert world.calls["BatchGetSecretValue"] == 0
    assert list(world.changes()) == ["rotation:db"]
    world.converge()
    assert world.secret_value("db") == "rotated"


def test_a_rotation_that_git_does_not_know_is_refused(world: World) -> None:
    function = world.deploy()
    script(world, {"db": "v"})
    world.client("secretsmanager").rotate_secret(
        SecretId=f"{PREFIX}/db", RotationLambdaARN=function,
        RotationRules={"ScheduleExpression": "rate(10 days)"}, RotateImmediately=True,
    )  # fmt: skip
    assert world.aws.wait_for_rotations()
    world.declare({"db": {"value": "git"}})
    said = adopted(world, "--take", "git", "--auto-approve", code=4)
    assert "refused[rotation-dropped]" in said
    assert world.secret_value("db") == "rotated"


def test_what_others_hold_is_refused(world: World) -> None:
    stack = [{"Key": "stack", "Value": "net"}]
    other = [{"Key": "reconciler:owner", "Value": "test/staging"}]
    script(world, {"stack": "v"}, {"stack": "v"}, Tags=stack)
    script(world, {"other": "v"}, {"other": "v"}, Tags=other)
    script(world, {"gone": "v"})
    world.client("secretsmanager").delete_secret(SecretId=f"{PREFIX}/gone")
    world.aws.after.append(as_cloudformation_tags)
    both = {"stack": {"value": "v"}, "other": {"value": "v"}}
    world.declare(both | {"gone": {"value": "v"}}, both)
    said = adopted(world, "--auto-approve", code=4)
    assert said.count("refused[held-elsewhere]: the CloudFormation stack net holds it") == 2
    assert said.count("refused[other-owner]: it is owned by test/staging") == 2
    assert "refused[pending-deletion]" in said
    assert not any(world.calls[name] for name in ("TagResource", "PutParameter"))


def test_a_description_without_room_for_the_mark_is_refused(world: World) -> None:
    script(world, parameters={"p": "v"}, Description="d" * 900)
    world.declare(parameters={"p": {"value": "v"}})
    assert "refused[too-long]" in adopted(world, "--auto-approve", code=4)


def test_a_value_that_aws_does_not_hand_out_is_refused(world: World) -> None:
    script(world, {"db": "v", "other": "v"})
    world.declare({"db": {"value": "v"}, "other": {"value": "v"}})

    def deny(operation: str, body: Any) -> tuple[int, str, str] | None:
        if operation == "BatchGetSecretValue":
            return 400, "AccessDeniedException", "no"
        return None

    world.aws.hooks.append(deny)  # type: ignore[arg-type]
    said = adopted(world, "--auto-approve", code=1)
    assert "the role needs the permission for BatchGetSecretValue" in said


def test_names_limit_it_and_a_wrong_one_is_told(world: World) -> None:
    script(world, {"a": "v", "b": "v"})
    world.declare({"a": {"value": "v"}, "b": {"value": "v"}})
    adopted(world, "a", "--auto-approve")
    assert world.secret_tags("b") == {}
    said = adopted(world, "bb", "-o", "json", code=64)
    assert "production has no secret or parameter bb. Did you mean b?" in said
    adopted(world, f"{PREFIX}/b", "--auto-approve")
    assert "Nothing to adopt" in adopted(world, "--auto-approve")


def test_a_plan_with_a_digest_that_a_workflow_can_review(world: World, tmp_path: Path) -> None:
    script(world, {"a": "v", "b": "v"})
    world.declare({"a": {"value": "v"}, "b": {"value": "v"}})
    saved = tmp_path / "adopt.json"
    shown = json.loads(command(world, "adopt", "production", "-o", "json").out)
    assert shown["summary"]["adopt"] == 2
    adopted(world, "--out", str(saved))
    assert json.loads(saved.read_text())["digest"] == shown["digest"]
    assert json.loads(command(world, "show", str(saved), "-o", "json").out) == shown
    adopted(world, "--digest", "0" * 64, code=3)
    # One of two was done before a crash: the reviewed plan goes on with the other.
    adopted(world, "a", "--auto-approve")
    adopted(world, "--digest", shown["digest"], code=3)
    assert "already in effect" in adopted(world, "--plan", str(saved))
    assert world.changes() == {}
    adopted(world, "--plan", str(saved))


def test_a_value_that_moved_since_the_review_is_stale(world: World, tmp_path: Path) -> None:
    script(world, {"a": "v", "b": "v"})
    world.declare({"a": {"value": "v"}, "b": {"value": "v"}})
    saved = tmp_path / "adopt.json"
    adopted(world, "--out", str(saved))
    world.put_secret("a", "v")
    said = adopted(world, "--plan", str(saved), code=3)
    assert "AWSCURRENT moved" in said
    assert world.secret_tags("b") == {}


def test_without_a_terminal_it_has_to_be_told(world: World) -> None:
    assert "--auto-approve" in adopted(world, code=64)
    assert "only show" in adopted(world, "-o", "json", "--auto-approve", code=64)
    assert "exclude each other" in adopted(world, "--digest", "1" * 64, "--plan", "x", code=64)
    assert not world.calls


def test_it_asks_on_a_terminal(world: World) -> None:
    script(world, {"db": "v"})
    world.declare({"db": {"value": "v"}})
    code, _ = in_terminal(world, "adopt", "production", answer="no")
    assert code == 1
    assert world.secret_tags("db") == {}
    code, shown = in_terminal(world, "adopt", "production", answer="yes")
    assert code == 0, shown
    assert world.changes() == {}


def test_terraform_lets_go_of_what_is_adopted(world: World, tmp_path: Path) -> None:
    script(world, {"db": "v", "other": "v"})
    world.declare({"db": {"value": "v"}})
    arn = world.secret("db")["ARN"]
    name = f"{PREFIX}/db"
    resources = [
        ("aws_secretsmanager_secret", "db", {"name": name, "arn": arn}, None),
        ("aws_secretsmanager_secret_version", "db", {"arn": arn, "secret_string": "v"}, "module.a"),
        ("aws_secretsmanager_secret", "other", {"name": f"{PREFIX}/other"}, None),
    ]
    state = tmp_path / "state.json"
    state.write_text(
        json.dumps(
            {
                "version": 4,
                "resources": [
                    {"mode": "managed", "type": kind, "name": label, "module": module,
                     "instances": [{"attributes": attributes}]}
                    for kind, label, attributes, module in resources
                ],
            }
        )
    )  # fmt: skip
    said = command(world, "adopt", "production", "-o", "json", "--terraform-state", str(state))
    assert said.out.count("removed {") == 2
    assert "from = module.a.aws_secretsmanager_secret_version.db\n" in said.out
    assert "from = aws_secretsmanager_secret.db\n" in said.out
    assert "destroy = false" in said.out
    each = [
        {"index_key": "first", "attributes": {"name": name}},
        {"index_key": "it's\n", "attributes": {"name": name}},
        {"index_key": "other", "attributes": {"name": "/elsewhere"}},
    ]
    several = {"mode": "managed", "type": "aws_ssm_parameter", "name": "p", "instances": each}
    state.write_text(json.dumps({"version": 4, "resources": [several]}))
    said = command(world, "adopt", "production", "-o", "json", "--terraform-state", str(state)).out
    assert "removed" not in said
    assert "aws_ssm_parameter.p: 1 other stays with Terraform" in said
    assert """#   terraform state rm 'aws_ssm_parameter.p["first"]'\n""" in said
    assert "elsewhere" not in said
    assert 'other"]' not in said
    assert "not a Terraform state" in adopted(
        world, "-o", "json", "--terraform-state", "age-identity.txt", code=64
    )


@pytest.mark.parametrize("count", [120, pytest.param(1000, marks=pytest.mark.long)])
def test_equal_secrets_are_a_tag_and_a_look_each_and_a_read_for_twenty(
    world: World, count: int
) -> None:
    manager = world.client("secretsmanager")
    for number in range(count):
        manager.create_secret(Name=f"{PREFIX}/s{number:04}", SecretString=f"v{number}")
    world.declare({f"s{number:04}": {"value": f"v{number}"} for number in range(count)})
    adopted(world, "--auto-approve", "-q")
    lists = {name: world.calls.pop(name) for name in ("ListSecrets", "DescribeParameters")}
    assert lists["ListSecrets"] in (count // 100, count // 100 + 1)
    assert dict(world.calls) == {
        "GetCallerIdentity": 1, "BatchGetSecretValue": count // 20, "TagResource": count,
        "DescribeSecret": count,  # a list does not tell a replica of another account
    }  # fmt: skip
    assert world.changes() == {}


def test_nothing_of_it_leaks(world: World, tmp_path: Path) -> None:
    canaries = Canaries()
    same, other = canaries.plant(), canaries.plant()
    script(world, {"same": same, "differs": canaries.plant()}, {"p": same, "q": canaries.plant()})
    world.declare(
        {"same": {"value": same}, "differs": {"value": other}},
        {"p": {"value": same}, "q": {"value": other}},
    )
    commands = (
        ("adopt", "production", "-o", "json", "-vv"),
        ("adopt", "production", "--take", "git", "--out", "a.json"),
        ("adopt", "production", "--auto-approve", "-vv"),
        ("adopt", "production", "q", "--take", "live", "--auto-approve", "-vv"),
        ("adopt", "production", "--take", "git", "--auto-approve"),
    )
    assert search(world, canaries, tmp_path, commands) == []
    assert world.changes() == {}


def named(text: str) -> list[str]:
    """What a manifest declares, in its order."""
    return re.findall(r"^    (\S+):$", text, re.MULTILINE)


def test_take_live_puts_the_live_values_into_the_manifests(world: World) -> None:
    values = {"text": "théirs 😀", "map": '{"a":"1","n":{"b":"2"}}', "odd": '{"port": 5432}'}
    script(world, {**values, "raw": b"\xff\x00"}, {"p": '{"a":"1"}'})
    world.declare(
        {
            "text": {"value": "git"},
            "map": {"value": {"old": "1"}},
            "odd": {"value": {"port": "1"}, "description": "stays"},
            "raw": {"value": "AAE=", "binary": True},
        },
        {"p": {"value": "git"}},
    )
    before = world.tree.read("production/main.sops.yaml")
    world.tree.path("production/main.sops.yaml").write_text(f"# a comment that stays\n{before}")
    said = adopted(world, "--take", "live", "--auto-approve")
    assert "main.sops.yaml written" in said
    assert not any(world.calls[name] for name in ("TagResource", "PutParameter"))
    after = world.tree.read("production/main.sops.yaml")
    assert after.startswith("# a comment that stays\n")
    assert "description: stays" in after
    assert named(after) == named(before)
    adopted(world, "--auto-approve")
    assert world.changes() == {}
    assert {name: world.secret_value(name) for name in values} == values
    assert "No value" in adopted(world, "--take", "live", "--auto-approve")


def test_the_live_value_of_what_is_owned_is_taken_too(world: World) -> None:
    """Drift says so: somebody changed the value in the console, and that is the right one."""
    world.declare(
        {"map": {"value": {"user": "u", "password": "old"}}, "same": {"value": "s"}},
        {"p": {"value": "old"}},
    )
    world.converge()
    world.put_secret("map", '{"password":"new","user":"u"}')
    world.put_secret("same", "s")  # another version with git's value
    world.put_parameter("p", "new")
    told = command(world, "drift", "production", code=2).out
    assert "reconciler adopt production map --take live" in told
    said = adopted(world, "map", "p", "--take", "live", "--auto-approve")
    assert "main.sops.yaml written" in said
    assert not any(world.calls[name] for name in ("TagResource", "PutParameter"))
    versions = world.labels("map"), world.labels("same")
    adopted(world, "--auto-approve")
    assert (world.labels("map"), world.labels("same")) == versions
    assert world.changes() == {}
    command(world, "drift", "production")
    assert world.secret_value("map") == '{"password":"new","user":"u"}'
    assert world.parameter_value("p") == "new"


def test_take_live_leaves_clear_text_to_a_person(world: World) -> None:
    world.declare({}, {"host": {"plaintext": "db.internal"}})
    world.converge()
    world.put_parameter("host", "by-hand")
    before = world.calls.copy()
    said = adopted(world, "host", "--take", "live", "--auto-approve", code=64)
    assert "host: its value is in clear text: change `plaintext` in the manifest" in said
    assert "by-hand" not in said
    # The plan compares it; nothing is read once more to be written.
    assert world.calls["GetParameters"] - before["GetParameters"] <= 1


def test_take_live_refuses_what_no_manifest_can_say(world: World) -> None:
    script(world, {"line": "one line\n"})
    world.declare({"line": {"value": "git"}})
    said = adopted(world, "--take", "live", "--auto-approve", code=1)
    assert "line cannot be declared: its value is one line and ends with a newline" in said
    script(world, {"raw": b"x"})
    world.declare({"raw": {"value": "git"}})
    assert "holds binary in AWS" in adopted(world, "--take", "live", "--auto-approve", code=1)
    assert "run it by itself" in adopted(world, "--take", "live", "-o", "json", code=64)


def test_one_name_of_a_plan_that_was_saved_and_a_plan_of_one_name(
    world: World, tmp_path: Path
) -> None:
    """Of all others no word is said, and nothing is done."""
    script(world, {"a": "v", "b": "v", "c": "v"})
    world.declare({name: {"value": "v"} for name in "abc"})
    every, one = tmp_path / "every.json", tmp_path / "one.json"
    adopted(world, "--out", str(every))
    adopted(world, "b", "--out", str(one))
    said = adopted(world, "a", "--plan", str(every))
    assert "secret a: done" in said
    assert "warning" not in said
    said = adopted(world, "--plan", str(one))
    assert "secret b: done" in said
    assert "secret c" not in said
    assert "warning" not in said
    assert world.secret_tags("c") == {}
