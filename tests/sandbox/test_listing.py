"""ListSecrets."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import refused


def names(answer: dict[str, Any]) -> list[str]:
    return [entry["Name"] for entry in answer["SecretList"]]


def by(key: str, *values: str) -> dict[str, Any]:
    return {"Key": key, "Values": list(values)}


@pytest.mark.moto_too
def test_pages_of_100(secrets: Any) -> None:
    """MaxResults: at most 100, and 100 unless told otherwise; NextToken "if there are more"."""
    for number in range(101):
        secrets.create_secret(Name=f"s{number:03}")
    first = secrets.list_secrets()
    assert len(first["SecretList"]) == 100
    second = secrets.list_secrets(NextToken=first["NextToken"])
    assert names(second) == ["s100"]
    assert "NextToken" not in second


def test_no_token_after_a_full_last_page(secrets: Any) -> None:
    """NextToken: "Secrets Manager includes this value if there's more output available than what
    is included in the current response": absent, not null, when there is none.
    """
    secrets.create_secret(Name="a")
    secrets.create_secret(Name="b")
    answer = secrets.list_secrets(MaxResults=2)
    assert names(answer) == ["a", "b"]
    assert "NextToken" not in answer
    with refused("ValidationException", "100"):
        secrets.list_secrets(MaxResults=101)


@pytest.mark.parametrize("given", ["1", "garbage", "MQ==", "a" * 4096])
def test_a_foreign_token_is_refused(secrets: Any, given: str) -> None:
    """ "InvalidNextTokenException: The NextToken value is invalid." """
    for name in "abc":
        secrets.create_secret(Name=name)
    with refused("InvalidNextTokenException"):
        secrets.list_secrets(NextToken=given)


def test_a_token_belongs_to_its_filters(aws: Any, secrets: Any) -> None:
    """A token continues the list that it came from, and no other; nor for ever."""
    for name in "abc":
        secrets.create_secret(Name=name)
    given = secrets.list_secrets(MaxResults=1)["NextToken"]
    with refused("InvalidNextTokenException"):
        secrets.list_secrets(NextToken=given, Filters=[by("name", "b")])
    assert names(secrets.list_secrets(NextToken=given)) == ["b", "c"]
    aws.expire_tokens()
    with refused("InvalidNextTokenException"):
        secrets.list_secrets(NextToken=given)


def test_a_page_is_not_shifted_by_deletions(secrets: Any) -> None:
    """A secret that goes between two pages makes no other one disappear from the list."""
    for name in "abc":
        secrets.create_secret(Name=name)
    given = secrets.list_secrets(MaxResults=1)["NextToken"]
    secrets.delete_secret(SecretId="a", ForceDeleteWithoutRecovery=True)
    assert names(secrets.list_secrets(NextToken=given)) == ["b", "c"]


@pytest.mark.moto_too
def test_the_name_filter_is_a_prefix(secrets: Any) -> None:
    """ "name: Prefix match, case-sensitive." """
    for name in ("/app/a", "/app/b", "/App/c", "/other/app/"):
        secrets.create_secret(Name=name)
    assert names(secrets.list_secrets(Filters=[by("name", "/app/")])) == ["/app/a", "/app/b"]
    found = names(secrets.list_secrets(Filters=[by("name", "/app/a", "/other")]))
    assert found == ["/app/a", "/other/app/"]


@pytest.mark.moto_too
def test_words_of_a_description(secrets: Any) -> None:
    """Recorded on AWS, whatever the documentation says of a prefix: every word of the filter begins
    a word; camel case is split, and words in capitals are not.
    """
    secrets.create_secret(Name="a", Description="a secret")
    secrets.create_secret(Name="b", Description="the secret")
    secrets.create_secret(Name="c", Description="MyCamelCase")
    secrets.create_secret(Name="d", Description="UPPERCASE")
    for key in ("description", "all"):
        assert names(secrets.list_secrets(Filters=[by(key, "sec")])) == ["a", "b"]
        assert names(secrets.list_secrets(Filters=[by(key, "the sec")])) == ["b"]
        assert names(secrets.list_secrets(Filters=[by(key, "camel")])) == ["c"]
        assert names(secrets.list_secrets(Filters=[by(key, "CASE")])) == ["c"]
        assert names(secrets.list_secrets(Filters=[by(key, "cret")])) == []


def test_negation(secrets: Any) -> None:
    """ "You can prefix your search value with an exclamation mark (!) in order to perform negation
    filters": what has no such tag at all passes too.
    """
    secrets.create_secret(Name="a", Tags=[{"Key": "env", "Value": "prod"}])
    secrets.create_secret(Name="b", Tags=[{"Key": "team", "Value": "x"}])
    secrets.create_secret(Name="c")
    assert names(secrets.list_secrets(Filters=[by("tag-key", "!env")])) == ["b", "c"]
    assert names(secrets.list_secrets(Filters=[by("name", "!a")])) == ["b", "c"]


@pytest.mark.moto_too
def test_tag_filters_are_independent(secrets: Any) -> None:
    """ "tag-key: Prefix match", "tag-value: Prefix match": the two need not meet in one tag."""
    secrets.create_secret(
        Name="a", Tags=[{"Key": "owner", "Value": "x"}, {"Key": "k", "Value": "mine"}]
    )
    secrets.create_secret(Name="b", Tags=[{"Key": "owner", "Value": "y"}])
    found = secrets.list_secrets(Filters=[by("tag-key", "owner"), by("tag-value", "mine")])
    assert names(found) == ["a"]


def test_an_entry_holds_what_aws_lists(secrets: Any) -> None:
    """ListSecrets returns tags and labelled versions; no value, no policy, no replication, and no
    date that was not.
    """
    secrets.create_secret(Name="a", SecretString="x", Tags=[{"Key": "k", "Value": "v"}])
    secrets.put_resource_policy(
        SecretId="a",
        ResourcePolicy='{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*",'
        ' "Resource": "*"}]}',
    )
    secrets.replicate_secret_to_regions(SecretId="a", AddReplicaRegions=[{"Region": "us-east-1"}])
    (entry,) = secrets.list_secrets()["SecretList"]
    assert set(entry) == {
        "ARN",
        "Name",
        "LastChangedDate",
        "CreatedDate",
        "Tags",
        "SecretVersionsToStages",
        "PrimaryRegion",
    }


def test_order(secrets: Any) -> None:
    """SortBy: "If not specified, secrets are listed by CreatedDate"; by name, and backwards, page
    by page.
    """
    for name in "bac":
        secrets.create_secret(Name=name)
    assert names(secrets.list_secrets()) == ["b", "a", "c"]
    given: dict[str, Any] = {"SortBy": "name", "SortOrder": "desc", "MaxResults": 2}
    first = secrets.list_secrets(**given)
    second = secrets.list_secrets(**given, NextToken=first["NextToken"])
    assert names(first) + names(second) == ["c", "b", "a"]


@pytest.mark.parametrize(
    "given",
    [
        {"Filters": [by("name", *"abcdefghijk")]},
        {"Filters": [by("name", "a")] * 11},
        {"Filters": [by("name", "a*")]},
        pytest.param({"Filters": [by("colour", "a")]}, marks=pytest.mark.moto_too),
        {"MaxResults": 0},
    ],
    ids=str,
)
def test_limits_of_filters(secrets: Any, given: dict[str, Any]) -> None:
    """Filters: at most 10, of at most 10 values each, of known keys and characters."""
    with refused("ValidationException", "failed to satisfy constraint"):
        secrets.list_secrets(**given)


def test_batch_by_filter(secrets: Any) -> None:
    """ "To use this parameter [MaxResults], you must also use the Filters parameter": pages of up
    to 20.
    """
    for number in range(21):
        secrets.create_secret(Name=f"s{number:02}", SecretString="x")
    given = {"Filters": [by("name", "s")]}
    first = secrets.batch_get_secret_value(**given)
    assert len(first["SecretValues"]) == 20
    second = secrets.batch_get_secret_value(**given, NextToken=first["NextToken"])
    assert [value["Name"] for value in second["SecretValues"]] == ["s20"]
    with refused("InvalidParameterException"):
        secrets.batch_get_secret_value(SecretIdList=["s00"], MaxResults=1)


@pytest.mark.moto_too
def test_partial_arns(secrets: Any) -> None:
    """SecretId: "For an ARN, we recommend that you specify a complete ARN rather than a partial
    ARN." Both are found.
    """
    arn = secrets.create_secret(Name="/a/b", SecretString="x")["ARN"]
    assert secrets.describe_secret(SecretId=arn)["Name"] == "/a/b"
    assert secrets.describe_secret(SecretId=arn[:-7])["Name"] == "/a/b"
    with refused("ResourceNotFoundException"):
        secrets.describe_secret(SecretId=arn[:-8])
