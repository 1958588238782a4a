"""What of a parameter no list returns, read as it is."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.aws.client import Aws, require
from reconciler.core.model import JSON, Resource
from reconciler.kinds import tags


def deep(aws: Aws, resource: Resource) -> dict[str, JSON]:
    """The live tags that are ours, where tags are declared: one call. Raises AwsError."""
    declared = resource.fields.get("tags")
    if not isinstance(declared, Mapping):
        return {}
    answer = aws.call(
        "ssm",
        "list_tags_for_resource",
        ResourceType="Parameter",
        ResourceId=resource.key.name,
    )
    live = tags.from_list(require(answer, "TagList", "list_tags_for_resource"))
    return {"tags": dict(tags.managed(live, declared))}
