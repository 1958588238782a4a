"""DescribeParameters and GetParametersByPath."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import refused


def fill(parameters: Any, *names: str, **given: Any) -> None:
    for name in names:
        parameters.put_parameter(Name=name, Value="v", **({"Type": "String"} | given))


def found(parameters: Any, *filters: dict[str, Any], **given: Any) -> list[str]:
    """The names on every page, in order."""
    names: list[str] = []
    answer = parameters.describe_parameters(ParameterFilters=list(filters), **given)
    while True:
        names += [one["Name"] for one in answer["Parameters"]]
        if "NextToken" not in answer:
            return names
        given["NextToken"] = answer["NextToken"]
        answer = parameters.describe_parameters(ParameterFilters=list(filters), **given)


def by(key: str, *values: str, option: str | None = None) -> dict[str, Any]:
    return {"Key": key, "Values": list(values)} | ({"Option": option} if option else {})


def test_pages_of_fifty(parameters: Any) -> None:
    """MaxResults: "Valid Range: Minimum value of 1. Maximum value of 50." No token after the exact
    last page.
    """
    fill(parameters, *(f"/app/p{number:03}" for number in range(100)))
    first = parameters.describe_parameters(MaxResults=50)
    second = parameters.describe_parameters(MaxResults=50, NextToken=first["NextToken"])
    assert [len(page["Parameters"]) for page in (first, second)] == [50, 50]
    assert "NextToken" not in second
    names = [one["Name"] for page in (first, second) for one in page["Parameters"]]
    assert sorted(names) == [f"/app/p{number:03}" for number in range(100)]


@pytest.mark.parametrize("size", [0, 51])
def test_page_sizes_out_of_range(parameters: Any, size: int) -> None:
    """MaxResults: "Minimum value of 1. Maximum value of 50." """
    with refused("ValidationException", "maxResults"):
        parameters.describe_parameters(MaxResults=size)


def test_what_is_shown(parameters: Any) -> None:
    """DescribeParameters returns metadata: "LastModifiedUser: Amazon Resource Name (ARN) of the
    Amazon Web Services user who last changed the parameter", and no value, no tags.
    """
    fill(
        parameters,
        "/app/p",
        Description="d",
        AllowedPattern=".*",
        Type="SecureString",
        Tags=[{"Key": "k", "Value": "v"}],
    )
    (one,) = parameters.describe_parameters()["Parameters"]
    assert set(one) == {
        "Name",
        "ARN",
        "Type",
        "KeyId",
        "LastModifiedDate",
        "LastModifiedUser",
        "Description",
        "AllowedPattern",
        "Version",
        "Tier",
        "Policies",
        "DataType",
    }
    assert one["LastModifiedUser"].startswith("arn:aws:")
    assert one["ARN"] == "arn:aws:ssm:us-west-2:123456789012:parameter/app/p"


@pytest.mark.moto_too
def test_filters(parameters: Any) -> None:
    """Name: Equals, BeginsWith, Contains; Path: Recursive, OneLevel; Type; tag:KEY. A filter takes
    any of its values, and all filters must hold.
    """
    fill(parameters, "/app/a", "/app/x/b", "/apple")
    fill(parameters, "/app/c", Type="StringList", Tags=[{"Key": "o", "Value": "me"}])
    assert found(parameters, by("Path", "/app", option="Recursive")) == [
        "/app/a",
        "/app/c",
        "/app/x/b",
    ] or sorted(found(parameters, by("Path", "/app", option="Recursive"))) == [
        "/app/a",
        "/app/c",
        "/app/x/b",
    ]
    assert sorted(found(parameters, by("Path", "/app"))) == ["/app/a", "/app/c"]
    assert found(parameters, by("Name", "/app/a")) == ["/app/a"]
    begins = found(parameters, by("Name", "/app", option="BeginsWith"))
    assert sorted(begins) == ["/app/a", "/app/c", "/app/x/b", "/apple"]
    assert found(parameters, by("Name", "x/b", option="Contains")) == ["/app/x/b"]
    assert found(parameters, by("Type", "StringList")) == ["/app/c"]
    both = [by("Name", "/app/a", "/app/c"), by("tag:o", "me")]
    assert found(parameters, *both) == ["/app/c"]
    assert found(parameters, by("Name", "/app/a"), by("tag:o", "me")) == []


def test_fifty_values(parameters: Any) -> None:
    """Values: "Array Members: Minimum number of 1 item. Maximum number of 50 items." """
    names = [f"/app/p{number:02}" for number in range(50)]
    fill(parameters, *names)
    assert found(parameters, by("Name", *names), MaxResults=50) == names
    with refused("ValidationException", "50"):
        parameters.describe_parameters(ParameterFilters=[by("Name", *names, "/app/more")])
    assert len(parameters.describe_parameters(MaxResults=50)["Parameters"]) == 50


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        pytest.param(by("Path", "app"), "ValidationException", marks=pytest.mark.moto_too),
        pytest.param(by("Path", "/ssm"), "ValidationException", marks=pytest.mark.moto_too),
        pytest.param(
            by("Path", "/a", option="Equals"), "InvalidFilterOption", marks=pytest.mark.moto_too
        ),
        pytest.param(
            by("Name", "/a", option="Recursive"), "InvalidFilterOption", marks=pytest.mark.moto_too
        ),
        pytest.param(by("Label", "a"), "InvalidFilterKey", marks=pytest.mark.moto_too),
        (by("NameX", "a"), "ValidationException"),
        pytest.param(by("Type", "Text"), "InvalidFilterOption", marks=pytest.mark.moto_too),
        (by("Name"), "ValidationException"),
    ],
    ids=str,
)
def test_bad_filters(parameters: Any, condition: dict[str, Any], code: str) -> None:
    """Path: "Valid options: Recursive, OneLevel", and a leading slash; others: "Equals and
    BeginsWith"; "all of the listed patterns are valid except Label".
    """
    with refused(code):
        parameters.describe_parameters(ParameterFilters=[condition])


@pytest.mark.moto_too
def test_a_filter_comes_once(parameters: Any) -> None:
    """ "A request can contain only one occurrence of a specific filter"."""
    with refused("InvalidFilterKey", "only one occurrence"):
        parameters.describe_parameters(ParameterFilters=[by("tag:o", "a"), by("tag:o", "b")])


def test_an_empty_page_may_be_followed(aws: Any, parameters: Any) -> None:
    """ "The number of items returned, however, can be between zero and the value of MaxResults. If
    the service reaches an internal limit while processing the results, it stops the operation and
    returns the matching values up to that point and a NextToken."
    """
    fill(parameters, *(f"/a/p{number:02}" for number in range(12)))
    fill(parameters, "/b/last")
    condition = by("Path", "/b", option="Recursive")
    answer = parameters.describe_parameters(ParameterFilters=[condition], MaxResults=5)
    assert answer["Parameters"] == []
    assert "NextToken" in answer
    assert found(parameters, condition, MaxResults=5) == ["/b/last"]


@pytest.mark.parametrize("given", ["1", "garbage"])
def test_a_foreign_token_is_refused(parameters: Any, given: str) -> None:
    """ "InvalidNextToken: The specified token isn't valid." """
    fill(parameters, *(f"/app/p{number}" for number in range(3)))
    with refused("InvalidNextToken"):
        parameters.describe_parameters(NextToken=given)
    with refused("InvalidNextToken"):
        parameters.get_parameters_by_path(Path="/app", NextToken=given)


def test_a_page_is_not_shifted(parameters: Any) -> None:
    """A parameter that goes between two pages makes no other one disappear from the list."""
    fill(parameters, "/app/a", "/app/b", "/app/c")
    given = parameters.describe_parameters(MaxResults=1)["NextToken"]
    parameters.delete_parameter(Name="/app/a")
    rest = parameters.describe_parameters(MaxResults=50, NextToken=given)["Parameters"]
    assert [one["Name"] for one in rest] == ["/app/b", "/app/c"]


@pytest.mark.parametrize("size", [3, 10])
def test_by_path(parameters: Any, size: int) -> None:
    """GetParametersByPath: pages of up to 10, without a token after the exact last one."""
    fill(parameters, *(f"/app/p{number:02}" for number in range(9)), "/app/x/deep")
    names, given = [], {}
    while True:
        answer = parameters.get_parameters_by_path(
            Path="/app/", Recursive=True, MaxResults=size, **given
        )
        assert answer["Parameters"]
        names += [one["Name"] for one in answer["Parameters"]]
        if "NextToken" not in answer:
            break
        given = {"NextToken": answer["NextToken"]}
    assert len(names) == 10
    flat = parameters.get_parameters_by_path(Path="/app")
    assert "NextToken" not in flat
    assert len(flat["Parameters"]) == 9
    # A token belongs to the list that it came from.
    token = parameters.get_parameters_by_path(Path="/app", MaxResults=1)["NextToken"]
    with refused("InvalidNextToken"):
        parameters.get_parameters_by_path(Path="/other", NextToken=token)


@pytest.mark.moto_too
def test_by_path_filters(parameters: Any) -> None:
    """ "The following Key values aren't supported for GetParametersByPath: tag, DataType, Name,
    Path, and Tier."
    """
    fill(parameters, "/app/a")
    fill(parameters, "/app/s", Type="SecureString")
    answer = parameters.get_parameters_by_path(
        Path="/app", ParameterFilters=[by("Type", "SecureString")]
    )
    assert [one["Name"] for one in answer["Parameters"]] == ["/app/s"]
    with refused("InvalidFilterKey"):
        parameters.get_parameters_by_path(Path="/app", ParameterFilters=[by("Tier", "Standard")])
