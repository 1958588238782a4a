"""Import writes manifests for what is live; after it, adopt, and nothing is left to plan."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.aws.pacing import Pacing
from reconciler.core.digest import canonical
from reconciler.kinds.represent import as_yaml, represent
from reconciler.values.sensitive import Sensitive
from tests.cli.test_commands import in_terminal
from tests.command import command
from tests.leaks.search import Canaries, search
from tests.operations.test_adopt import as_cloudformation_tags, script
from tests.world import FUNCTION, PREFIX, World

ODD = {
    "text": "one",
    "map": '{"a":"1","b":{"c":"é😀\\u0000"},"l":["x"]}',
    "spaced": '{"a": "1"}',
    "numbers": '{"port":5432}',
    "empty-map": "{}",
    "lines": "a\nb\n",
    "looks": "012",
    "yes": "yes",
    "odd": "tab\t \x7f \x85 \u2028 'quote\" \\ #no : {{x}} 😀",
    "bytes": b"\x00\xff",
}


@pytest.fixture
def empty(world: World) -> World:
    """A world whose environment declares nothing yet."""
    world.tree.path("production/main.sops.yaml").unlink()
    return world


def imported(world: World, *arguments: str, code: int = 0) -> str:
    return command(world, "import", "production", "--auto-approve", *arguments, code=code).said


def test_import_adopt_and_nothing_is_left(empty: World) -> None:
    script(empty, ODD, Description="what it is", Tags=[{"Key": "team", "Value": "a"}])
    script(empty, parameters={"app/p": "1.10", "app/q": '{"a":"1"}'}, Description="d")
    script(empty, parameters={"app/host": "db"}, type_="String", AllowedPattern="^d.*$")
    script(empty, parameters={"app/list": "a,b"}, type_="StringList", Tier="Advanced")
    assert "Imported: 14, 0 not." in imported(empty)
    assert len(empty.changes()) == 14
    assert {change.code for change in empty.changes().values()} == {"not-managed"}
    command(empty, "adopt", "production", "--auto-approve")
    assert empty.changes() == {}
    for name, value in ODD.items():
        if isinstance(value, str):
            assert empty.secret_value(name) == value
            assert len(empty.labels(name)) == 1
    assert empty.parameter_value("app/list") == "a,b"


def test_a_mapping_is_one_only_where_it_holds_strings_alone(empty: World) -> None:
    script(empty, {name: value for name, value in ODD.items() if name != "bytes"})
    imported(empty)
    text = empty.tree.read("production/map.sops.yaml")
    assert "                c: ENC[" in text
    assert "value: ENC[" not in empty.tree.read("production/spaced.sops.yaml")
    for name in ("numbers", "empty-map"):
        assert "value: ENC[" in empty.tree.read(f"production/{name}.sops.yaml")


def test_files_go_by_the_first_part_of_names_and_never_over_others(empty: World) -> None:
    empty.tree.write("production/db.sops.yaml", {"secrets": {"db/mine": {"value": "v"}}})
    before = empty.tree.read("production/db.sops.yaml")
    script(empty, {"db/mine": "v", "db/other": "v", "smtp/login": "v"}, {"db/pool": "9"})
    script(empty, {"environment": "v", "..odd+@=/x": "v"})
    said = imported(empty)
    assert empty.tree.read("production/db.sops.yaml") == before
    names = sorted(path.name for path in empty.tree.path("production").iterdir())
    assert names == [
        "db-2.sops.yaml", "db.sops.yaml", "environment-2.sops.yaml", "environment.sops.yaml",
        "odd.sops.yaml", "smtp.sops.yaml",
    ]  # fmt: skip
    assert "Imported: 5, 0 not." in said
    said = imported(empty)
    assert "Imported: 0, 0 not." in said
    assert f"nothing is below {PREFIX} in AWS that is not declared already" in said


def test_nothing_in_clear_unless_it_is_asked_for(empty: World) -> None:
    script(empty, parameters={"a/host": "db.internal"}, type_="String")
    script(empty, parameters={"a/list": "x,y"}, type_="StringList")
    script(empty, parameters={"a/secure": "hidden"})
    imported(empty)
    text = empty.tree.read("production/a.sops.yaml")
    assert "db.internal" not in text
    assert "type: String\n" in text
    empty.tree.path("production/a.sops.yaml").unlink()
    imported(empty, "--plaintext")
    text = empty.tree.read("production/a.sops.yaml")
    assert "plaintext: db.internal" in text
    assert "- x" in text
    assert "hidden" not in text
    command(empty, "adopt", "production", "--auto-approve")
    assert empty.changes() == {}


def test_where_rotation_is_on_the_schedule_is_declared_and_no_value(empty: World) -> None:
    empty.deploy()
    schedule = {"lambda": FUNCTION, "schedule": "rate(30 days)"}
    empty.settings(schedules={"monthly": schedule})
    script(empty, {"named": "v", "inline": "v", "days": "v"})
    for name, rules in (
        ("named", {"ScheduleExpression": "rate(30 days)"}),
        ("inline", {"ScheduleExpression": "cron(0 4 1 * ? *)", "Duration": "3h"}),
        ("days", {"AutomaticallyAfterDays": 20}),
    ):
        empty.client("secretsmanager").rotate_secret(
            SecretId=f"{PREFIX}/{name}", RotationLambdaARN=FUNCTION,
            RotationRules=rules, RotateImmediately=True,
        )  # fmt: skip
    assert empty.aws.wait_for_rotations()
    done = command(empty, "import", "production", "--auto-approve")
    assert done.calls["BatchGetSecretValue"] == 0
    assert "days: its schedule, in days, has no form in a manifest" in done.out
    assert "rotation: monthly" in empty.tree.read("production/named.sops.yaml")
    assert "window: 3h" in empty.tree.read("production/inline.sops.yaml")
    assert "external: true" in empty.tree.read("production/days.sops.yaml")
    command(empty, "adopt", "production", "--auto-approve")
    assert empty.changes() == {}


def test_kms_keys_are_written_where_they_differ(empty: World) -> None:
    keys = empty.client("kms")
    for alias in ("alias/usual", "alias/other"):
        keys.create_alias(AliasName=alias, TargetKeyId=keys.create_key()["KeyMetadata"]["KeyId"])
    empty.settings(kms_key="alias/usual")
    script(empty, {"usual": "v"}, KmsKeyId="alias/usual")
    script(empty, {"other": "v"}, KmsKeyId="alias/other")
    script(empty, {"default": "v"}, {"p": "v"})
    imported(empty)
    assert "kms_key" not in empty.tree.read("production/usual.sops.yaml")
    assert "kms_key: alias/other" in empty.tree.read("production/other.sops.yaml")
    assert "kms_key: alias/aws/secretsmanager" in empty.tree.read("production/default.sops.yaml")
    assert "kms_key: alias/aws/ssm" in empty.tree.read("production/p.sops.yaml")
    command(empty, "adopt", "production", "--auto-approve")
    assert empty.changes() == {}


def test_names_outside_the_prefix_are_written_in_full(empty: World) -> None:
    manager = empty.client("secretsmanager")
    manager.create_secret(Name="/old/app/db/login", SecretString="v")
    script(empty, {"db/login": "w"})
    imported(empty)
    imported(empty, "--prefix", "/old/app")
    text = empty.tree.read("production/old.sops.yaml")
    assert "old/app/db/login:" in text  # db/login is taken
    assert "name: /old/app/db/login" in text
    command(empty, "adopt", "production", "--auto-approve")
    assert empty.changes() == {}
    assert "like /app" in imported(empty, "--prefix", "/", code=64)


def test_what_cannot_be_declared_is_told(empty: World) -> None:
    script(empty, {"line": "one line\n", "fine": "v"})
    said = imported(empty, code=4)
    assert "not imported: secret line: its value is one line and ends with a newline" in said
    assert "Imported: 1, 1 not." in said
    shown = json.loads(imported(empty, "-o", "json", code=4))
    assert [entry["status"] for entry in shown["outcomes"]] == ["refused"]


def test_what_others_own_is_left_out(empty: World) -> None:
    script(empty, {"stack": "v"}, Tags=[{"Key": "stack", "Value": "net"}])
    script(empty, {"other": "v"}, Tags=[{"Key": "reconciler:owner", "Value": "test/staging"}])
    script(empty, {"gone": "v"})
    empty.client("secretsmanager").delete_secret(SecretId=f"{PREFIX}/gone")
    empty.aws.after.append(as_cloudformation_tags)
    said = imported(empty)
    assert "secret stack: it belongs to CloudFormation stack net" in said
    assert "secret other: it belongs to test/staging" in said
    assert "secret gone: it is pending deletion" in said


def test_a_value_that_aws_does_not_hand_out_is_told(empty: World) -> None:
    script(empty, {"db": "v"})

    def cut(operation: str, _: Any, answer: Any) -> None:
        if operation == "BatchGetSecretValue":
            answer.body = b"{}"

    empty.aws.after.append(cut)
    assert "does not return its value (TruncatedAnswer)" in imported(empty, code=4)


def test_it_asks_and_without_a_terminal_it_has_to_be_told(empty: World) -> None:
    script(empty, {"db": "v"})
    assert "--auto-approve" in command(empty, "import", "production", code=64).err
    code, shown = in_terminal(empty, "import", "production", answer="no")
    assert code == 1
    assert "db.sops.yaml: 1 to declare" in shown
    assert not empty.tree.path("production/db.sops.yaml").exists()


@pytest.mark.long
def test_a_thousand_of_each_import_and_adopt_to_an_empty_plan(
    empty: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pacing, "take", lambda *_: True)  # 1,000 parameters take 6 minutes in AWS
    script(empty, {f"s{n % 9}/s{n}": f"v{n}" for n in range(1000)})
    script(empty, parameters={f"p{n % 9}/p{n}": f"v{n}" for n in range(1000)})
    done = command(empty, "import", "production", "--auto-approve")
    assert "Imported: 2000, 0 not." in done.out
    assert done.calls["BatchGetSecretValue"] == 50
    assert done.calls["GetParameters"] == 100
    assert done.calls["ListSecrets"] in (10, 11)
    assert done.calls["DescribeParameters"] in (20, 21)
    counted = command(empty, "adopt", "production", "--auto-approve", "-q").calls
    lists = {name: counted.pop(name) for name in ("ListSecrets", "DescribeParameters")}
    assert lists["ListSecrets"] in (10, 11)
    # The list; by name, since a list may be old; and whether somebody else's tag is on them.
    assert lists["DescribeParameters"] in (60, 61)
    assert dict(counted) == {
        "GetCallerIdentity": 1, "BatchGetSecretValue": 50, "TagResource": 1000,
        "GetParameters": 100, "PutParameter": 1000, "AddTagsToResource": 1000,
        "GetResources": 10,  # whose it is, before its value is read
        "ListTagsForResource": 1000,  # whose it still is, and what to tag
    }  # fmt: skip
    assert empty.changes() == {}


TEXTS = st.text(min_size=1, max_size=40) | st.text(string.printable, min_size=1, max_size=40)
TREES = st.recursive(
    TEXTS | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TREES)
def test_what_a_manifest_says_is_what_was_live(content: Any) -> None:
    """In both forms, and read as YAML: the same text again."""
    from ruamel.yaml import YAML

    live = canonical(content)
    made = represent(Sensitive(live))
    again = json.loads(made.json.reveal())
    assert (again if isinstance(again, str) else canonical(again)) == live
    escaped = as_yaml(json.dumps({"value": again}))
    assert YAML(typ="safe", pure=True).load(escaped) == {"value": again}


def test_nothing_of_it_leaks(empty: World, tmp_path: Path) -> None:
    canaries = Canaries()
    script(empty, {"a": canaries.plant(), "m": json.dumps({"k": canaries.plant()})})
    script(empty, {"line": canaries.plant() + "\n"}, {"p": canaries.plant()})
    script(empty, parameters={"s": canaries.plant()}, type_="String")
    commands = (
        ("import", "production", "--auto-approve", "-vv"),
        ("import", "production", "--auto-approve", "-o", "json"),
        ("adopt", "production", "--auto-approve"),
    )
    assert search(empty, canaries, tmp_path, commands) == []
    assert empty.changes() == {}


def test_json_of_strings_is_a_mapping_however_it_is_written(empty: World) -> None:
    script(empty, {"app/loose": '{"b": "2",\n "a": "\\u00e9"}', "app/mixed": '{"port": 5432}',
                   "app/twice": '{"a":"1","a":"2"}'})  # fmt: skip
    said = imported(empty)
    text = empty.tree.read("production/app.sops.yaml")
    assert "a: ENC[" in text
    assert "b: ENC[" in text
    assert "port:" not in text
    assert "secret app/mixed: its JSON holds more than strings" in said
    assert "app/twice:" not in said
    before = empty.labels("app/loose")
    command(empty, "adopt", "production", "--auto-approve")
    assert empty.labels("app/loose") == before
    assert empty.changes() == {}


def test_names_without_a_slash_before_them(empty: World) -> None:
    """As most secrets are called that were not made with Parameter Store in mind."""
    secrets, parameters = empty.client("secretsmanager"), empty.client("ssm")
    for name in ("shop/prod/db", "shop/prod/smtp", "shop/production/db", "shop-prod-legacy"):
        secrets.create_secret(Name=name, SecretString=f"of {name}")
    parameters.put_parameter(Name="shop-prod-mode", Value="live", Type="String")
    assert "Imported: 2, 0 not." in imported(empty, "--prefix", "shop/prod")
    flat = ("--name", "shop-prod-legacy", "--name", "shop-prod-mode")
    assert "Imported: 2, 0 not." in imported(empty, *flat)
    assert "all of these are declared already" in imported(empty, *flat)
    said = imported(empty, "--name", "shop-prod-legacy", "--name", "shop-prod-nothing", code=64)
    assert "AWS has no secret or parameter shop-prod-nothing." in said
    assert "not both" in imported(empty, "--prefix", "/a", "--name", "b", code=64)
    assert "for AWS" in imported(empty, "--from", "state.json", "--name", "b", code=64)
    command(empty, "adopt", "production", "--auto-approve")
    assert empty.changes() == {}
    answer = secrets.get_secret_value(SecretId="shop-prod-legacy")
    assert answer["SecretString"] == "of shop-prod-legacy"
