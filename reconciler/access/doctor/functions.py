"""Whether Secrets Manager may invoke the rotation functions that manifests name.

AWS checks it when a rotation is set up, and again each night that one is due.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from reconciler import kinds
from reconciler.access.doctor.check import Check, fails, ok, warning
from reconciler.aws.client import Aws, require
from reconciler.core.errors import AwsError
from reconciler.core.model import Scope
from reconciler.kinds.schedule import Schedule
from reconciler.manifest import Cleartext

SERVICE = "secretsmanager.amazonaws.com"
_INVOKE = "lambda:InvokeFunction"
_ACCOUNT, _ARN = "aws:sourceaccount", "aws:sourcearn"


def look(declared: Cleartext, aws: Aws) -> list[Check]:
    """Each function that a declared secret rotates with, or a schedule names; one call each. Of
    those that come with the reconciler only what rotates something is deployed."""
    scope = declared.settings.scope
    ours = {one.arn for one in declared.settings.functions.values()}
    users: dict[str, dict[str, str]] = {}
    for schedule in declared.settings.schedules.values():
        function = schedule.given("lambda") if isinstance(schedule, Schedule) else None
        if function is not None and function not in ours:
            users.setdefault(function, {})
    for resource in declared.resources().values():
        named = resource.fields.get("lambda")
        if isinstance(named, str):
            whole = kinds.holder(resource.key)
            arn = kinds.named(whole.kind).access.arn(scope, whole.name)
            users.setdefault(named, {})[whole.name] = arn

    def one(item: tuple[str, dict[str, str]]) -> Check:
        return _function(*item, scope, aws, comes_with_it=item[0] in ours)

    return aws.each(one, sorted(users.items()))


def _function(
    function: str, secrets: Mapping[str, str], scope: Scope, aws: Aws, *, comes_with_it: bool
) -> Check:
    permit = (
        f"aws lambda add-permission --function-name {function} --statement-id secrets-manager"
        f" --action {_INVOKE} --principal {SERVICE} --source-account {scope.account}"
    )
    deploy = f"deploy it; then {permit}"
    if comes_with_it:
        permit = deploy = f"deploy what reconciler rotation template {scope.environment} prints"
    try:
        answer = aws.call("lambda", "get_policy", FunctionName=function)
        policy = json.loads(require(answer, "Policy", "get_policy"))
    except AwsError as error:
        if error.aws_code == "ResourceNotFoundException":
            return fails("function", f"{function}: there is no such function, or nobody may invoke"
                         " it", deploy)  # fmt: skip
        return warning("function", f"{function}: cannot tell whether Secrets Manager may invoke it:"
                       f" {error.message}", "the role needs lambda:GetPolicy")  # fmt: skip
    except ValueError:
        policy = None
    allowed = [s for s in _list(_get(policy, "Statement")) if _invokes(s)]
    left = [
        name
        for name, arn in secrets.items()
        if not any(_for_secret(statement, arn, scope) for statement in allowed)
    ]
    if not allowed or (not secrets and not any(_for_account(s, scope) for s in allowed)):
        return fails("function", f"{function}: Secrets Manager may not invoke it", permit)
    if left:
        what = ", ".join(sorted(left)[:3]) + (" …" if len(left) > 3 else "")
        return fails("function", f"{function}: Secrets Manager may invoke it, and not for {what}",
                     permit)  # fmt: skip
    return ok("function", f"{function}: Secrets Manager may invoke it")


def _invokes(statement: Any) -> bool:
    service = _get(_get(statement, "Principal"), "Service")
    actions = _list(_get(statement, "Action"))
    return (
        _get(statement, "Effect") == "Allow"
        and (SERVICE in _list(service) or _get(statement, "Principal") == "*")
        and any(fnmatchcase(_INVOKE, str(action)) for action in actions)
    )


def _for_account(statement: Any, scope: Scope) -> bool:
    return all(
        any(fnmatchcase(scope.account, value) for value in values)
        for key, values in _conditions(statement)
        if key == _ACCOUNT
    )


def _for_secret(statement: Any, arn: str, scope: Scope) -> bool:
    """Whether a statement holds for a secret. AWS adds six characters to a secret's ARN, so any
    will do; a condition on anything else is taken to hold."""
    arn = arn.replace("-??????", "-AbCdEf")
    return _for_account(statement, scope) and all(
        any(fnmatchcase(arn, value) or value.startswith(arn.removesuffix("AbCdEf"))
            for value in values)
        for key, values in _conditions(statement)
        if key == _ARN
    )  # fmt: skip


def _conditions(statement: Any) -> Iterator[tuple[str, list[str]]]:
    conditions = _get(statement, "Condition")
    for tests in conditions.values() if isinstance(conditions, Mapping) else ():
        for key, values in tests.items() if isinstance(tests, Mapping) else ():
            yield str(key).lower(), [str(value) for value in _list(values)]


def _get(node: Any, name: str) -> Any:
    return node.get(name) if isinstance(node, Mapping) else None


def _list(node: Any) -> list[Any]:
    return node if isinstance(node, list) else [] if node is None else [node]
