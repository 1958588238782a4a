"""Why a role has each of its permissions, for whoever reviews them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.kinds.statement import Statement

WHY: Mapping[str, str] = {
    "secretsmanager:ListSecrets": "see which version of each secret is live",
    "ssm:DescribeParameters": "see version and description of each parameter",
    "secretsmanager:DescribeSecret": "confirm what a list shows: it may be five minutes old",
    "secretsmanager:GetResourcePolicy": "see the policy before it is changed, and its drift",
    "secretsmanager:GetSecretValue": "apply: merge `git_keys`; adopt: compare, copy; reader: read",
    "secretsmanager:BatchGetSecretValue": "the same, 20 secrets a call",
    "secretsmanager:CreateSecret": "create what is declared; adopt: what takes over a value",
    "secretsmanager:PutSecretValue": "write a new version beside the live one",
    "secretsmanager:UpdateSecretVersionStage": "make that version live, or report a conflict",
    "secretsmanager:UpdateSecret": "change description or KMS key",
    "secretsmanager:TagResource": "write owner tags, marks and declared tags",
    "secretsmanager:UntagResource": "remove tags that are no longer declared",
    "secretsmanager:RestoreSecret": "restore a declared secret that is pending deletion",
    "secretsmanager:DeleteSecret": "prune, with `prune: true`: only what has the owner tag",
    "secretsmanager:RotateSecret": "set a schedule, or rotate now",
    "secretsmanager:CancelRotateSecret": "remove a schedule: `rotation: none`",
    "secretsmanager:PutResourcePolicy": "write a declared resource policy",
    "secretsmanager:DeleteResourcePolicy": "remove it: `resource_policy: none`",
    "secretsmanager:ValidateResourcePolicy": "let AWS check a policy before it is written",
    "secretsmanager:ReplicateSecretToRegions": "create declared replicas",
    "secretsmanager:RemoveRegionsFromReplication": "remove replicas that are not declared",
    "secretsmanager:ListSecretVersionIds": "see earlier versions",
    "lambda:InvokeFunction": "AWS asks it of whoever sets a schedule with this function",
    "ssm:PutParameter": "write a parameter; the record of what was applied is one",
    "ssm:AddTagsToResource": "write owner tags and declared tags",
    "ssm:RemoveTagsFromResource": "remove tags that are no longer declared",
    "ssm:ListTagsForResource": "see tags before they are changed: no list returns them",
    "ssm:DeleteParameter": "prune or replace",
    "ssm:GetParameter": "read one parameter",
    "ssm:GetParameters": "adopt: compare; reader: read",
    "ssm:GetParametersByPath": "read the parameters below a path",
    "ssm:GetParameterHistory": "read earlier values",
    "ssm:GetServiceSetting": "see whether this account has a higher quota",
    "tag:GetResources": "see tags of parameters, 100 a call",
    "kms:DescribeKey": "see which key an alias stands for, to compare the two",
    "kms:Decrypt": "read values, and manifests that are encrypted with this key",
    "kms:Encrypt": "write with this key",
    "kms:GenerateDataKey": "write with this key",
    "kms:CreateGrant": "let AWS encrypt replicas",
    "kms:ReEncryptFrom": "change the KMS key of a secret",
    "kms:ReEncryptTo": "change the KMS key of a secret",
}
DENIED = "no value is read, whatever else allows it"
HEADS = ("environment", "role", "effect", "action", "on", "resource", "condition", "why")


def rows(environment: str, role: str, statements: Sequence[Statement]) -> Iterator[Sequence[str]]:
    """A row for each action on each resource."""
    for one in statements:
        bound = "; ".join(
            f"{test} {key} {_plain(values)}"
            for test, keys in one.condition.items()
            for key, values in keys.items()
        )
        on = "all but" if one.others else "this"
        for action in one.actions:
            why = WHY[action] if one.effect == "Allow" else DENIED
            for resource in one.resources:
                yield (environment, role, one.effect.lower(), action, on, resource, bound, why)


def _plain(values: Sequence[str] | str) -> str:
    return values if isinstance(values, str) else ", ".join(values)
