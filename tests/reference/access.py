"""The roles, with each permission and why; and the events that an account tells of."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.access.bootstrap.template import WHO, bootstrap
from tests.access.iam.declare import FUNCTION, KEY, POLICY, iam, tree, words
from tests.reference.markdown import table
from tests.trees import Tree

ROLES = {
    "plan": "Plans pull requests: `plan --keyless`. Pull requests of the repository assume it.",
    "drift": "Finds drift, plans main and writes reports: `drift --keyless`, `plan --keyless`,"
    " `report`. Workflows on main assume it. `--deep` adds what `drift --deep` reads.",
    "apply": "Writes what was reviewed: `apply`, `set --apply`, `rotate`, `rollback`. Only"
    " secrets-apply on main assumes it, behind the GitHub Environment.",
    "adopt": "Starts and stops managing what exists: `adopt`, `release NAME`,"
    " `drift --read-values`. Only secrets-adopt on main assumes it, behind the GitHub Environment.",
    "reader": "Reads values: the application, `export --from aws`, `exec --from aws`. Whoever runs"
    " it assumes it; you write its trust policy.",
}
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


def _full(folder: Path) -> Tree:
    """An environment that needs every permission there is."""
    schedule = {"lambda": FUNCTION, "schedule": "rate(30 days)"}
    return tree(
        folder,
        {
            "a": {
                "value": {"u": "v"},
                "rotation": schedule,
                "git_keys": ["u"],
                "resource_policy": POLICY,
                "kms_key": KEY,
                "replicas": [{"region": "eu-west-1"}],
            },
            "b": {"value": "v", "rotation": "none", "resource_policy": "none", "replicas": []},
            "c": {"value": "v"},
        },
        {"p": {"value": "v", "kms_key": KEY}, "q": {"value": "v", "replace": True}},
        prune=True,
    )


def roles() -> str:
    """Each role: what for, and statement by statement what it may and why."""
    parts = []
    with tempfile.TemporaryDirectory() as place:
        made = _full(Path(place))
        for role, told in ROLES.items():
            more = ["--deep"] if role == "drift" else []
            policy = iam(made, role, "production", *more).policy
            rows = [row for statement in policy["Statement"] for row in _rows(statement)]
            rows = list(dict.fromkeys(rows))
            head = ("may", "on", "why")
            parts.append(f"### {role}\n\n{told}\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def _rows(statement: dict[str, Any]) -> list[tuple[str, ...]]:
    denied = statement["Effect"] == "Deny"
    if "NotResource" in statement:
        where = "all but what it needs"
    else:
        where = _where(words(statement["Resource"]))
    if statement.get("Condition"):
        keys = [key for test in statement["Condition"].values() for key in test]
        where += f"; bound by {', '.join(f'`{key}`' for key in dict.fromkeys(keys))}"
    actions = words(statement["Action"])
    if denied:
        what = f"**not** {', '.join(f'`{action}`' for action in actions)}"
        return [(what, where, "no value is read, whatever else allows it")]
    return [(f"`{action}`", where, WHY[action]) for action in actions]


def _where(resources: list[str]) -> str:
    if resources == ["*"]:
        return "everything"
    if any(resource.endswith("/*") for resource in resources):
        return "all below the prefix"
    kinds = {":secret:": "secrets", ":parameter/": "parameters", ":function:": "functions"}
    found = [word for part, word in kinds.items() if any(part in one for one in resources)]
    return f"declared {' and '.join(found)}, by name" if found else "declared keys"


def events() -> str:
    """What the template of `bootstrap` watches: rules, and alarms."""
    with tempfile.TemporaryDirectory() as place:
        resources = bootstrap(_full(Path(place)), "production", *WHO).template["Resources"]
    rules, alarms = [], []
    for name, one in sorted(resources.items()):
        properties = one.get("Properties", {})
        if one["Type"] == "AWS::Events::Rule":
            pattern = properties["EventPattern"]
            told = pattern["detail"].get("eventName") or pattern["detail-type"]
            shown = [word if isinstance(word, str) else next(iter(word.values())) for word in told]
            source = ", ".join(f"`{word}`" for word in pattern["source"])
            rules.append((name, source, ", ".join(f"`{word}`" for word in shown)))
        elif one["Type"] == "AWS::CloudWatch::Alarm":
            alarms.append((name, properties.get("AlarmDescription", "")))
    return (
        f"## Rules of EventBridge\n\n{table(('rule', 'source', 'events'), rules)}\n\n"
        f"## Alarms of CloudWatch\n\n{table(('alarm', 'means'), alarms)}"
    )
