"""GetResources of the tagging API, for parameters."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.embedded import Embedded

ARN = "arn:aws:ssm:us-west-2:123456789012:parameter"


def asked(aws: Embedded, arns: list[str], **more: Any) -> dict[str, Any]:
    """The tags by ARN."""
    client = boto3.client("resourcegroupstaggingapi", endpoint_url=aws.url)
    answer = client.get_resources(ResourceARNList=arns, **more)
    assert not answer["PaginationToken"]
    return {
        entry["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in entry["Tags"]}
        for entry in answer["ResourceTagMappingList"]
    }


def test_what_is_or_was_tagged_and_nothing_else(world: Any) -> None:
    """ "Returns all the tagged or previously tagged resources": of an untagged one an empty set.
    To ask for tags is not to tag.
    """
    ssm = world.client("ssm")
    for name in ("/app/a", "/app/b", "/app/c", "bare"):
        ssm.put_parameter(Name=name, Value="v", Type="String")
    for name in ("/app/a", "/app/b", "bare"):
        ssm.add_tags_to_resource(
            ResourceType="Parameter", ResourceId=name, Tags=[{"Key": "k", "Value": name}]
        )
    ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId="/app/b", TagKeys=["k"])
    assert (
        ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/app/c")["TagList"] == []
    )
    names = ("/app/a", "/app/b", "/app/c", "/bare", "/app/none")
    assert asked(world.aws, [ARN + name for name in names]) == {
        f"{ARN}/app/a": {"k": "/app/a"},
        f"{ARN}/app/b": {},
        f"{ARN}/bare": {"k": "bare"},
    }


def test_a_hundred_arns_and_nothing_beside_them(world: Any) -> None:
    """ResourceARNList: at most 100, and "You can't specify both this parameter and any of the
    pagination parameters".
    """
    with pytest.raises(ClientError, match="InvalidParameterException"):
        asked(world.aws, [f"{ARN}/a"], ResourcesPerPage=100)
    with pytest.raises(ClientError, match="less than or equal to 100"):
        asked(world.aws, [f"{ARN}/{n}" for n in range(101)])
