"""What each role may do: from the manifests, name by name, and not one action more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.access.iam.declare import (
    FUNCTION,
    KEY,
    PARAMETER,
    POLICY,
    PREFIX,
    SECRET,
    iam,
    tree,
    words,
)

READS = {
    "secretsmanager:GetSecretValue",
    "secretsmanager:BatchGetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "ssm:GetParameterHistory",
}
METADATA = {"UpdateSecret", "TagResource", "UntagResource"}
VALUE = {"CreateSecret", "PutSecretValue", "UpdateSecretVersionStage", "RestoreSecret"}
SCHEDULE = {"lambda": FUNCTION, "schedule": "rate(30 days)"}


def of(*names: str) -> set[str]:
    return {f"secretsmanager:{name}" for name in names}


def named(name: str) -> str:
    return f"{SECRET}{PREFIX}/{name}-??????"


@pytest.mark.parametrize("role", ["plan", "drift"])
def test_who_only_looks_may_list_and_describe(tmp_path: Path, role: str) -> None:
    made = tree(tmp_path, {"db": {"value": "v"}, "old": {"value": "v", "name": "prod-db"}},
                {"p": {"value": "v"}, "q": {"value": "v", "name": "/elsewhere/q"}})  # fmt: skip
    looks, describes, denies = iam(made, role, "production").policy["Statement"]
    assert (looks["Action"], looks["Resource"]) == (
        ["secretsmanager:ListSecrets", "ssm:DescribeParameters"], "*",
    )  # fmt: skip
    assert describes["Action"] == "secretsmanager:DescribeSecret"
    assert looks["Condition"] == {"StringEquals": {"aws:RequestedRegion": "us-west-2"}}
    # A pull request may add names that the role does not know.
    assert describes["Resource"] == [
        f"{SECRET}{PREFIX}/*", f"{SECRET}prod-db-??????", f"{SECRET}prod-db",
    ]  # fmt: skip
    assert denies["Effect"] == "Deny"
    assert denies["Resource"] == "*"
    assert set(denies["Action"]) == READS


def test_apply_denies_all_six_reads(tmp_path: Path) -> None:
    printed = iam(tree(tmp_path, {"db": {"value": "v"}}), "apply", "production")
    denied = printed.statement("NoValueIsRead")
    assert (denied["Effect"], denied["Resource"]) == ("Deny", "*")
    assert set(denied["Action"]) == READS


def test_apply_reads_the_secrets_of_which_git_owns_some_keys_and_no_other(tmp_path: Path) -> None:
    owned = {"value": {"host": "h"}, "rotation": SCHEDULE, "git_keys": ["host"]}
    made = tree(tmp_path, {"b": owned, "a": owned, "c": {"value": "v"}})
    printed = iam(made, "apply", "production")
    one, both = "secretsmanager:GetSecretValue", [named("a"), named("b")]
    allowed = printed.statement("GitKeys")
    assert (allowed["Effect"], allowed["Action"], allowed["Resource"]) == ("Allow", one, both)
    denied = printed.statement("NoOtherSecretIsRead")
    assert (denied["Effect"], denied["Action"], denied["NotResource"]) == ("Deny", one, both)
    assert "Resource" not in denied
    rest = printed.statement("NoValueIsRead")
    assert (rest["Effect"], rest["Resource"], set(rest["Action"])) == ("Deny", "*", READS - {one})
    for role in ("plan", "drift"):
        assert set(iam(made, role, "production").statement("NoValueIsRead")["Action"]) == READS


@pytest.mark.parametrize(
    ("declared", "actions"),
    [
        ({"value": "v"}, {*VALUE, *METADATA}),
        ({"generate": {"length": 20}}, {*VALUE, *METADATA}),
        ({"external": True}, {"RestoreSecret", *METADATA}),
        ({"value": "v", "rotation": SCHEDULE}, {*VALUE, *METADATA, "RotateSecret"}),
        ({"value": "v", "rotation": "weekly"}, {*VALUE, *METADATA, "RotateSecret"}),
        ({"rotation": SCHEDULE},
         {"RestoreSecret", *METADATA, "UpdateSecretVersionStage", "RotateSecret"}),
        ({"external": True, "rotation": "none"},
         {"RestoreSecret", *METADATA, "CancelRotateSecret"}),
        ({"external": True, "replicas": []},
         {"RestoreSecret", *METADATA, "RemoveRegionsFromReplication"}),
        ({"external": True, "replicas": [{"region": "eu-west-1"}]},
         {"RestoreSecret", *METADATA, "RemoveRegionsFromReplication", "ReplicateSecretToRegions"}),
        ({"external": True, "resource_policy": POLICY},
         {"RestoreSecret", *METADATA, "PutResourcePolicy", "GetResourcePolicy"}),
        ({"external": True, "resource_policy": "none"},
         {"RestoreSecret", *METADATA, "DeleteResourcePolicy", "GetResourcePolicy"}),
    ],
)  # fmt: skip
def test_apply_may_do_to_a_secret_what_its_fields_ask_for(
    tmp_path: Path, declared: dict[str, Any], actions: set[str]
) -> None:
    made = tree(tmp_path, {"db": declared}, schedules={"weekly": SCHEDULE})
    assert iam(made, "apply", "production").allowed(named("db")) == of(*actions)


def test_a_name_that_needs_less_is_not_given_more(tmp_path: Path) -> None:
    made = tree(tmp_path, {"a": {"value": "v"}, "b": {"external": True}, "c": {"value": "v"}})
    printed = iam(made, "apply", "production")
    assert printed.statement("Secrets1")["Resource"] == [named("a"), named("c")]
    assert printed.statement("Secrets2")["Resource"] == named("b")


def test_apply_writes_parameters_by_name_and_deletes_only_what_it_may_replace(
    tmp_path: Path,
) -> None:
    made = tree(tmp_path, None, {"p": {"value": "v"}, "q": {"value": "v", "replace": True}})
    printed = iam(made, "apply", "production")
    writes = {"ssm:PutParameter", "ssm:AddTagsToResource", "ssm:RemoveTagsFromResource",
              "ssm:ListTagsForResource"}  # fmt: skip
    assert printed.allowed(f"{PARAMETER}{PREFIX}/p") == writes
    assert printed.allowed(f"{PARAMETER}{PREFIX}/q") == writes | {"ssm:DeleteParameter"}


def test_names_outside_the_prefix(tmp_path: Path) -> None:
    made = tree(tmp_path, {"db": {"value": "v", "name": "prod-db"}},
                {"p": {"value": "v", "name": "bare"}})  # fmt: skip
    printed = iam(made, "apply", "production")
    assert of("PutSecretValue") < printed.allowed(f"{SECRET}prod-db-??????")
    assert "ssm:PutParameter" in printed.allowed(f"{PARAMETER}/bare")


def test_only_declared_functions_may_be_invoked(tmp_path: Path) -> None:
    other = FUNCTION.replace("rotate", "unused")
    made = tree(
        tmp_path,
        {"db": {"value": "v", "rotation": SCHEDULE}, "no": {"external": True, "rotation": "none"}},
        schedules={"spare": {"lambda": other, "schedule": "rate(7 days)"}},
    )
    printed = iam(made, "apply", "production")
    assert printed.statement("Rotate") == {
        "Sid": "Rotate", "Effect": "Allow", "Action": "lambda:InvokeFunction",
        "Resource": FUNCTION,
    }  # fmt: skip
    assert "lambda:" not in iam(made, "adopt", "production").out


def test_a_secret_may_rotate_with_its_own_function_alone(tmp_path: Path) -> None:
    """A function is handed the value: one of somebody else's would be a way to read it."""
    other = FUNCTION.replace("rotate", "other")
    made = tree(
        tmp_path,
        {"a": {"value": "v", "rotation": SCHEDULE}, "b": {"value": "v", "rotation": SCHEDULE},
         "c": {"value": "v", "rotation": {**SCHEDULE, "lambda": other}},
         "managed": {"external": True, "rotation": {"schedule": "rate(30 days)"}},
         "not": {"value": "v"}},
    )  # fmt: skip
    statements = [
        (words(s["Resource"]), s["Condition"])
        for s in iam(made, "apply", "production").policy["Statement"]
        if "secretsmanager:RotateSecret" in words(s["Action"])
    ]
    function = "secretsmanager:RotationLambdaARN"
    assert statements == [
        # A call that names none uses the secret's own.
        ([named("a"), named("b"), named("c"), named("managed")], {"Null": {function: "true"}}),
        ([named("c")], {"ArnEquals": {function: other}}),
        ([named("a"), named("b")], {"ArnEquals": {function: FUNCTION}}),
    ]
    assert "RotateSecret" not in iam(made, "adopt", "production").out


def test_a_resource_policy_may_not_open_a_secret_to_everybody(tmp_path: Path) -> None:
    made = tree(tmp_path, {"db": {"value": "v", "resource_policy": POLICY}, "e": {"value": "v"}})
    statement = iam(made, "apply", "production").statement("PutPolicies")
    assert statement["Resource"] == named("db")
    assert statement["Condition"] == {"Bool": {"secretsmanager:BlockPublicPolicy": "true"}}


def test_pruning_is_allowed_where_the_environment_prunes_and_only_of_what_is_ours(
    tmp_path: Path,
) -> None:
    secrets = {"db": {"value": "v"}}
    for folder in ("no", "yes"):
        (tmp_path / folder).mkdir()
    assert "Delete" not in iam(tree(tmp_path / "no", secrets), "apply", "production").out
    made = tree(tmp_path / "yes", secrets, prune=True)
    printed = iam(made, "apply", "production")
    ours = {"aws:ResourceTag/reconciler:owner": "test/production"}
    deletes = printed.statement("PruneSecrets")
    assert deletes["Resource"] == f"{SECRET}{PREFIX}/*"
    assert deletes["Condition"] == {
        "StringEquals": ours,
        # A deletion that cannot be taken back has none.
        "NumericGreaterThanEquals": {"secretsmanager:RecoveryWindowInDays": "7"},
    }
    for sid, resource in (("PruneReplicas", f"{SECRET}{PREFIX}/*"),
                          ("PruneParameters", f"{PARAMETER}{PREFIX}/*")):  # fmt: skip
        assert printed.statement(sid)["Resource"] == resource
        assert printed.statement(sid)["Condition"] == {"StringEquals": ours}
    assert "Prune" not in iam(made, "adopt", "production").out


def test_adopt_reads_what_git_declares_and_creates_nothing(tmp_path: Path) -> None:
    made = tree(
        tmp_path,
        {"db": {"value": "v", "rotation": SCHEDULE}, "gen": {"generate": {}}},
        {"p": {"value": "v", "replace": True}},
    )
    printed = iam(made, "adopt", "production")
    assert printed.allowed(named("db")) == of(
        *METADATA, "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"
    )
    assert printed.allowed(named("gen")) == of(*METADATA)
    assert printed.allowed(f"{PARAMETER}{PREFIX}/p") == {
        "ssm:PutParameter", "ssm:AddTagsToResource", "ssm:RemoveTagsFromResource",
        "ssm:ListTagsForResource", "ssm:GetParameters",
    }  # fmt: skip
    assert of("BatchGetSecretValue") < printed.allowed("*")


def test_adopt_creates_what_takes_over_a_value_and_reads_that_one_alone(tmp_path: Path) -> None:
    moved = {"moved_from": f"{PREFIX}/old"}
    made = tree(
        tmp_path,
        {"old": {"generate": {}}, "new": {"generate": {}, **moved}, "other": {"external": True},
         "far": {"external": True, "moved_from": "/another/team/login"}},
    )  # fmt: skip
    printed = iam(made, "adopt", "production")
    assert printed.allowed(named("new")) == of(*METADATA, "CreateSecret")
    assert printed.allowed(named("old")) == of(*METADATA, "GetSecretValue")
    assert printed.allowed(named("other")) == of(*METADATA)
    assert printed.statement("NoOtherSecretIsRead")["NotResource"] == named("old")
    assert "another" not in printed.out
    assert "BatchGet" not in str(printed.allowed("*"))
    assert "GetSecretValue" not in str(
        [s for s in iam(made, "apply", "production").policy["Statement"] if s["Effect"] == "Allow"]
    )


def test_a_reader_reads_what_is_declared_and_nothing_else(tmp_path: Path) -> None:
    made = tree(tmp_path, {"db": {"value": "v"}, "ext": {"external": True}}, {"p": {"value": "v"}})
    printed = iam(made, "reader", "production")
    assert printed.allowed(named("db")) == of("GetSecretValue")
    assert printed.allowed(named("ext")) == of("GetSecretValue")
    assert printed.allowed(f"{PARAMETER}{PREFIX}/p") == {"ssm:GetParameter", "ssm:GetParameters"}
    assert printed.allowed("*") == of("BatchGetSecretValue")
    assert {s["Effect"] for s in printed.policy["Statement"]} == {"Allow"}


def test_deep_drift_reads_all_policies_and_the_tags_of_what_declares_them(tmp_path: Path) -> None:
    made = tree(
        tmp_path,
        {"db": {"value": "v", "resource_policy": POLICY}, "no": {"value": "v"}},
        {"p": {"value": "v", "tags": {"a": "b"}}, "q": {"value": "v"}},
    )
    printed = iam(made, "drift", "production", "--deep")
    assert printed.allowed(named("db")) == of("GetResourcePolicy")
    assert printed.allowed(named("no")) == of("GetResourcePolicy")
    assert printed.allowed(f"{PARAMETER}{PREFIX}/p") == {"ssm:ListTagsForResource"}
    assert "tag:GetResources" in printed.allowed("*")
    assert printed.allowed(f"{PARAMETER}{PREFIX}/q") == set()
    (tmp_path / "bare").mkdir()
    bare = iam(tree(tmp_path / "bare", {}, {"q": {"value": "v"}}), "drift", "production", "--deep")
    assert "tag:GetResources" in bare.allowed("*"), "of tags that nobody declared"


def test_an_account_of_another_partition(tmp_path: Path) -> None:
    made = tree(tmp_path, {"db": {"value": "v"}}, {"p": {"value": "v"}}, region="cn-north-1")
    for statement in iam(made, "apply", "production").policy["Statement"]:
        for resource in words(statement["Resource"]):
            assert resource == "*" or resource.startswith("arn:aws-cn:")


# --- KMS -----------------------------------------------------------------------------------------


def keys(printed: Any) -> list[tuple[set[str], Any, Any]]:
    """Actions, resource and condition of each statement about KMS."""
    return [
        (set(words(s["Action"])), s["Resource"], s.get("Condition"))
        for s in printed.policy["Statement"]
        if s["Sid"].startswith(("Key", "Manifests"))
    ]


WRITES = {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}
# What Secrets Manager says in place of an ARN where it tries a key.
VALIDATES = "RequestToValidateKeyAccess"


def context(name: str, *arns: str, regions: tuple[str, ...] = ("us-west-2",)) -> dict[str, Any]:
    service = {"SecretARN": "secretsmanager", "PARAMETER_ARN": "ssm"}[name]
    return {
        "StringEquals": {"kms:ViaService": [f"{service}.{one}.amazonaws.com" for one in regions]},
        "StringLike": {f"kms:EncryptionContext:{name}": list(arns)},
    }


def test_keys_are_for_what_is_encrypted_under_them(tmp_path: Path) -> None:
    made = tree(
        tmp_path,
        {"db": {"value": "v"}, "old": {"value": "v", "name": "prod-db"}},
        {"s": {"value": "v", "tier": "Standard"}, "plain": {"plaintext": "x"}},
        kms_key=KEY,
    )
    arns = (f"{SECRET}{PREFIX}/*", f"{SECRET}prod-db-??????")
    secrets, read = context("SecretARN", VALIDATES, *arns), context("SecretARN", *arns)
    parameters = context("PARAMETER_ARN", f"{PARAMETER}{PREFIX}/*")
    assert keys(iam(made, "apply", "production")) == [
        ({"kms:Encrypt"}, KEY, parameters), (WRITES, KEY, secrets),
    ]  # fmt: skip
    assert keys(iam(made, "adopt", "production")) == [
        ({"kms:Encrypt", "kms:Decrypt"}, KEY, parameters), (WRITES, KEY, secrets),
    ]  # fmt: skip
    assert keys(iam(made, "reader", "production")) == [
        ({"kms:Decrypt"}, KEY, parameters), ({"kms:Decrypt"}, KEY, read),
    ]  # fmt: skip
    assert keys(iam(made, "plan", "production")) == []
    assert keys(iam(made, "drift", "production", "--deep")) == []


@pytest.mark.parametrize(
    ("tier", "actions"),
    [
        ("Standard", {"kms:Encrypt"}),
        ("Advanced", {"kms:GenerateDataKey"}),
        ("Intelligent-Tiering", {"kms:Encrypt", "kms:GenerateDataKey"}),
        (None, {"kms:Encrypt", "kms:GenerateDataKey"}),
    ],
)
def test_a_parameters_tier_decides_how_it_is_encrypted(
    tmp_path: Path, tier: str | None, actions: set[str]
) -> None:
    declared = {"value": "v", "kms_key": KEY, **({"tier": tier} if tier else {})}
    found = keys(iam(tree(tmp_path, None, {"p": declared}), "apply", "production"))
    assert found == [(actions, KEY, context("PARAMETER_ARN", f"{PARAMETER}{PREFIX}/*"))]


@pytest.mark.parametrize("key", ["alias/lagomo", "arn:aws:kms:us-west-2:123456789012:alias/lagomo"])
def test_an_alias_is_no_resource(tmp_path: Path, key: str) -> None:
    made = tree(tmp_path, {"db": {"value": "v"}}, kms_key=key)
    [(_, resource, condition)] = keys(iam(made, "apply", "production"))
    assert resource == "arn:aws:kms:us-west-2:123456789012:key/*"
    alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/lagomo"}}
    assert condition == {**context("SecretARN", VALIDATES, f"{SECRET}{PREFIX}/*"), **alias}


def test_a_key_of_before_decrypts_what_is_encrypted_again_and_yields_no_value(
    tmp_path: Path,
) -> None:
    """Through Secrets Manager alone, of these secrets alone, and every read stays denied."""
    old = KEY.replace("1111", "2222")
    made = tree(
        tmp_path,
        {"db": {"generate": {}, "kms_key": KEY, "previous_kms_keys": [old]}},
    )
    printed = iam(made, "apply", "production")
    secrets = context("SecretARN", VALIDATES, f"{SECRET}{PREFIX}/*")
    assert ({"kms:Decrypt"}, old, secrets) in keys(printed)
    denied = {
        action
        for statement in printed.policy["Statement"]
        if statement["Effect"] == "Deny"
        for action in words(statement["Action"])
    }
    assert denied >= READS
    assert "secretsmanager:ListSecretVersionIds" in printed.allowed(named("db"))
    assert old not in iam(made, "reader", "production").out


def test_awss_own_keys_need_nothing(tmp_path: Path) -> None:
    made = tree(
        tmp_path,
        {"db": {"value": "v", "kms_key": "alias/aws/secretsmanager"}},
        {"p": {"value": "v", "kms_key": "alias/aws/ssm"}, "q": {"value": "v"}},
    )
    for role in ("apply", "adopt", "reader"):
        assert keys(iam(made, role, "production")) == []


def test_a_replicas_key_is_in_its_own_region(tmp_path: Path) -> None:
    there = KEY.replace("us-west-2", "eu-west-1")
    made = tree(
        tmp_path,
        {"db": {"value": "v", "replicas": [{"region": "eu-west-1", "kms_key": there}]}},
    )
    arn = f"{SECRET}{PREFIX}/*".replace("us-west-2", "eu-west-1")
    assert keys(iam(made, "apply", "production")) == [
        (
            {"kms:Encrypt", "kms:GenerateDataKey"},
            there,
            context("SecretARN", arn, regions=("eu-west-1", "us-west-2")),
        )
    ]


def test_the_key_of_the_manifests_is_for_who_decrypts_them(tmp_path: Path) -> None:
    made = tree(tmp_path, {"db": {"value": "v"}})
    role = "arn:aws:iam::123456789012:role/decrypts"
    other = KEY.replace("1111", "9999")
    also = "".join(
        f"        - arn: {arn}\n          created_at: '2026-01-01'\n          enc: x\n{more}"
        for arn, more in ((KEY, ""), (other, f"          role: {role}\n"))
    )
    rules = made.read(".sops.yaml").rstrip() + f"\n    kms: {KEY},{other}+{role}\n"
    made.write(".sops.yaml", rules, encrypt=False)
    for name in ("production/environment.sops.yaml", "production/main.sops.yaml"):
        made.edit(name, "sops:\n", f"sops:\n    kms:\n{also}")
    for who in ("apply", "adopt"):
        found = iam(made, who, "production")
        assert found.statement("Manifests1")["Action"] == "kms:Decrypt"
        assert found.statement("Manifests1")["Resource"] == KEY
        assert found.statement("Manifests2")["Action"] == "sts:AssumeRole"
        assert found.statement("Manifests2")["Resource"] == role
    for who in ("plan", "drift", "reader"):
        assert "Manifests" not in iam(made, who, "production").out
