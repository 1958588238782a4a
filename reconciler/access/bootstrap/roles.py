"""GitHub's provider, the roles of its workflows, and the policies of the application's readers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from reconciler.access import iam
from reconciler.access.bootstrap import called
from reconciler.access.bootstrap.parameters import MAKES_PROVIDER
from reconciler.access.iam import GitHub, Role
from reconciler.access.iam.trust import ISSUER, audiences
from reconciler.manifest import Cleartext

PROVIDER = "GitHubProvider"
# Seconds that a session of those that write may last, where a workflow asks for so many. AWS renews
# none, and an hour, its default, is about 10,800 parameters at 3 a second.
SESSION = 4 * 3600
_FROM_WORKFLOWS = (Role.APPLY, Role.ADOPT)


def resources(declared: Cleartext, github: GitHub, *, deep: bool = False) -> dict[str, Any]:
    """Each role with its policies in as many parts as AWS asks for; ``deep`` as :func:`statements`
    has it."""
    scope = declared.settings.scope
    found: dict[str, Any] = {
        PROVIDER: {
            "Type": "AWS::IAM::OIDCProvider",
            "Condition": MAKES_PROVIDER,
            # Another environment's roles may rest on it.
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "Url": f"https://{ISSUER}",
                "ClientIdList": audiences(scope.region),
            },
        }
    }
    for application in sorted(declared.settings.readers):
        found.update(_readers(declared, application))
    for role in Role:
        names = []
        for name, policy in _policies(declared, role, deep=deep and role is Role.DRIFT):
            found[name] = policy
            names.append(name)
        if role is not Role.READER:
            found[logical(role)] = {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": called.role(scope, role.value),
                    "Description": f"What `reconciler {role.value} {scope.environment}` calls",
                    "AssumeRolePolicyDocument": iam.trust(role, scope, _from(github, role)),
                    "ManagedPolicyArns": [{"Ref": name} for name in names],
                    **({"MaxSessionDuration": SESSION} if role in _FROM_WORKFLOWS else {}),
                },
            }
    return found


def logical(role: Role) -> str:
    """What a role is called in the template."""
    return f"{role.value.capitalize()}Role"


def outputs(declared: Cleartext) -> dict[str, Any]:
    """The roles for the workflows, and the policies for the roles of applications."""
    found: dict[str, Any] = {
        logical(role): {"Value": {"Fn::GetAtt": [logical(role), "Arn"]}}
        for role in Role
        if role is not Role.READER
    }
    for name, _ in _policies(declared, Role.READER):
        found[name] = {
            "Description": "For the role of whatever reads the values",
            "Value": {"Ref": name},
        }
    for application in sorted(declared.settings.readers):
        for name, _ in _readers(declared, application):
            found[name] = {
                "Description": f"For the role of {application}",
                "Value": {"Ref": name},
            }
    return found


def _policies(
    declared: Cleartext, role: Role, *, deep: bool = False
) -> Iterator[tuple[str, dict[str, Any]]]:
    name = called.role(declared.settings.scope, role.value)
    statements = iam.statements(declared, role, deep=deep)
    yield from _managed(f"{role.value.capitalize()}Policy", name, statements)


def _readers(declared: Cleartext, application: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The policy of one application. A logical name has no hyphen: that of `a-1` is not that of
    `a1`."""
    logical = "".join(w.capitalize() if w[0].isalpha() else f"N{w}" for w in application.split("-"))
    name = f"{called.role(declared.settings.scope, Role.READER.value)}-{application}"
    yield from _managed(f"Reader{logical}Policy", name, iam.application(declared, application))


def _managed(
    logical: str, name: str, statements: Sequence[iam.Statement]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, part in enumerate(iam.parts(statements), 1):
        made = {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "ManagedPolicyName": f"{name}-{number}",
                "PolicyDocument": iam.document(part),
            },
        }
        yield f"{logical}{number}", made


def _from(github: GitHub, role: Role) -> GitHub:
    """Apply and adopt each have a workflow of their own."""
    if role not in _FROM_WORKFLOWS:
        return github
    return replace(github, workflow=f".github/workflows/secrets-{role.value}.yml")
