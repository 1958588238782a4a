"""What somebody may do in AWS behind git's back: one row for each, on a resource of its own.

Each has a twin, in which the same came about by git: an earlier manifest declared ``before``, apply
wrote it, and git has been edited since.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.faults.direct import SCOPE
from tests.faults.function import SCHEDULE, clients
from tests.faults.scenes import POLICY

OURS, THEIRS = "alias/ours", "alias/theirs"
OTHER_FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:theirs"
SCHEDULED = {**SCHEDULE, "window": "3h"}
OPEN = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
EUROPE, ASIA = {"region": "eu-west-1"}, {"region": "ap-south-1"}
EXPIRES = {
    "Type": "Expiration",
    "Version": "1.0",
    "Attributes": {"Timestamp": "2099-01-01T00:00:00.000Z"},
}


@dataclass(frozen=True)
class Row:
    """``declared`` is what git says now, ``before`` what it said for the twin (None: nothing), and
    ``act`` what somebody does with the full name. ``found`` are the classes of what drift then
    tells, each with what happened; ``says`` is in the sentence of the first. ``deep``: only
    `drift --deep` sees it."""

    name: str
    declared: Mapping[str, Any]
    before: Mapping[str, Any] | None
    act: Callable[[str], object]
    found: tuple[str, ...]
    says: str
    deep: bool = False
    section: str = "secrets"

    @property
    def full(self) -> str:
        return SCOPE.under + self.name


def secret(**fields: Any) -> dict[str, Any]:
    return {"value": "one", "description": "d", "tags": {"a": "b", "c": "d"}, **fields}


def sm(operation: str, **more: Any) -> Callable[[str], object]:
    """A call of Secrets Manager."""
    return lambda name: getattr(clients["secretsmanager"], operation)(SecretId=name, **more)


def put(**more: Any) -> Callable[[str], object]:
    """A parameter written over."""
    return lambda name: clients["ssm"].put_parameter(Name=name, Overwrite=True, **more)


def tag(**tags: str) -> Callable[[str], object]:
    return lambda name: clients["secretsmanager"].tag_resource(
        SecretId=name, Tags=[{"Key": k.replace("__", ":"), "Value": v} for k, v in tags.items()]
    )


def untag(*keys: str) -> Callable[[str], object]:
    return sm("untag_resource", TagKeys=list(keys))


def policy(content: Any) -> Callable[[str], object]:
    return sm("put_resource_policy", ResourcePolicy=json.dumps(content))


def rotation(**change: Any) -> Callable[[str], object]:
    """The schedule set again, with this of it changed."""

    def act(name: str) -> None:
        rules = {"ScheduleExpression": "rate(30 days)", "Duration": "3h"}
        rules |= change.get("rules", {})
        if "AutomaticallyAfterDays" in rules:
            del rules["ScheduleExpression"]
        clients["secretsmanager"].rotate_secret(
            SecretId=name,
            RotateImmediately=False,
            RotationLambdaARN=change.get("function", SCHEDULE["lambda"]),
            RotationRules=rules,
        )

    return act


def tags_of(name: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = clients["secretsmanager"].describe_secret(SecretId=name)["Tags"]
    return found


def recreate(*, copies: bool = False) -> Callable[[str], object]:
    """A secret deleted at once, and another of its name made; ``copies``: with its tags."""

    def act(name: str) -> None:
        tags = tags_of(name) if copies else []
        client = clients["secretsmanager"]
        client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        client.create_secret(Name=name, SecretString="theirs", Tags=tags)

    return act


def recreate_parameter(name: str) -> None:
    clients["ssm"].delete_parameter(Name=name)
    clients["ssm"].put_parameter(Name=name, Value="theirs", Type="String")


def move_back(name: str) -> None:
    client = clients["secretsmanager"]
    stages = client.describe_secret(SecretId=name)["VersionIdsToStages"]
    at = {label: version for version, labels in stages.items() for label in labels}
    client.update_secret_version_stage(
        SecretId=name,
        VersionStage="AWSCURRENT",
        MoveToVersionId=at["AWSPREVIOUS"],
        RemoveFromVersionId=at["AWSCURRENT"],
    )


def edit_mark(name: str) -> None:
    (mark,) = (tag["Value"] for tag in tags_of(name) if tag["Key"] == "reconciler:spec")
    tag(reconciler__spec=mark.replace("version=", "version=0"))(name)


def unlist(name: str) -> None:
    """A tag of ours changed, and the mark that lists it emptied."""
    tag(a="theirs", reconciler__tags="c")(name)


def both(*acts: Callable[[str], object]) -> Callable[[str], None]:
    def act(name: str) -> None:
        for one in acts:
            one(name)

    return act


def parameter_tags(name: str) -> None:
    clients["ssm"].add_tags_to_resource(
        ResourceType="Parameter", ResourceId=name, Tags=[{"Key": "a", "Value": "theirs"}]
    )


def no_parameter_tags(*keys: str) -> Callable[[str], object]:
    return lambda name: clients["ssm"].remove_tags_from_resource(
        ResourceType="Parameter", ResourceId=name, TagKeys=list(keys)
    )


VALUE, CHANGED, WRITTEN = "outside value", "outside changed", "outside written"
DESCRIBED = secret(description="theirs")
ROTATES = secret(rotation=SCHEDULED)
SHARED = {"rotation": SCHEDULED, "git_keys": ["host"]}

SECRETS = (
    Row("value", secret(), secret(value="theirs"), sm("put_secret_value", SecretString="theirs"),
        (VALUE,), "the value was written outside"),
    Row("value_binary", secret(), secret(value="theirs"),
        sm("put_secret_value", SecretBinary=b"theirs"), (VALUE,), "the value was written outside"),
    Row("value_under_our_id", secret(), secret(value="theirs"),
        sm("put_secret_value", SecretString="theirs", ClientRequestToken="r1" + "5f" * 31),
        (VALUE,), "the value was written outside"),
    Row("value_and_description", secret(), secret(value="theirs", description="theirs"),
        both(sm("put_secret_value", SecretString="theirs"),
             sm("update_secret", Description="theirs")),
        (CHANGED, VALUE), 'description was "d" and is "theirs"'),
    Row("generated", {"generate": {}}, {"value": "theirs"},
        sm("put_secret_value", SecretString="theirs"),
        ("outside generated-value",), "it stays, since git does not know it"),
    Row("moved_back", secret(value="two"), secret(value="one"), move_back,
        (VALUE,), "the value was written outside"),
    Row("description", secret(), DESCRIBED, sm("update_secret", Description="theirs"),
        (CHANGED,), 'description was "d" and is "theirs"'),
    Row("description_removed", secret(), secret(description="none"),
        sm("update_secret", Description=""), (CHANGED,), 'description was "d" and is (none)'),
    Row("description_put", secret(description="none"), DESCRIBED,
        sm("update_secret", Description="theirs"), (CHANGED,), 'was (none) and is "theirs"'),
    Row("kms_key", secret(kms_key=OURS, previous_kms_keys=[THEIRS]),
        secret(kms_key=THEIRS, previous_kms_keys=[OURS]),
        sm("update_secret", KmsKeyId=THEIRS), (CHANGED,), f'was "{OURS}" and is "{THEIRS}"'),
    Row("tag", secret(), secret(tags={"a": "theirs", "c": "d"}), tag(a="theirs"),
        (CHANGED,), 'is {"a":"theirs","c":"d"}'),
    Row("tag_removed", secret(), secret(tags={"c": "d"}), untag("a"),
        (CHANGED,), 'is {"c":"d"}'),
    Row("tag_unlisted", secret(), secret(tags={"a": "theirs", "c": "d"}), unlist,
        (CHANGED,), 'is {"a":"theirs","c":"d"}'),
    Row("recovery_window", secret(recovery_window="7 days"), secret(recovery_window="30 days"),
        tag(reconciler__recovery="30"), (CHANGED,), "recovery_window was 7 and is 30"),
    Row("mark", secret(), DESCRIBED, edit_mark, ("outside mark",), "reconciler:spec was changed"),
    Row("policy", secret(resource_policy=POLICY), secret(resource_policy="none"),
        policy({**POLICY, "Id": "theirs"}), (CHANGED,), "resource_policy was", deep=True),
    Row("policy_removed", secret(resource_policy=POLICY), secret(resource_policy="none"),
        sm("delete_resource_policy"), (CHANGED,), "and is (none)", deep=True),
    Row("policy_put", secret(resource_policy="none"), secret(resource_policy=POLICY),
        policy(POLICY), (CHANGED,), "resource_policy was (none)", deep=True),
    Row("policy_opened", secret(resource_policy=POLICY), secret(resource_policy="none"),
        policy(OPEN), (CHANGED, "outside open-policy"), "resource_policy was", deep=True),
    Row("policy_open", secret(), secret(resource_policy=POLICY), policy(OPEN),
        ("outside open-policy",), "allows everybody", deep=True),
    Row("replica_removed", secret(replicas=[EUROPE]), secret(replicas=[]),
        sm("remove_regions_from_replication", RemoveReplicaRegions=["eu-west-1"]),
        (CHANGED,), "replicas was", deep=True),
    Row("replica_added", secret(replicas=[EUROPE]), secret(replicas=[ASIA, EUROPE]),
        sm("replicate_secret_to_regions", AddReplicaRegions=[{"Region": "ap-south-1"}]),
        (CHANGED,), "ap-south-1", deep=True),
    Row("deleted", secret(), None, sm("delete_secret"),
        ("outside deleting",), "deleted outside: it is pending deletion"),
    Row("deleted_at_once", secret(), None, sm("delete_secret", ForceDeleteWithoutRecovery=True),
        ("outside deleted",), "deleted outside"),
    Row("deleted_with_its_schedule", ROTATES, None,
        sm("delete_secret", ForceDeleteWithoutRecovery=True),
        ("outside deleted",), "deleted outside"),
    Row("re_created", secret(), None, recreate(), ("outside replaced",), "is not ours"),
    Row("re_created_with_tags", secret(), secret(value="theirs"), recreate(copies=True),
        (CHANGED, VALUE), 'description was "d" and is (none)'),
    Row("owner_removed", secret(), None, untag("reconciler:owner"),
        ("outside unmarked",), "its owner tags were removed or changed"),
    Row("owner_changed", secret(), None, tag(reconciler__owner="else/where"),
        ("outside unmarked",), "its owner tags were removed or changed"),
    Row("proof_removed", secret(), None, untag("reconciler:proof"),
        ("outside unmarked",), "its owner tags were removed or changed"),
    Row("marks_removed", secret(), None,
        untag("reconciler:owner", "reconciler:proof", "reconciler:spec", "reconciler:tags"),
        ("outside unmarked",), "its owner tags were removed or changed"),
    Row("rotation_off", ROTATES, secret(rotation="none"), sm("cancel_rotate_secret"),
        ("outside switched",), "rotation was switched off outside"),
    Row("rotation_on", secret(rotation="none"), ROTATES, rotation(),
        ("outside switched",), "rotation was switched on outside"),
    Row("rescheduled", ROTATES, secret(rotation={**SCHEDULED, "schedule": "rate(7 days)"}),
        rotation(rules={"ScheduleExpression": "rate(7 days)"}),
        ("outside rescheduled",), 'schedule was "rate(30 days)" and is "rate(7 days)"'),
    Row("rescheduled_in_days", ROTATES,
        secret(rotation={**SCHEDULED, "schedule": "rate(7 days)"}),
        rotation(rules={"AutomaticallyAfterDays": 365}),
        ("outside rescheduled",), 'is "every 365 days"'),
    Row("window", ROTATES, secret(rotation={**SCHEDULED, "window": "9h"}),
        rotation(rules={"Duration": "9h"}),
        ("outside rescheduled",), 'window was "3h" and is "9h"'),
    Row("function", ROTATES, secret(rotation={**SCHEDULED, "lambda": OTHER_FUNCTION}),
        rotation(function=OTHER_FUNCTION),
        ("outside rescheduled",), f'is "{OTHER_FUNCTION}"'),
    Row("git_keys", secret(value={"host": "one", "password": "p"}, **SHARED),
        secret(value={"host": "two", "password": "p"}, **SHARED),
        tag(reconciler__keys="5f" * 31), (VALUE,), "the value was written outside"),
)  # fmt: skip


def plain(**fields: Any) -> dict[str, Any]:
    return {"plaintext": "one", "description": "d", "replace": True, **fields}


def hidden(**fields: Any) -> dict[str, Any]:
    return {"value": "one", "replace": True, **fields}


TAGS = {"a": "b", "c": "d"}
ADVANCED = plain(tier="Advanced", parameter_policies=[EXPIRES])

_PARAMETERS = (
    Row("p_value", plain(), plain(plaintext="theirs"), put(Value="theirs"),
        (VALUE,), "the value was written outside by arn:aws:"),
    Row("p_secure_value", hidden(), hidden(value="theirs"), put(Value="theirs"),
        (VALUE,), "the value was written outside by arn:aws:"),
    Row("p_description", plain(), plain(description="theirs"),
        put(Value="one", Description="theirs"), (WRITTEN, VALUE), 'description is "theirs"'),
    Row("p_type", hidden(), {"plaintext": "one", "replace": True}, put(Value="one", Type="String"),
        (WRITTEN, VALUE), 'type is "String", and git declares "SecureString"'),
    Row("p_tier", plain(tier="Standard"), plain(tier="Advanced"),
        put(Value="one", Tier="Advanced"), (WRITTEN, VALUE), 'tier is "Advanced"'),
    Row("p_kms_key", hidden(kms_key=OURS), hidden(kms_key=THEIRS),
        put(Value="one", KeyId=THEIRS), (WRITTEN, VALUE), f'kms_key is "{THEIRS}"'),
    Row("p_pattern", plain(allowed_pattern="[a-z]+"), plain(allowed_pattern="[a-z]*"),
        put(Value="one", AllowedPattern="[a-z]*"), (WRITTEN, VALUE), 'is "[a-z]*"'),
    Row("p_policies", ADVANCED, plain(tier="Advanced", parameter_policies=[]),
        put(Value="one", Tier="Advanced", Policies="[]"),
        (WRITTEN, VALUE), "parameter_policies is (none)"),
    Row("p_data_type", plain(data_type="text"), None, recreate_parameter,
        ("outside replaced",), "is not ours"),
    Row("p_deleted", plain(), None, lambda name: clients["ssm"].delete_parameter(Name=name),
        ("outside deleted",), "deleted outside"),
    Row("p_re_created", plain(), None, recreate_parameter, ("outside replaced",), "is not ours"),
    Row("p_unmarked", plain(), None,
        both(put(Value="one", Description="theirs"), no_parameter_tags("reconciler:owner")),
        ("outside replaced",), "is not ours"),
    Row("p_tags", plain(tags=TAGS), plain(tags={**TAGS, "a": "x"}), parameter_tags,
        (CHANGED,), 'is {"a":"theirs","c":"d"}', deep=True),
    Row("p_tag_removed", plain(tags=TAGS), plain(tags={"c": "d"}), no_parameter_tags("a"),
        (CHANGED,), 'is {"c":"d"}', deep=True),
)  # fmt: skip
PARAMETERS = tuple(replace(row, section="parameters") for row in _PARAMETERS)

ROWS = (*SECRETS, *PARAMETERS)
