"""A KMS key for the manifests: what sops encrypts them with."""

from __future__ import annotations

from typing import Any

from reconciler.access.bootstrap import called, roles
from reconciler.access.iam import Role
from reconciler.aws.arn import arn
from reconciler.core.model import Scope

KEY = "ManifestsKey"


def resources(scope: Scope) -> dict[str, Any]:
    """The key and its name. Whoever loses it loses the manifests, so no stack takes it along."""
    root = arn("iam", scope.region, scope.account, "root", "")
    users = [{"Fn::GetAtt": [roles.logical(role), "Arn"]} for role in (Role.APPLY, Role.ADOPT)]
    statements: list[dict[str, Any]] = [
        # Without it nobody could ever change the key again: "the key becomes unmanageable".
        {
            "Sid": "Account",
            "Effect": "Allow",
            "Principal": {"AWS": root},
            "Action": "kms:*",
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


def outputs() -> dict[str, Any]:
    """What goes into `.sops.yaml`."""
    told = "For .sops.yaml, as `kms:` of the environment's rule"
    return {KEY: {"Description": told, "Value": {"Fn::GetAtt": [KEY, "Arn"]}}}
