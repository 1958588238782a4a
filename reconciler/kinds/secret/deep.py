"""What of a secret no list returns, read as it is."""

from __future__ import annotations

import json

from reconciler.aws.client import Aws, require
from reconciler.core.errors import AwsError
from reconciler.core.model import JSON, Resource
from reconciler.kinds.secret.observe import describe, replicas


def deep(aws: Aws, resource: Resource) -> dict[str, JSON]:
    """The live content of those declared fields that our mark only remembers, two calls at most.

    In the form in which the manifest declares them, so that they compare. Raises AwsError.
    """
    name = resource.key.name
    found: dict[str, JSON] = {}
    if "resource_policy" in resource.fields:
        answer = aws.call("secretsmanager", "get_resource_policy", SecretId=name)
        require(answer, "Name", "get_resource_policy")
        text = answer.get("ResourcePolicy")
        found["resource_policy"] = json.loads(text) if text else None
    if "replicas" in resource.fields:
        record = describe(aws, name)
        if record is None:
            raise AwsError(
                f"{name} was deleted while it was read",
                operation="DescribeSecret",
                aws_code="ResourceNotFoundException",
                hint="run again",
            )
        found["replicas"] = replicas(record, resource)
    return found
