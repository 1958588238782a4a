"""Revoke: a role is denied an environment's names, by an inline policy; nothing is deleted.

"An explicit deny in any of these policies overrides the allow", and each call is judged by itself:
sessions that the role has handed out already are denied too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from reconciler.aws.client import Aws
from reconciler.core.errors import AwsError, ReconcilerError, UsageError
from reconciler.core.model import JSON, Key, Scope

_ROLE = re.compile(
    r"(?:arn:[a-z-]+:iam::(?P<account>[0-9]{12}):role/(?:[!-~]*/)?)?"
    r"(?P<name>[A-Za-z0-9+=,.@_-]{1,64})\Z"
)


def role_name(role: str, scope: Scope) -> str:
    """The name of a role that is given by name or by ARN. Raises UsageError."""
    match = _ROLE.match(role)
    if match is None:
        raise UsageError(
            f"{role} is neither the name of a role nor its ARN",
            hint="give one as `aws iam list-roles` shows it",
        )
    if match["account"] not in (None, scope.account):
        raise UsageError(
            f"the role is of account {match['account']}, and {scope.environment} is in"
            f" {scope.account}",
            hint="a role's policy is changed in the role's own account",
        )
    return match["name"]


def policy_name(scope: Scope) -> str:
    """What the inline policy is called: one for each environment."""
    return "reconciler-revoked-" + re.sub(r"[^A-Za-z0-9+=,.@_-]", "-", scope.environment)


def policy(scope: Scope, declared: Iterable[Key]) -> dict[str, JSON]:
    """Deny everything below the prefix, and what is declared outside of it by name."""
    secret = f"arn:aws:secretsmanager:{scope.region}:{scope.account}:secret:"
    parameter = f"arn:aws:ssm:{scope.region}:{scope.account}:parameter/"
    below = scope.under.strip("/")
    secrets = [f"{secret}{scope.under}*"]
    # "If a user has access to a path, then the user can access all levels of that path": the path
    # itself is what GetParametersByPath is asked about.
    parameters = [f"{parameter}{below}/*", f"{parameter}{below}"]
    for key in sorted(declared):
        if key.name.startswith(scope.under):
            continue
        if key.kind == "secret":
            secrets.append(f"{secret}{key.name}-??????")
        elif key.kind == "parameter":
            parameters.append(parameter + key.name.lstrip("/"))
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "RevokedSecrets",
                "Effect": "Deny",
                "Action": "secretsmanager:*",
                "Resource": secrets,
            },
            {
                "Sid": "RevokedParameters",
                "Effect": "Deny",
                "Action": "ssm:*",
                "Resource": parameters,
            },
        ],
    }


def revoke(aws: Aws, role: str, scope: Scope, declared: Iterable[Key]) -> None:
    """Put the deny on a role; to repeat it does nothing more. Raises ReconcilerError."""
    document = json.dumps(policy(scope, declared))
    _call(aws, role, "put_role_policy", PolicyName=policy_name(scope), PolicyDocument=document)


def undo(aws: Aws, role: str, scope: Scope) -> bool:
    """Take the deny away; whether there was one. Raises ReconcilerError."""
    try:
        aws.call("iam", "get_role_policy", RoleName=role, PolicyName=policy_name(scope))
    except AwsError as error:
        if error.aws_code != "NoSuchEntity":
            raise
        _call(aws, role, "get_role")
        return False
    _call(aws, role, "delete_role_policy", PolicyName=policy_name(scope))
    return True


def _call(aws: Aws, role: str, operation: str, **parameters: Any) -> None:
    try:
        aws.call("iam", operation, RoleName=role, **parameters)
    except AwsError as error:
        if error.aws_code == "NoSuchEntity":
            raise ReconcilerError(
                f"there is no role {role}", code="role", hint="`aws iam list-roles` shows which are"
            ) from None
        if error.aws_code == "UnmodifiableEntity":
            raise ReconcilerError(
                f"{role} belongs to an AWS service, and only that changes its policies", code="role"
            ) from None
        raise
