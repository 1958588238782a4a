"""Rules that need neither key nor AWS: what manifests say in clear."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.rules.look import AGED, OTHER, look, of, secrets, told
from tests.trees import make_tree

HERE = "arn:aws:lambda:us-west-2:123456789012:function:rotate"
THERE = f"arn:aws:lambda:us-west-2:{OTHER}:function:rotate"
KEY = f"arn:aws:kms:us-west-2:{OTHER}:key/11111111-2222-3333-4444-555555555555"


def codes(found: list[str]) -> list[str]:
    return [line.split(" ")[1].rstrip(":") for line in found]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"value": "v"}, True),
        ({"generate": {}}, True),
        ({"value": "v", "rotation": "none"}, True),
        ({"value": "v", "max_age": "90 days"}, False),
        ({"value": "v", "rotation": {"lambda": HERE, "schedule": "rate(30 days)"}}, False),
        ({"external": True}, False),
    ],
)
def test_a_secret_that_nothing_rotates(fields: dict[str, Any], found: bool, tmp_path: Path) -> None:
    lines = told(tmp_path, {"production": {"secrets": {"db": fields}}})
    assert lines == (
        ["production/main.sops.yaml:2:5 never-rotated: nothing rotates db: it has neither a"
         " rotation nor a `max_age`"] if found else []
    )  # fmt: skip


def test_a_structure_that_another_environment_lacks(tmp_path: Path) -> None:
    tree = make_tree(
        tmp_path,
        {
            "production": {
                **secrets(
                    both={"value": {"user": "u", "inner": {"a": "1", "b": "2"}}},
                    only={"value": "v"},
                ),
                "parameters": {"p": {"plaintext": "1"}},
            },
            "staging": secrets(both={"value": {"user": "u", "inner": {"a": "1"}}}),
            "development": secrets(both={"value": "text"}, only={"value": "w"}),
        },
    )
    assert of(look(tree, key=False), tree) == [
        "production/main.sops.yaml:4:9 missing-elsewhere: the value of both has a `inner.b` here"
        " and not in staging",
        "production/main.sops.yaml:9:5 missing-elsewhere: only is declared here and not in staging",
        "production/main.sops.yaml:13:5 missing-elsewhere: p is declared here and not in"
        " development, staging",
    ]
    assert of(look(tree, "staging", key=False), tree) == []


def test_a_function_of_another_account(tmp_path: Path) -> None:
    inline = {"lambda": THERE, "schedule": "rate(30 days)"}
    found = told(
        tmp_path,
        {
            "production": {
                "settings": {
                    "schedules": {
                        "own": {"lambda": HERE, "schedule": "rate(7 days)"},
                        "other": {"lambda": THERE, "schedule": "rate(7 days)"},
                        "managed": {"schedule": "rate(7 days)"},
                    }
                },
                **secrets(a={"value": "v", "rotation": inline}),
            }
        },
    )
    assert codes(found) == ["foreign-lambda", "foreign-lambda"]
    assert "production/environment.sops.yaml:13:9" in found[0]
    assert f"schedule other: the rotation function is of account {OTHER}" in found[0]
    assert f"the rotation function of a is of account {OTHER}" in found[1]


def test_a_key_of_another_account(tmp_path: Path) -> None:
    replica = {"region": "eu-west-1", "kms_key": KEY.replace("us-west-2", "eu-west-1")}
    found = told(
        tmp_path,
        {
            "production": {
                "settings": {"kms_key": KEY},
                "secrets": {
                    "a": {"value": "v", **AGED, "kms_key": KEY},
                    "b": {"value": "v", **AGED, "kms_key": "alias/own", "replicas": [replica]},
                },
                "parameters": {"p": {"value": "v", "kms_key": KEY}},
            }
        },
    )
    assert codes(found) == ["foreign-key"] * 4
    assert f"the environment's KMS key is of account {OTHER}" in found[0]
    assert f"the KMS key of b in eu-west-1 is of account {OTHER}" in "\n".join(found)


def policy(**statement: Any) -> dict[str, Any]:
    allow = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [{**allow, **statement}]}


ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ({"Principal": "*"}, "wildcard-principal"),
        ({"Principal": {"AWS": "*"}}, "wildcard-principal"),
        ({"Principal": {"AWS": ["*"]}}, "wildcard-principal"),
        ({"NotPrincipal": {"AWS": f"arn:aws:iam::{OTHER}:root"}}, "wildcard-principal"),
        ({"Principal": "*", "Condition": ORG}, None),
        (
            {"Principal": "*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}},
            "wildcard-principal",
        ),
        (
            {"Principal": "*", "Condition": {"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}},
            "wildcard-principal",
        ),
        (
            {"Principal": "*", "Condition": {"StringLike": {"aws:PrincipalArn": ["*"]}}},
            "wildcard-principal",
        ),
        (
            {"Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
            "wildcard-principal",
        ),
        ({"Principal": "*", "Effect": "Deny"}, None),
        ({"Principal": {"Service": "lambda.amazonaws.com"}}, None),
        ({"Principal": {"AWS": "arn:aws:iam::123456789012:role/app"}}, None),
        ({"Principal": {"AWS": f"arn:aws:iam::{OTHER}:role/app"}}, "foreign-principal"),
        ({"Principal": {"AWS": ["123456789012", OTHER]}}, "foreign-principal"),
        ({"Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}, "Effect": "Deny"}, None),
    ],
)
def test_principals(statement: dict[str, Any], found: str | None, tmp_path: Path) -> None:
    declared = secrets(a={"value": "v", "resource_policy": policy(**statement)})
    lines = told(tmp_path, {"production": declared})
    assert codes(lines) == ([found] if found else [])
    if found:
        assert lines[0].startswith("production/main.sops.yaml:11:19 ")


def test_a_statement_that_is_no_list(tmp_path: Path) -> None:
    single = {**policy(), "Statement": policy(Principal="*")["Statement"][0]}
    declared = secrets(a={"value": "v", "resource_policy": single})
    assert codes(told(tmp_path, {"production": declared})) == ["wildcard-principal"]
