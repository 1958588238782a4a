"""Statements of resource policies, and which of the rules of principals finds each."""

from __future__ import annotations

from typing import Any

from tests.rules.look import OTHER


def policy(**statement: Any) -> dict[str, Any]:
    allow = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [{**allow, **statement}]}


ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}

STATEMENTS: list[tuple[dict[str, Any], str | None]] = [
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
]
