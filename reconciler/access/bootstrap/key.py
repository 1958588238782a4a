"""A KMS key for the manifests: what sops encrypts them with."""

from __future__ import annotations

from typing import Any

from reconciler.access.bootstrap import called, roles
from reconciler.access.iam import Role
from reconciler.aws.arn import arn
from reconciler.core.model import Scope

KEY = "ManifestsKey"
_EDITORS = "Editors"

# What changes a key, and neither encrypts, decrypts nor lets somebody else: no CreateGrant.
_ADMINISTERS = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:Describe*",
    "kms:Disable*",
    "kms:Enable*",
    "kms:Get*",
    "kms:List*",
    "kms:PutKeyPolicy",
    "kms:RetireGrant",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:Update*",
)


def parameters(scope: Scope) -> dict[str, Any]:
    """Who edits the manifests with sops, which only the account knows."""
    return {
        _EDITORS: {
            "Type": "CommaDelimitedList",
            "Default": _root(scope),
            "Description": "ARNs of the roles and users who edit manifests: they too encrypt and"
            " decrypt. The account's root leaves it to IAM policies",
        }
    }


def resources(scope: Scope, *, alone: bool = False) -> dict[str, Any]:
    """The key and its name. Whoever loses it loses the manifests, so no stack takes it along.
    ``alone``: before there are roles that decrypt with it."""
    users = [{"Fn::GetAtt": [roles.logical(role), "Arn"]} for role in (Role.APPLY, Role.ADOPT)]
    statements: list[dict[str, Any]] = [
        # Without it nobody could ever change the key again: "the key becomes unmanageable". The
        # root of an account stands for whomever its IAM policies allow.
        {
            "Sid": "Account",
            "Effect": "Allow",
            "Principal": {"AWS": _root(scope)},
            "Action": list(_ADMINISTERS),
            "Resource": "*",
        },
        {
            "Sid": "Edit",
            "Effect": "Allow",
            "Principal": {"AWS": {"Ref": _EDITORS}},
            "Action": ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncrypt*"],
            "Resource": "*",
        },
        # The manifests may not name this key yet, and what `iam` prints allows those they name.
        {
            "Sid": "Decrypt",
            "Effect": "Allow",
            "Principal": {"AWS": users},
            "Action": "kms:Decrypt",
            "Resource": "*",
        },
    ]
    if alone:
        statements.pop()
    return {
        KEY: {
            "Type": "AWS::KMS::Key",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "Description": f"Manifests of {scope.owner_id}",
                "EnableKeyRotation": True,
                "PendingWindowInDays": 30,
                "KeyPolicy": {"Version": "2012-10-17", "Statement": statements},
            },
        },
        "ManifestsKeyAlias": {
            "Type": "AWS::KMS::Alias",
            "Properties": {
                "AliasName": f"alias/{called.stack(scope)}-manifests",
                "TargetKeyId": {"Ref": KEY},
            },
        },
    }


def _root(scope: Scope) -> str:
    return arn("iam", scope.region, scope.account, "root", "")


def outputs() -> dict[str, Any]:
    """What goes into `.sops.yaml`."""
    told = "For .sops.yaml, as `kms:` of the environment's rule"
    return {KEY: {"Description": told, "Value": {"Fn::GetAtt": [KEY, "Arn"]}}}
