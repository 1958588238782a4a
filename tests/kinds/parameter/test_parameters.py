"""Parameters, against the embedded AWS."""

from __future__ import annotations

import re
from typing import get_args

import botocore.session
import pytest

from reconciler.core.errors import ConflictError
from reconciler.core.reasons import Reason
from reconciler.kinds.parameter.terms import DataType
from reconciler.render import difference
from reconciler.sandbox.server import Drop
from tests.world import PREFIX, World

STAMP = re.compile(r"\[r1:(\d+):[0-9a-f]{6}:[0-9a-f]{56}:[0-9a-f]{16}:[0-9a-f]{32}\]$")


def test_a_parameter_carries_its_stamp_and_its_tags(world: World) -> None:
    world.declare(
        parameters={
            "host": {"plaintext": "db", "description": "Where", "tags": {"a": "b"}},
            "list": {"plaintext": ["x", "y"]},
            "url": {"value": "hidden"},
        }
    )
    world.converge()
    host = world.parameter("host")
    assert host["Description"].startswith("Where [r1:1:")
    assert STAMP.search(host["Description"])
    assert (host["Type"], world.parameter("list")["Type"]) == ("String", "StringList")
    assert world.parameter("url")["Type"] == "SecureString"
    assert world.parameter_value("url") == "hidden"
    assert world.parameter_value("list") == "x,y"
    assert world.parameter_tags("host") == {
        "a": "b",
        "reconciler:owner": "test/production",
        "reconciler:tags": "a",
    }


def test_undeclared_fields_are_sent_again_and_kept(world: World) -> None:
    kms = world.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/ours", TargetKeyId=key)
    full = {
        "value": "one",
        "description": "kept",
        "tier": "Advanced",
        "kms_key": "alias/ours",
        "allowed_pattern": "^[a-z]+$",
        "data_type": "text",
        "parameter_policies": [
            {
                "Type": "NoChangeNotification",
                "Version": "1.0",
                "Attributes": {"After": "30", "Unit": "Days"},
            }
        ],
    }
    world.declare(parameters={"url": full})
    world.converge()
    before = world.parameter("url")
    world.declare(parameters={"url": {"value": "two"}})
    world.converge()
    sent = next(body for called, body in reversed(world.aws.log) if called == "PutParameter")
    assert {"Description", "Tier", "KeyId", "AllowedPattern", "DataType"} <= set(sent)
    after = world.parameter("url")
    assert world.parameter_value("url") == "two"
    for field in ("Tier", "KeyId", "AllowedPattern", "DataType", "Policies"):
        assert after[field] == before[field], field
    assert after["Description"].startswith("kept [r1:2:")


def test_declared_absent_is_removed(world: World) -> None:
    world.declare(
        parameters={
            "host": {
                "plaintext": "db",
                "description": "a",
                "tier": "Advanced",
                "allowed_pattern": "^db$",
                "tags": {"a": "b", "c": "d"},
                "parameter_policies": [
                    {
                        "Type": "NoChangeNotification",
                        "Version": "1.0",
                        "Attributes": {"After": "30", "Unit": "Days"},
                    }
                ],
            }
        }
    )
    world.converge()
    ssm = world.client("ssm")
    ssm.add_tags_to_resource(
        ResourceType="Parameter",
        ResourceId=f"{PREFIX}/host",
        Tags=[{"Key": "theirs", "Value": "stays"}],
    )
    world.declare(
        parameters={
            "host": {
                "plaintext": "other",
                "description": "none",
                "allowed_pattern": "none",
                "tags": {"a": "e"},
                "parameter_policies": [],
            }
        }
    )
    world.converge()
    live = world.parameter("host")
    assert live["Description"].startswith("[r1:2:")
    assert "AllowedPattern" not in live
    assert not live.get("Policies")
    tags = world.parameter_tags("host")
    assert (tags["a"], tags["theirs"]) == ("e", "stays")
    assert "c" not in tags


def test_an_outside_write_is_seen_and_overwritten_only_as_planned(world: World) -> None:
    world.declare(parameters={"host": {"plaintext": "one"}})
    world.converge()
    world.put_parameter("host", "theirs")
    assert "parameter:host outside" in world.drift()
    change = world.changes()["parameter:host"]
    assert change.precondition == {"version": "2"}
    assert change.why is not None
    assert change.why.reason is Reason.WRITTEN_OUTSIDE
    assert (change.why.who or "").startswith("arn:")
    world.converge()
    assert world.parameter_value("host") == "one"


def test_an_outside_write_that_copies_the_description_is_seen(world: World) -> None:
    world.declare(parameters={"host": {"plaintext": "one"}})
    world.converge()
    world.put_parameter("host", "theirs", Description=world.parameter("host")["Description"])
    assert "parameter:host" in world.changes()


def test_a_copied_description_owns_nothing(world: World) -> None:
    world.declare(parameters={"host": {"plaintext": "one"}})
    world.converge()
    world.client("ssm").put_parameter(
        Name=f"{PREFIX}/other",
        Value="one",
        Type="String",
        Description=world.parameter("host")["Description"],
    )
    world.declare(parameters={"other": {"plaintext": "one"}})
    assert world.changes()["parameter:other"].code == "not-managed"
    world.settings(prune=True, guards={"max_prunes": 9})
    world.declare(parameters={"host": {"plaintext": "one"}})
    assert world.changes() == {}


def test_a_type_is_changed_in_place_and_the_plan_says_what_the_history_keeps(world: World) -> None:
    world.declare(parameters={"host": {"plaintext": "one"}})
    world.converge()
    world.declare(parameters={"host": {"value": "one"}})
    shown = world.cli("plan", "production").stdout
    assert "~ update host" in shown
    assert "note: its earlier versions stay readable without a KMS key" in shown
    assert "`replace: true` deletes them" in shown
    assert "Destructive" not in shown
    world.converge()
    assert (world.parameter("host")["Type"], world.parameter("host")["Version"]) == (
        "SecureString",
        2,
    )
    assert world.parameter_value("host") == "one"


def test_a_replacement_takes_the_history_with_it(world: World) -> None:
    world.declare(parameters={"host": {"plaintext": "one"}})
    world.converge()
    world.declare(parameters={"host": {"value": "one", "replace": True}})
    shown = world.cli("plan", "production").stdout
    assert "-/+ replace" in shown
    assert "earlier versions stay readable" not in shown
    world.converge()
    assert (world.parameter("host")["Type"], world.parameter("host")["Version"]) == (
        "SecureString",
        1,
    )


def test_what_needs_no_key_any_more_is_destructive(world: World) -> None:
    world.declare(parameters={"host": {"value": "one"}})
    world.converge()
    world.declare(parameters={"host": {"plaintext": "one"}})
    shown = world.cli("plan", "production").stdout
    assert "Destructive" in shown
    assert "lost: its encryption: whoever may read the parameter needs no KMS key any more" in shown
    world.converge()
    assert world.parameter("host")["Type"] == "String"


def test_a_type_that_somebody_flipped_is_drift_and_is_flipped_back(world: World) -> None:
    world.declare(parameters={"host": {"value": "one"}})
    world.converge()
    world.put_parameter("host", "one", Type="String")
    (found,) = world.drift().values()
    assert found.kind_of == "outside"
    assert 'type is "String", and git declares "SecureString"' in difference.sentence(found)
    world.converge()
    assert world.parameter("host")["Type"] == "SecureString"


@pytest.mark.parametrize("declared", ["aws:ssm:integration", "aws:ec2:image"])
def test_a_data_type_that_aws_acts_on_is_replaced_only_where_allowed(
    world: World, declared: str
) -> None:
    world.declare(parameters={"image": {"plaintext": "ami-12345678"}})
    world.converge()
    wanted = {"plaintext": "ami-12345678", "data_type": declared, "tier": "Advanced"}
    world.declare(parameters={"image": wanted})
    assert world.changes()["parameter:image"].code == "needs-replace"
    world.declare(parameters={"image": {**wanted, "replace": True}})
    assert world.changes()["parameter:image"].action == "replace"


def test_every_other_data_type_is_changed_in_place(world: World) -> None:
    world.declare(parameters={"port": {"plaintext": "1"}})
    world.converge()
    world.declare(parameters={"port": {"plaintext": "1", "data_type": "integer"}})
    assert world.changes()["parameter:port"].action == "update"


def test_the_data_types_are_those_of_aws() -> None:
    """botocore has them in the words of PutParameter alone."""
    model = botocore.session.get_session().get_service_model("ssm")
    said = model.operation_model("PutParameter").input_shape.members["DataType"].documentation
    listed = re.findall(r"<li> <p> <code>([^<]+)</code>", said)
    assert set(get_args(DataType)) == set(listed)


def test_a_tier_is_raised_in_place_and_lowered_by_replacement(world: World) -> None:
    world.declare(parameters={"host": {"plaintext": "one", "tier": "Standard"}})
    world.converge()
    world.declare(parameters={"host": {"plaintext": "one", "tier": "Advanced"}})
    assert world.changes()["parameter:host"].action == "update"
    world.converge()
    world.declare(parameters={"host": {"plaintext": "one", "tier": "Standard"}})
    assert world.changes()["parameter:host"].code == "needs-replace"
    world.declare(parameters={"host": {"plaintext": "one", "tier": "Standard", "replace": True}})
    world.converge()


def test_intelligent_tiering_is_no_difference(world: World) -> None:
    world.declare(parameters={"host": {"plaintext": "x" * 5000, "tier": "Intelligent-Tiering"}})
    world.converge()
    assert world.parameter("host")["Tier"] == "Advanced"


@pytest.mark.parametrize("effect", [True, False])
def test_a_lost_answer_is_looked_at_before_anything_is_repeated(world: World, effect: bool) -> None:
    """A blind repeat would make version 3 with the stamp of 2."""
    world.declare(parameters={"host": {"plaintext": "one"}})
    world.converge()
    world.declare(parameters={"host": {"plaintext": "two"}})
    lost: list[bool] = []

    def lose(operation: str, *_: object) -> None:
        if operation == "PutParameter" and not lost:
            lost.append(True)
            raise Drop

    if effect:
        world.aws.after.append(lose)
    else:
        world.aws.hooks.append(
            lambda operation, _: (
                (500, "InternalServerError", "x")
                if operation == "PutParameter" and not lost and not lost.append(True)  # type: ignore[func-returns-value]
                else None
            )
        )
    assert world.apply()["parameter:host"].status == "done"
    assert lost
    assert world.parameter("host")["Version"] == 2
    assert world.changes() == {}


def test_a_lost_answer_to_a_creation_is_success(world: World) -> None:
    world.declare(parameters={"host": {"plaintext": "one"}})
    lost: list[bool] = []

    def lose(operation: str, *_: object) -> None:
        if operation == "PutParameter" and not lost:
            lost.append(True)
            raise Drop

    world.aws.after.append(lose)
    assert world.apply()["parameter:host"].status == "done"
    assert world.parameter("host")["Version"] == 1


def test_a_writer_in_the_same_moment_is_reported(world: World) -> None:
    world.declare(parameters={"host": {"plaintext": "one"}})
    world.converge()
    world.declare(parameters={"host": {"plaintext": "two"}})
    world.between("PutParameter", lambda: world.put_parameter("host", "theirs"))
    outcome = world.apply()["parameter:host"]
    assert outcome.status == "conflict"
    assert isinstance(outcome.error, ConflictError)
    assert "version 2" in outcome.error.message
    world.aws.hooks.clear()
    world.converge()  # the stamp is mended
    history = world.client("ssm").get_parameter_history(Name=f"{PREFIX}/host")["Parameters"]
    assert [entry["Value"] for entry in history] == ["one", "theirs", "two", "two"]


def test_empty_pages_are_not_the_end(world: World) -> None:
    parameters = {f"p{n}": {"plaintext": "v"} for n in range(70)}
    world.declare(parameters=parameters)
    world.converge()
    for n in range(80):
        world.client("ssm").put_parameter(Name=f"/before/{n:03}", Value="v", Type="String")
    world.aws.empty_pages = True
    assert world.changes() == {}


def test_pruned_with_what_was_reviewed(world: World) -> None:
    world.declare(parameters={"a": {"plaintext": "v"}, "b": {"plaintext": "v"}})
    world.converge()
    world.declare(parameters={"b": {"plaintext": "v"}}, prune=True, guards={"max_prunes": 1})
    change = world.changes()["parameter:a"]
    assert (change.action, change.precondition) == ("prune", {"version": "1"})
    world.converge()
    left = world.client("ssm").describe_parameters()["Parameters"]
    assert [entry["Name"] for entry in left] == [f"{PREFIX}/b"]


def test_retiring_a_fingerprint_key_stamps_again(world: World) -> None:
    old, new = "5f" * 32, "a7" * 32
    world.declare(parameters={"host": {"plaintext": "v"}}, fingerprint_keys=[old])
    world.converge()
    world.settings(fingerprint_keys=[new, old])
    change = world.changes()["parameter:host"]
    assert change.value is not None
    assert change.value.write == "same"
    world.converge()
    world.settings(fingerprint_keys=[new])
    assert world.changes() == {}
