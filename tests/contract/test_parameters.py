"""What is assumed of Parameter Store."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract import switches
from tests.contract.account import Account
from tests.contract.assumption import assumes

STAMP = "[r1:1:abcdef:" + "0" * 56 + ":" + "1" * 16 + ":" + "2" * 32 + "]"
TAGS = [{"Key": "reconciler:owner", "Value": "contract/test"}]


def put(account: Account, what: str = "parameter", **given: Any) -> dict[str, Any]:
    answer: dict[str, Any] = account.parameters.put_parameter(
        **{"Name": account.name(what), "Value": "one", "Type": "String", "Tier": "Standard"} | given
    )
    return answer


def found(account: Account, *filters: dict[str, Any], **given: Any) -> list[dict[str, Any]]:
    """What the pages of a filtered list show, the empty ones included."""
    pages = account.parameters.get_paginator("describe_parameters").paginate(
        ParameterFilters=list(filters), **given
    )
    return [entry for page in pages for entry in page["Parameters"]]


def below(account: Account) -> dict[str, Any]:
    return {"Key": "Path", "Option": "Recursive", "Values": [account.prefix]}


def described(account: Account, what: str = "parameter") -> dict[str, Any]:
    name = {"Key": "Name", "Values": [account.name(what)]}
    (one,) = account.eventually(lambda: found(account, name))
    return dict(one)


@assumes(
    "P1, P4",
    "PutParameter writes value and description in one call; DescribeParameters returns the "
    "description and no value.",
    off=switches.asking("PutParameter", switches.forget("Description")),
)
def test_description_and_value_are_written_together(account: Account) -> None:
    put(account, Description=f"what it is {STAMP}")
    one = described(account)
    assert one["Description"] == f"what it is {STAMP}"
    assert "Value" not in one
    put(account, Value="two", Description=STAMP, Overwrite=True)
    account.eventually(lambda: described(account)["Description"] == STAMP)


def _off_by_one(document: dict[str, Any]) -> None:
    document["Version"] += document["Version"] > 1


@assumes(
    "P4",
    "Version: The new version number of a parameter. If you edit a parameter value, Parameter "
    "Store automatically creates a new version and assigns this new version a unique ID.",
    off=switches.answering("PutParameter", _off_by_one),
)
def test_versions_count_one_by_one(account: Account) -> None:
    versions = [put(account)["Version"]]
    versions += [put(account, Value=value, Overwrite=True)["Version"] for value in ("two", "three")]
    assert versions == [1, 2, 3]
    account.eventually(lambda: described(account)["Version"] == 3)


def _overwrites(body: dict[str, Any]) -> None:
    body["Overwrite"] = True


@assumes(
    "P5",
    "Overwrite: The default value is false.",
    off=switches.asking("PutParameter", _overwrites),
)
def test_what_exists_is_not_overwritten_unasked(account: Account) -> None:
    put(account)
    with pytest.raises(ClientError) as caught:
        put(account, Value="two")
    assert caught.value.response["Error"]["Code"] == "ParameterAlreadyExists"


def _changes_type(body: dict[str, Any]) -> bool:
    return bool(body.get("Overwrite"))


@assumes(
    "P3",
    "Recorded on AWS, whatever HierarchyTypeMismatchException says: the type changes in place, "
    "both ways, and the history keeps what was.",
    off=switches.refusing("PutParameter", "HierarchyTypeMismatchException", _changes_type),
)
def test_the_type_changes_in_place(account: Account) -> None:
    put(account)
    put(account, Type="SecureString", Overwrite=True)
    put(account, Type="String", Overwrite=True)
    history = account.eventually(
        lambda: (
            (
                seen := account.parameters.get_parameter_history(Name=account.name("parameter"))[
                    "Parameters"
                ]
            )
            and len(seen) == 3
            and seen
        )
    )
    assert [one["Type"] for one in history] == ["String", "SecureString", "String"]
    assert history[0]["Value"] == "one"


def _empty(document: dict[str, Any]) -> None:
    document["Parameters"] = []


@assumes(
    "P5",
    "ParameterFilters: tag:KEY and Name in one request; all must hold. How late it is, the report "
    "tells.",
    off=switches.answering("DescribeParameters", _empty),
)
def test_an_owner_is_found_by_name_and_tag(account: Account) -> None:
    put(account, Tags=TAGS)
    put(account, "other")
    names = [account.name("parameter"), account.name("other")]
    tag = {"Key": "tag:reconciler:owner", "Values": ["contract/test"]}
    ours = account.eventually(lambda: found(account, {"Key": "Name", "Values": names}, tag))
    assert [one["Name"] for one in ours] == names[:1]


@assumes(
    "P5",
    "The number of items returned can be between zero and the value of MaxResults. If the service "
    "reaches an internal limit while processing the results, it stops the operation and returns "
    "the matching values up to that point and a NextToken.",
    off=switches.answering("DescribeParameters", switches.forget("NextToken")),
)
def test_every_page_has_to_be_read(account: Account) -> None:
    names = [f"p{number}" for number in range(4)]
    for name in names:
        put(account, name)
    account.eventually(lambda: len(found(account, below(account), MaxResults=1)) == len(names))


@assumes(
    "P5",
    "Recorded on AWS: a new version keeps the tags; a description keeps every character.",
    off=switches.answering("ListTagsForResource", lambda document: document.update(TagList=[])),
)
def test_record_and_marks_survive(account: Account) -> None:
    record = "[a1:" + "é/+=.@-_" * 100 + "]"
    put(account, Description=record, Tags=TAGS)
    put(account, Value="two", Description=record, Overwrite=True)
    account.eventually(lambda: described(account)["Version"] == 2)
    assert described(account)["Description"] == record
    tags = account.parameters.list_tags_for_resource(
        ResourceType="Parameter", ResourceId=account.name("parameter")
    )
    assert tags["TagList"] == TAGS


@assumes(
    "P1",
    "GetResources: Returns all the tagged or previously tagged resources. 100 a page.",
    off=switches.answering(
        "GetResources", lambda document: document.update(ResourceTagMappingList=[])
    ),
)
def test_tags_of_many_come_in_one_call(account: Account) -> None:
    for what in ("a", "b"):
        put(account, what, Tags=TAGS)
    tagging = account.client("resourcegroupstaggingapi")

    def tags() -> dict[str, Any]:
        pages = tagging.get_paginator("get_resources").paginate(
            ResourceTypeFilters=["ssm:parameter"], ResourcesPerPage=100
        )
        mine = f":parameter{account.prefix}/"
        return {
            entry["ResourceARN"].partition(mine)[2]: entry["Tags"]
            for page in pages
            for entry in page["ResourceTagMappingList"]
            if mine in entry["ResourceARN"]
        }

    account.eventually(lambda: tags() == {"a": TAGS, "b": TAGS})


@assumes(
    "P4",
    "KeyId, AllowedPattern, Tier and DataType come back with DescribeParameters, so that they can "
    "be sent again. In which form, the report tells.",
    off=switches.answering(
        "DescribeParameters", switches.forget_in("Parameters", "KeyId", "AllowedPattern")
    ),
)
def test_what_has_to_be_sent_again_comes_back(account: Account) -> None:
    put(account, Type="SecureString", AllowedPattern="^[a-z]+$")
    one = described(account)
    assert one["KeyId"].endswith("alias/aws/ssm")
    assert one["AllowedPattern"] == "^[a-z]+$"
    assert (one["Tier"], one["DataType"]) == ("Standard", "text")
