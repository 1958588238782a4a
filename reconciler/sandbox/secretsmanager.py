"""Secrets Manager's operations, written after their text in the service model.

moto's own are bypassed; its backends hold the state, so that its other services see it. A secret's
life, its values, and lists have modules of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from . import resource_policy, rotation, secret_life, secret_lists, secret_values, shapes
from .call import Answer, Call
from .finding import changed, find, find_writable, refuse_pending
from .refusal import Refusal, invalid, invalid_parameter, invalid_request
from .secret_values import token_in

_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]+")
_SECRET_ID = re.compile(r"[A-Za-z0-9/_+=.@!:-]+")


def handle(call: Call) -> Answer | None:
    """Answer a call, or None for an operation that is left to moto."""
    operation = _OPERATIONS.get(call.operation)
    if operation is None:
        return None
    token = call.body.get("ClientRequestToken")
    if isinstance(token, str) and not 32 <= len(token) <= 64:
        raise invalid_parameter("ClientRequestToken must be 32-64 characters long.")
    shapes.check("secretsmanager", call.operation, call.body)
    _check_name(call.body)
    return operation(call)


def _check_name(body: dict[str, Any]) -> None:
    # Recorded on AWS: on every call, a forced deletion included. "!" is in names of AWS's own.
    for field, pattern in (("Name", _NAME), ("SecretId", _SECRET_ID)):
        if field in body and not pattern.fullmatch(body[field]):
            raise invalid(
                "Invalid name. Must be a valid name containing alphanumeric characters, "
                "or any of the following: -/_+=.@!"
            )


def put_resource_policy(call: Call) -> Answer:
    secret = find_writable(call)
    text = call.body["ResourcePolicy"]
    policy = resource_policy.parse(text)
    for principal in resource_policy.principals(policy):
        call.sandbox.settling.begin_once(principal, "principal")
        if call.sandbox.settling.lags(principal, "principal"):
            raise Refusal(
                "MalformedPolicyDocumentException",
                "This resource policy contains an unsupported principal.",
            )
    if call.body.get("BlockPublicPolicy") and resource_policy.is_public(policy):
        raise Refusal(
            "PublicPolicyException",
            "The BlockPublicPolicy parameter is set to true, and the resource policy did not "
            "prevent broad access to the secret.",
        )
    secret.policy = text
    changed(call, secret)
    return {"ARN": secret.arn, "Name": secret.name}


def get_resource_policy(call: Call) -> Answer:
    secret = find(call)
    refuse_pending(secret)
    answer: Answer = {"ARN": secret.arn, "Name": secret.name}
    if secret.policy is not None:
        answer["ResourcePolicy"] = secret.policy
    return answer


def delete_resource_policy(call: Call) -> Answer:
    secret = find_writable(call)
    secret.policy = None
    changed(call, secret)
    return {"ARN": secret.arn, "Name": secret.name}


def validate_resource_policy(call: Call) -> Answer:
    errors = []
    try:
        if resource_policy.is_public(resource_policy.parse(call.body["ResourcePolicy"])):
            errors.append("The resource policy grants public access.")
    except Refusal as refusal:
        errors.append(refusal.message)
    return {
        "PolicyValidationPassed": not errors,
        "ValidationErrors": [
            {"CheckName": "ResourcePolicy", "ErrorMessage": message} for message in errors
        ],
    }


def rotate_secret(call: Call) -> Answer:
    token = token_in(call)
    secret = find_writable(call, owned=True)
    rotation.rotate(call, secret, token)
    return {"ARN": secret.arn, "Name": secret.name, "VersionId": token}


def cancel_rotate_secret(call: Call) -> Answer:
    secret = find_writable(call, owned=True)
    if secret.enabled is None:
        raise invalid_request("Rotation is not enabled for this secret.")
    answer: Answer = {"ARN": secret.arn, "Name": secret.name}
    if secret.rotating is not None:
        answer["VersionId"] = secret.rotating
    rotation.cancel(secret)
    secret.enabled = False
    secret.next_rotation = None
    changed(call, secret)
    return answer


_OPERATIONS: dict[str, Callable[[Call], Answer]] = {
    "BatchGetSecretValue": secret_lists.batch_get_secret_value,
    "CancelRotateSecret": cancel_rotate_secret,
    "CreateSecret": secret_life.create_secret,
    "DeleteResourcePolicy": delete_resource_policy,
    "DeleteSecret": secret_life.delete_secret,
    "DescribeSecret": secret_lists.describe_secret,
    "GetResourcePolicy": get_resource_policy,
    "GetSecretValue": secret_values.get_secret_value,
    "ListSecretVersionIds": secret_lists.list_secret_version_ids,
    "ListSecrets": secret_lists.list_secrets,
    "PutResourcePolicy": put_resource_policy,
    "PutSecretValue": secret_values.put_secret_value,
    "RemoveRegionsFromReplication": secret_life.remove_regions_from_replication,
    "ReplicateSecretToRegions": secret_life.replicate_secret_to_regions,
    "RestoreSecret": secret_life.restore_secret,
    "RotateSecret": rotate_secret,
    "StopReplicationToReplica": secret_life.stop_replication_to_replica,
    "TagResource": secret_life.tag_resource,
    "UntagResource": secret_life.untag_resource,
    "UpdateSecret": secret_life.update_secret,
    "UpdateSecretVersionStage": secret_values.update_secret_version_stage,
    "ValidateResourcePolicy": validate_resource_policy,
}
