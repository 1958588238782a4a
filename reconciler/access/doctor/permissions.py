"""What an identity may not do and plan or apply would need, and the drift role of `bootstrap` for
drift: by name.

Plan's calls are reads that return no value, so they are made. Apply's are not made: IAM is asked
what it would say to them (SimulatePrincipalPolicy). It looks at the identity's own policies, at its
permissions boundary and at the organisation's; not at key policies, resource policies and the
policy of a session.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.access.bootstrap import called
from reconciler.access.doctor.check import Check, fails, ok, warning
from reconciler.access.iam import Role, Statement, statements
from reconciler.aws.arn import arn
from reconciler.aws.client import Aws
from reconciler.core.errors import AwsError
from reconciler.core.model import Scope
from reconciler.manifest import Cleartext

ABSENT = "reconciler-doctor"  # a name below the prefix that nothing has

_SESSION = re.compile(r"arn:aws[a-z-]*:sts::([0-9]{12}):assumed-role/([^/]+)/")
_USER = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:user/")
_ROOT = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:root\Z")


def plan(declared: Cleartext, aws: Aws) -> Check:
    """Whether the identity may plan: by planning's own calls."""
    scope = declared.settings.scope
    absent = scope.under + ABSENT
    below = [{"Key": "Name", "Option": "BeginsWith", "Values": [scope.under]}]
    calls: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
        ("secretsmanager:ListSecrets", "secretsmanager", "list_secrets", {"MaxResults": 1}),
        ("secretsmanager:DescribeSecret", "secretsmanager", "describe_secret",
         {"SecretId": absent}),
        ("ssm:DescribeParameters", "ssm", "describe_parameters",
         {"MaxResults": 1, "ParameterFilters": below}),
    )  # fmt: skip
    missing, unknown = [], []
    for action, service, operation, parameters in calls:
        try:
            aws.call(service, operation, **parameters)
        except AwsError as error:
            if error.denied:
                missing.append(action)
            elif error.aws_code != "ResourceNotFoundException":
                unknown.append(f"{action} ({error.aws_code})")
    role = f"reconciler iam plan {scope.environment} prints what the role needs"
    if missing:
        return fails("plan", f"not allowed: {', '.join(missing)}", role)
    if unknown:
        return warning("plan", f"cannot tell: {', '.join(unknown)}", "run it again")
    return ok("plan", "all calls of a plan are allowed")


def apply(declared: Cleartext, principal: str, aws: Aws) -> Check:
    """Whether the identity may apply what is declared: as IAM says that it would."""
    scope = declared.settings.scope
    role = f"reconciler iam apply {scope.environment} prints what the role needs"
    if _ROOT.match(principal):
        return warning("apply", "the root user is allowed everything", "use a role instead")
    source = _source(principal, scope, aws)
    if source is None:
        return warning("apply", "cannot tell: IAM knows policies of users and roles only", role)
    wanted = [s for s in statements(declared, Role.APPLY) if s.effect == "Allow" and not s.optional]
    try:
        answers = aws.each(lambda statement: _simulated(statement, source, aws), wanted)
    except AwsError as error:
        return warning(
            "apply",
            f"cannot tell: {error.message}",
            f"it needs iam:SimulatePrincipalPolicy on {source}; {role}",
        )
    missing = sorted({action for denied, _ in answers for action in denied})
    unknown = sorted({action for _, open_ in answers for action in open_} - set(missing))
    if missing:
        return warning("apply", f"not allowed, so that this identity cannot apply:"
                       f" {', '.join(missing)}", role)  # fmt: skip
    if unknown:
        return warning("apply", "cannot tell, since it depends on what only the call will show:"
                       f" {', '.join(unknown)}", role)  # fmt: skip
    return ok("apply", "all calls of an apply are allowed by the identity's policies")


def drift(declared: Cleartext, aws: Aws) -> list[Check]:
    """Whether the role that `bootstrap` makes for drift may do what drift calls, as IAM says that
    it would. Nothing where there is no such role, or IAM may not be asked."""
    scope = declared.settings.scope
    role = called.role(scope, Role.DRIFT.value)
    usual = statements(declared, Role.DRIFT)
    more = statements(declared, Role.DRIFT, deep=True)[len(usual) :]

    def denied(wanted: Sequence[Statement], source: str) -> list[str]:
        asked = [one for one in wanted if one.effect == "Allow" and not one.optional]
        answers = aws.each(lambda statement: _simulated(statement, source, aws), asked)
        return sorted({action for found, _ in answers for action in found})

    try:
        source = str(aws.call("iam", "get_role", needs="Role", RoleName=role)["Role"]["Arn"])
        lacks, deeper = denied(usual, source), denied(more, source)
    except AwsError:
        return []
    if lacks:
        hint = f"reconciler iam drift {scope.environment} prints what the role needs"
        return [warning("drift", f"{role} may not call {', '.join(lacks)}", hint)]
    if deeper:
        return [
            ok("drift", f"{role} may make all calls of drift; for drift --deep it lacks"
               f" {', '.join(deeper)} (bootstrap --deep)")
        ]  # fmt: skip
    return [ok("drift", f"{role} may make all calls of drift, with --deep too")]


def _source(principal: str, scope: Scope, aws: Aws) -> str | None:
    """The ARN whose policies count. A session's has its role's name, and not the role's path."""
    if _USER.match(principal):
        return principal
    session = _SESSION.match(principal)
    if session is None:
        return None
    try:
        answer = aws.call("iam", "get_role", needs="Role", RoleName=session[2])
        return str(answer["Role"]["Arn"])
    except AwsError:
        return arn("iam", scope.region, session[1], f"role/{session[2]}", "")  # most have no path


def _simulated(statement: Statement, source: str, aws: Aws) -> tuple[list[str], list[str]]:
    """Actions of a statement that are denied, and those that depend on what is not known here.

    One of its resources stands for all: which are named, the statement's grouping says.
    """
    answer = aws.call(
        "iam",
        "simulate_principal_policy",
        needs="EvaluationResults",
        PolicySourceArn=source,
        ActionNames=list(statement.actions),
        ResourceArns=[_example(statement.resources[0])],
        ContextEntries=list(_context(statement)),
    )
    denied, unknown = [], []
    for result in answer["EvaluationResults"]:
        if result.get("EvalDecision") == "allowed":
            continue
        explicit = result.get("EvalDecision") == "explicitDeny"
        if result.get("MissingContextValues") and not explicit:
            unknown.append(str(result.get("EvalActionName")))
        else:
            denied.append(str(result.get("EvalActionName")))
    return denied, unknown


def _example(pattern: str) -> str:
    """An ARN that a pattern stands for."""
    return pattern if pattern == "*" else pattern.replace("??????", "AbCdEf").replace("*", "x")


def _context(statement: Statement) -> Iterator[dict[str, Any]]:
    """A request that meets the statement's conditions."""
    for operator, tests in statement.condition.items():
        if operator == "Null":
            continue  # met by what is not sent
        for key, values in tests.items():
            given: Sequence[str] = [values] if isinstance(values, str) else values
            yield {
                "ContextKeyName": key,
                "ContextKeyValues": [_example(value) for value in given],
                "ContextKeyType": _type(operator),
            }


def _type(operator: str) -> str:
    if operator.startswith("ForA"):
        return "stringList"
    if operator == "Bool":
        return "boolean"
    return "numeric" if operator.startswith("Numeric") else "string"
