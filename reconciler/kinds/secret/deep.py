"""What of a secret no list returns, read as it is."""

from __future__ import annotations

import json
from typing import Any

from reconciler.aws import Aws, require
from reconciler.errors import AwsError
from reconciler.kinds.secret.observe import describe
from reconciler.model import JSON, Resource


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
        declared = resource.fields["replicas"]
        found["replicas"] = _replicas(record.data.get("ReplicationStatus") or (), declared)
    return found


def _replicas(live: Any, declared: Any) -> list[JSON]:
    """Live replicas; the key of one only where the manifest names a key, since AWS always does."""
    keyed = {replica["region"] for replica in declared or () if "kms_key" in replica}
    return [
        {
            "region": entry["Region"],
            **({"kms_key": entry.get("KmsKeyId")} if entry["Region"] in keyed else {}),
        }
        for entry in sorted(live, key=lambda entry: str(entry["Region"]))
    ]
