"""What an account needs around an environment, as one CloudFormation template: who may act, a key
for the manifests, and who is told of what happens. Read from the manifests in clear."""

from __future__ import annotations

from typing import Any

from reconciler.access.bootstrap import alarms, dispatch, events, key, parameters, roles, trail
from reconciler.access.bootstrap.called import stack
from reconciler.access.iam import GitHub
from reconciler.core.model import Scope
from reconciler.manifest import Cleartext

__all__ = ["BODY", "attached", "only_key", "stack", "template"]

BODY = 51_200  # bytes of a template that is sent itself; a larger one has to lie in S3


def template(declared: Cleartext, github: GitHub, *, deep: bool = False) -> dict[str, Any]:
    """The whole template. What two environments of one account share (GitHub's provider, a trail)
    each of them can make, and the second is told by a parameter that it is there. ``deep``: the
    drift role may read what `drift --deep` reads."""
    scope = declared.settings.scope
    parts = (
        roles.resources(declared, github, deep=deep),
        key.resources(scope),
        events.resources(scope, declared.resources(), github.branch),
        dispatch.resources(scope, github),
        trail.resources(scope),
        alarms.resources(scope, declared.resources()),
    )
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Around the secrets and parameters of {scope.owner_id} in {scope.region}",
        "Parameters": {**parameters.PARAMETERS, **key.parameters(scope)},
        "Conditions": parameters.CONDITIONS,
        "Resources": {name: made for part in parts for name, made in part.items()},
        "Outputs": {**roles.outputs(declared), **key.outputs(), **events.outputs()},
    }


def only_key(scope: Scope) -> dict[str, Any]:
    """The key alone, for manifests that there are not yet; :func:`template` updates this stack."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"The key of the manifests of {scope.owner_id} in {scope.region}",
        "Parameters": key.parameters(scope),
        "Resources": key.resources(scope, alone=True),
        "Outputs": key.outputs(),
    }


def attached(template: dict[str, Any]) -> dict[str, int]:
    """How many policies each role of a template has, by the role's name."""
    found = (made["Properties"] for made in template["Resources"].values())
    return {
        one["RoleName"]: len(one["ManagedPolicyArns"])
        for one in found
        if "ManagedPolicyArns" in one
    }
