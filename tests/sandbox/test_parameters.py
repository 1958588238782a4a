"""Writing parameters, and reading them."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from .conftest import refused

EXPIRATION = {
    "Type": "Expiration",
    "Version": "1.0",
    "Attributes": {"Timestamp": "2030-01-01T00:00:00.000Z"},
}


def put(parameters: Any, name: str = "/app/p", value: str = "v", **given: Any) -> dict[str, Any]:
    """PutParameter with the least that it needs."""
    answer: dict[str, Any] = parameters.put_parameter(
        Name=name, Value=value, **({"Type": "String"} | given)
    )
    return answer


def shown(parameters: Any, name: str = "/app/p") -> dict[str, Any]:
    """The parameter as DescribeParameters shows it."""
    (found,) = parameters.describe_parameters(
        ParameterFilters=[{"Key": "Name", "Values": [name]}], MaxResults=50
    )["Parameters"]
    return dict(found)


@pytest.mark.moto_too
def test_existing_needs_overwrite(parameters: Any) -> None:
    """Overwrite: "The default value is false"; PutParameter answers the new version and tier."""
    assert put(parameters)["Version"] == 1
    with refused("ParameterAlreadyExists"):
        put(parameters)
    answer = put(parameters, value="w", Overwrite=True)
    assert (answer["Version"], answer["Tier"]) == (2, "Standard")


@pytest.mark.moto_too
def test_tags_and_overwrite_together_are_refused(parameters: Any) -> None:
    """ "tags and overwrite can't be used together." """
    put(parameters)
    with refused("ValidationException", "tags and overwrite"):
        put(parameters, Overwrite=True, Tags=[{"Key": "k", "Value": "v"}])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(*pair, marks=[pytest.mark.moto_too] if pair[0] != "SecureString" else [])
        for pair in itertools.permutations(["String", "StringList", "SecureString"], 2)
    ],
)
def test_the_type_is_changed_in_place(parameters: Any, before: str, after: str) -> None:
    """Recorded on AWS: an overwrite changes the type, both ways, and the history keeps each version
    as it was: an old cleartext stays cleartext.
    """
    put(parameters, value="old", Type=before)
    assert put(parameters, value="new", Type=after, Overwrite=True)["Version"] == 2
    assert shown(parameters)["Type"] == after
    assert shown(parameters).get("KeyId") == ("alias/aws/ssm" if after == "SecureString" else None)
    history = parameters.get_parameter_history(Name="/app/p")["Parameters"]
    assert [one["Type"] for one in history] == [before, after]
    assert (history[0]["Value"] == "old") is (before != "SecureString")


@pytest.mark.parametrize("kind", ["aws:ec2:image", "aws:ssm:integration"])
def test_the_data_type_is_not(parameters: Any, kind: str) -> None:
    """Recorded on AWS: a DataType cannot be changed to or from those that AWS acts on."""
    value = {"aws:ec2:image": "ami-12345abcdeEXAMPLE", "aws:ssm:integration": "{}"}[kind]
    put(parameters, "/app/p", value)
    with refused("ValidationException", "data type"):
        put(parameters, "/app/p", value, DataType=kind, Overwrite=True)
    put(parameters, "/app/q", value, DataType=kind)
    with refused("ValidationException", "data type"):
        put(parameters, "/app/q", value, DataType="text", Overwrite=True)


def test_sizes_by_tier(parameters: Any) -> None:
    """ "Standard parameters have a value limit of 4 KB. Advanced parameters have a value limit of
    8 KB."
    """
    put(parameters, value="x" * 4096)
    with refused("ValidationException", "4096"):
        put(parameters, value="x" * 4097, Overwrite=True)
    with refused("ValidationException", "4096"):
        put(parameters, value="ü" * 2049, Overwrite=True)
    put(parameters, value="x" * 8192, Overwrite=True, Tier="Advanced")
    with refused("ValidationException", "8192"):
        put(parameters, value="x" * 8193, Overwrite=True, Tier="Advanced")


def test_no_way_back_from_advanced(parameters: Any) -> None:
    """ "you can't revert an advanced parameter to a standard parameter": neither by Standard, nor
    by leaving Tier out, which means the account's default; Intelligent-Tiering stays.
    """
    put(parameters, Tier="Advanced")
    with refused("ValidationException", "downgrade"):
        put(parameters, Overwrite=True, Tier="Standard")
    with refused("ValidationException", "downgrade"):
        put(parameters, Overwrite=True)
    assert put(parameters, Overwrite=True, Tier="Intelligent-Tiering")["Tier"] == "Advanced"


def test_intelligent_tiering_upgrades(parameters: Any) -> None:
    """Intelligent-Tiering: "Parameter Store evaluates each request to determine if the parameter
    is standard or advanced." What is shown is the tier that it became.
    """
    tier = "Intelligent-Tiering"
    assert put(parameters, Tier=tier)["Tier"] == "Standard"
    assert put(parameters, value="x" * 4097, Tier=tier, Overwrite=True)["Tier"] == "Advanced"
    assert shown(parameters)["Tier"] == "Advanced"


@pytest.mark.parametrize("value", ["{{}}", "{{ssm:/other}}", "a {{ b }} c"])
def test_nested_references_are_refused(parameters: Any, value: str) -> None:
    """ "You can't include values wrapped in double brackets {{}} or {{ssm:parameter-name}} in a
    parameter value."
    """
    with refused("ValidationException", "{{}}"):
        put(parameters, value=value)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("/a b/c", "ValidationException"),
        ("/a:b", "ValidationException"),
        ("/ä", "ValidationException"),
        ("/a//b", "ValidationException"),
        ("/a/", "ValidationException"),
        ("a/b", "ValidationException"),
        ("/" + "/".join("abcdefghijklmnop"), "HierarchyLevelLimitExceededException"),
        ("/" + "n" * 967, "ValidationException"),
        pytest.param("/ssm/x", "ValidationException", marks=pytest.mark.moto_too),
        pytest.param("awsome", "ValidationException", marks=pytest.mark.moto_too),
        pytest.param("/aws/x", "AccessDeniedException", marks=pytest.mark.moto_too),
    ],
)
def test_names(parameters: Any, name: str, code: str) -> None:
    """ "Parameter names can include only the following symbols and letters: a-zA-Z0-9_.-", "a
    maximum depth of fifteen levels", "1011 characters" including the ARN, "can't be prefixed with
    "aws" or "ssm" (case-insensitive)", "you must include a leading forward slash".
    """
    with refused(code):
        put(parameters, name)


@pytest.mark.moto_too
def test_names_that_just_hold(parameters: Any) -> None:
    """Fifteen levels, and 1011 characters with the ARN."""
    put(parameters, "/" + "/".join("abcdefghijklmno"))
    put(parameters, "/" + "n" * (1011 - len("arn:aws:ssm:us-west-2:123456789012:parameter/")))


def test_spaces_around_a_name_go(parameters: Any) -> None:
    """ "The service removes any spaces specified for the beginning or end of a parameter name." """
    put(parameters, " /app/p ")
    assert shown(parameters)["Name"] == "/app/p"


def test_the_allowed_pattern_holds(parameters: Any) -> None:
    """AllowedPattern: "A regular expression used to validate the parameter value", on every
    overwrite too: "ParameterPatternMismatchException".
    """
    with refused("InvalidAllowedPatternException"):
        put(parameters, AllowedPattern="(")
    put(parameters, value="42", AllowedPattern=r"^\d+$")
    for given in ({}, {"AllowedPattern": r"^\d+$"}):
        with refused("ParameterPatternMismatchException"):
            put(parameters, value="none", Overwrite=True, **given)


def test_policies_need_the_advanced_tier(parameters: Any) -> None:
    """ "Standard parameters ... can't be configured to use parameter policies." """
    policies = json.dumps([EXPIRATION])
    with refused("ValidationException", "policies"):
        put(parameters, Policies=policies)
    assert put(parameters, Policies=policies, Tier="Intelligent-Tiering")["Tier"] == "Advanced"
    (policy,) = shown(parameters)["Policies"]
    assert json.loads(policy["PolicyText"]) == EXPIRATION
    assert (policy["PolicyType"], policy["PolicyStatus"]) == ("Expiration", "Pending")


def test_policies_stay_until_others_come(parameters: Any) -> None:
    """ "All existing policies are preserved until you send new policies or an empty policy." """
    put(parameters, Policies=json.dumps([EXPIRATION]), Tier="Advanced")
    put(parameters, value="w", Tier="Advanced", Overwrite=True)
    assert [p["PolicyType"] for p in shown(parameters)["Policies"]] == ["Expiration"]
    put(parameters, value="w", Tier="Advanced", Overwrite=True, Policies="[]")
    assert not shown(parameters).get("Policies")


@pytest.mark.parametrize(
    ("policies", "code"),
    [
        ("{", "ValidationException"),
        ("{}", "ValidationException"),
        ('[{"Type": "Other"}]', "InvalidPolicyTypeException"),
        ('[{"Type": "Expiration"}]', "InvalidPolicyAttributeException"),
        (json.dumps([EXPIRATION] * 2), "IncompatiblePolicyException"),
        (json.dumps([EXPIRATION] * 11), "PoliciesLimitExceededException"),
        (json.dumps([EXPIRATION | {"Comment": "c" * 4096}]), "ValidationException"),
    ],
    ids=lambda value: value[:30],
)
def test_bad_policies(parameters: Any, policies: str, code: str) -> None:
    """Policies: "This operation takes a JSON array", of known types, with their attributes."""
    with refused(code):
        put(parameters, Policies=policies, Tier="Advanced")


def test_description_length(parameters: Any) -> None:
    """Description: "Maximum length of 1024." """
    put(parameters, Description="d" * 1024)
    with refused("ValidationException", "1024"):
        put(parameters, Description="d" * 1025, Overwrite=True)


def test_a_hundred_versions(parameters: Any) -> None:
    """Parameter Store keeps 100 versions; "Version 1, the oldest version, can't be deleted because
    it has a label associated with it". A missing label blocks nothing.
    """
    put(parameters)
    for _ in range(99):
        put(parameters, Overwrite=True)
    parameters.label_parameter_version(Name="/app/p", ParameterVersion=1, Labels=["keep"])
    with refused("ParameterMaxVersionLimitExceeded", "Version 1"):
        put(parameters, Overwrite=True)
    assert shown(parameters)["Version"] == 100
    parameters.label_parameter_version(Name="/app/p", ParameterVersion=2, Labels=["keep"])
    put(parameters, Overwrite=True)
    history = parameters.get_parameter_history(Name="/app/p", MaxResults=50)
    assert [one["Version"] for one in history["Parameters"]] == list(range(2, 52))
    rest = parameters.get_parameter_history(
        Name="/app/p", MaxResults=50, NextToken=history["NextToken"]
    )
    assert len(rest["Parameters"]) == 50
    assert "NextToken" not in rest
    with refused("InvalidNextToken"):
        parameters.get_parameter_history(Name="/app/p", NextToken="50")


def test_an_invalid_image_is_dropped(parameters: Any) -> None:
    """ "If you submit an invalid AMI value, the PutParameter operation will return success, but the
    asynchronous validation will fail and the parameter will not be created or updated."
    """
    put(parameters, value="ami-12345abcdeEXAMPLE", DataType="aws:ec2:image")
    assert shown(parameters)["DataType"] == "aws:ec2:image"
    answer = put(parameters, value="nonsense", DataType="aws:ec2:image", Overwrite=True)
    assert answer["Version"] == 2
    assert shown(parameters)["Version"] == 1
    with refused("ValidationException", "String parameters only"):
        put(parameters, "/app/q", DataType="aws:ec2:image", Type="SecureString")


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("integer", "443", "4.5"),
        ("boolean", "true", "yes"),
        ("ipv4-address", "127.0.0.1", "127.0.0"),
        ("aws:account:id", "123456789012", "1"),
    ],
)
def test_data_types_are_validated(parameters: Any, kind: str, good: str, bad: str) -> None:
    """DataType: "Parameter Store validates the value against the data type when you create or
    update the parameter."
    """
    put(parameters, value=good, DataType=kind)
    with refused("ValidationException", kind):
        put(parameters, value=bad, DataType=kind, Overwrite=True)


@pytest.mark.moto_too
def test_an_unknown_data_type_is_refused(parameters: Any) -> None:
    """DataType: "The following data type values are supported." """
    with refused("ValidationException", "data type"):
        put(parameters, DataType="xml")


def test_json_needs_the_advanced_tier(parameters: Any) -> None:
    """An option that requires an advanced parameter: "The parameter uses the url, json, or jsonc
    data type."
    """
    with refused("ValidationException", "json"):
        put(parameters, value="{}", DataType="json")
    given = {"DataType": "json", "Tier": "Intelligent-Tiering"}
    assert put(parameters, value="{}", **given)["Tier"] == "Advanced"


def test_a_key_is_for_secure_strings(parameters: Any, client: Any) -> None:
    """KeyId: "To use a custom KMS key, choose the SecureString data type with the Key ID
    parameter." One that does not exist: "InvalidKeyId".
    """
    key = client("kms").create_key()["KeyMetadata"]["KeyId"]
    with refused("ValidationException", "SecureString"):
        put(parameters, KeyId=key)
    for missing in ("alias/none", "00000000-0000-0000-0000-000000000000"):
        with refused("InvalidKeyId"):
            put(parameters, Type="SecureString", KeyId=missing)
    put(parameters, Type="SecureString", KeyId=key)
    assert shown(parameters)["KeyId"] == key
    put(parameters, "/app/q", Type="SecureString")
    assert shown(parameters, "/app/q")["KeyId"] == "alias/aws/ssm"


def test_a_secure_string_is_read_encrypted(parameters: Any) -> None:
    """WithDecryption: "Return decrypted values for secure string parameters"; without it, no trace
    of the value.
    """
    put(parameters, value="hunter2", Type="SecureString")
    got = parameters.get_parameter(Name="/app/p")["Parameter"]
    assert "hunter2" not in got["Value"]
    got = parameters.get_parameter(Name="/app/p", WithDecryption=True)["Parameter"]
    assert (got["Value"], got["Type"]) == ("hunter2", "SecureString")


@pytest.mark.moto_too
def test_what_an_overwrite_does_not_send(parameters: Any, client: Any) -> None:
    """Recorded on AWS: an unset description, key and pattern stay on an overwrite; an empty
    description or pattern clears it.
    """
    key = client("kms").create_key()["KeyMetadata"]["KeyId"]
    put(parameters, Description="d", AllowedPattern=".*", Type="SecureString", KeyId=key)
    put(parameters, Type="SecureString", Overwrite=True)
    kept = shown(parameters)
    assert (kept["Description"], kept["AllowedPattern"], kept["KeyId"]) == ("d", ".*", key)
    put(parameters, Type="SecureString", Overwrite=True, Description="", AllowedPattern="")
    assert not {"Description", "AllowedPattern"} & set(shown(parameters))


def test_a_pattern_without_lines(parameters: Any) -> None:
    """Recorded on AWS: `.*` refuses a value of several lines."""
    put(parameters, "/app/key", AllowedPattern=".*")
    with refused("ParameterPatternMismatchException"):
        put(parameters, "/app/key", "one\ntwo", Overwrite=True)


def test_the_name_as_it_was_asked_for(parameters: Any) -> None:
    """Recorded on AWS: a name without hierarchy is found with a slash and without, and answered as
    it was asked for; the ARN is answered with the name.
    """
    put(parameters, "plain")
    put(parameters, "/a/b")
    for name in ("plain", "/plain"):
        assert parameters.get_parameter(Name=name)["Parameter"]["Name"] == name
        assert parameters.get_parameters(Names=[name])["Parameters"][0]["Name"] == name
    by_arn = parameters.get_parameter(Name=shown(parameters, "/a/b")["ARN"])["Parameter"]
    assert by_arn["Name"] == "/a/b"


@pytest.mark.parametrize("name", ["a/b", "/a//b"])
def test_a_name_that_none_can_have(parameters: Any, name: str) -> None:
    """Recorded on AWS: not ParameterNotFound."""
    put(parameters, "/a/b")
    with refused("ValidationException", "sub-paths divided by slash symbol"):
        parameters.get_parameter(Name=name)
    with refused("ValidationException", "sub-paths divided by slash symbol"):
        parameters.get_parameters(Names=["/a/b", name])


@pytest.mark.moto_too
def test_the_type_may_be_left_out_on_an_update(parameters: Any) -> None:
    """ "Specifying a parameter type isn't required when updating a parameter. You must specify a
    parameter type when creating a parameter."
    """
    with refused("ValidationException", "type is required"):
        parameters.put_parameter(Name="/app/p", Value="v")
    put(parameters)
    parameters.put_parameter(Name="/app/p", Value="w", Overwrite=True)
    assert parameters.get_parameter(Name="/app/p")["Parameter"]["Value"] == "w"


def test_deletes_of_ten(parameters: Any) -> None:
    """DeleteParameters Names: "Maximum number of 10 items." """
    put(parameters)
    with refused("ValidationException", "'names'", "10"):
        parameters.delete_parameters(Names=[f"/app/{number}" for number in range(11)])
    answer = parameters.delete_parameters(Names=["/app/p", "/app/none"])
    assert answer["DeletedParameters"] == ["/app/p"]
    assert answer["InvalidParameters"] == ["/app/none"]


@pytest.mark.moto_too
def test_reads_of_ten(parameters: Any) -> None:
    """GetParameters Names: "Maximum number of 10 items"; by path "Maximum value of 10"."""
    with refused("ValidationException", "10"):
        parameters.get_parameters(Names=[f"/app/{number}" for number in range(11)])
    with refused("ValidationException", "10"):
        parameters.get_parameters_by_path(Path="/app", MaxResults=11)


def test_reads_are_in_alphabetical_order(parameters: Any) -> None:
    """ "The results for GetParameters requests are listed in alphabetical order." """
    names = [f"/app/{letter}" for letter in "hgfedcba"]
    for name in names:
        put(parameters, name)
    answer = parameters.get_parameters(Names=[*names, "/app/none"])
    assert [one["Name"] for one in answer["Parameters"]] == sorted(names)
    assert answer["InvalidParameters"] == ["/app/none"]
    # DescribeParameters' fields are not GetParameters': Tier and Policies are metadata.
    assert "Tier" not in answer["Parameters"][0]


@pytest.mark.moto_too
def test_selectors(parameters: Any) -> None:
    """ "To query by parameter label, use "Name": "name:label". To query by parameter version, use
    "Name": "name:version"."
    """
    put(parameters)
    put(parameters, value="w", Overwrite=True)
    parameters.label_parameter_version(Name="/app/p", ParameterVersion=1, Labels=["old"])
    for name in ("/app/p:1", "/app/p:old"):
        assert parameters.get_parameter(Name=name)["Parameter"]["Value"] == "v"
    with refused("ParameterVersionNotFound"):
        parameters.get_parameter(Name="/app/p:7")
    with refused("ParameterNotFound"):
        parameters.get_parameter(Name="/app/q")
    with refused("ParameterNotFound"):
        parameters.delete_parameter(Name="/app/q")


def test_a_label_in_vain_leaves_nothing(parameters: Any) -> None:
    """ "ParameterNotFound: The parameter couldn't be found": it is not there afterwards either."""
    with refused("ParameterNotFound"):
        parameters.label_parameter_version(Name="/app/p", ParameterVersion=1, Labels=["l"])
    assert parameters.describe_parameters()["Parameters"] == []


@pytest.mark.moto_too
def test_what_moto_answers_still_works(parameters: Any, secrets: Any) -> None:
    """Public parameters and references to secrets are moto's, on the sandbox's state."""
    found = parameters.get_parameters_by_path(Path="/aws/service/global-infrastructure/regions")
    assert found["Parameters"]
    secrets.create_secret(Name="s", SecretString="x")
    name = "/aws/reference/secretsmanager/s"
    assert parameters.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == "x"


def test_ten_thousand_standard_parameters(parameters: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """ "You can create a maximum of 10,000 standard parameters for each Region"; Intelligent-
    Tiering makes an advanced one if "More than 10,000 parameters already exist".
    """
    monkeypatch.setattr("reconciler.sandbox.parameter_writes.MAX_STANDARD", 3)
    for letter in "abc":
        put(parameters, f"/app/{letter}")
    with refused("ParameterLimitExceeded", "maximum number of standard parameters"):
        put(parameters, "/app/d")
    put(parameters, "/app/a", Overwrite=True)
    assert put(parameters, "/app/d", Tier="Intelligent-Tiering")["Tier"] == "Advanced"


def tag(key: str, value: str = "v") -> dict[str, str]:
    return {"Key": key, "Value": value}


TARGET = {"ResourceType": "Parameter", "ResourceId": "/app/p"}


@pytest.mark.moto_too
def test_tags(parameters: Any) -> None:
    """AddTagsToResource "Adds or overwrites one or more tags"; a deletion takes them along."""
    put(parameters, Tags=[tag("a")])
    parameters.add_tags_to_resource(**TARGET, Tags=[tag("a", "w"), tag("b")])
    parameters.remove_tags_from_resource(**TARGET, TagKeys=["b", "none"])
    assert parameters.list_tags_for_resource(**TARGET)["TagList"] == [tag("a", "w")]
    parameters.delete_parameter(Name="/app/p")
    with refused("InvalidResourceId"):
        parameters.list_tags_for_resource(**TARGET)
    put(parameters)
    assert parameters.list_tags_for_resource(**TARGET)["TagList"] == []


def test_fifty_tags(parameters: Any) -> None:
    """ "Most resources can have a maximum of 50 tags." "TooManyTagsError" """
    many = [tag(f"k{number}") for number in range(51)]
    with refused("TooManyTagsError"):
        put(parameters, Tags=many)
    put(parameters, Tags=many[:50])
    with refused("TooManyTagsError"):
        parameters.add_tags_to_resource(**TARGET, Tags=many[50:])


@pytest.mark.parametrize(
    "given", [tag("k" * 129), tag("k", "v" * 257), tag("aws:k"), tag("k", "a;b"), tag("")]
)
def test_tag_limits(parameters: Any, given: dict[str, str]) -> None:
    """Tag key 1 to 128, value 0 to 256, both of letters, spaces, numbers and _.:/=+-@, and no
    "aws:" prefix.
    """
    put(parameters)
    with refused("ValidationException"):
        parameters.add_tags_to_resource(**TARGET, Tags=[given])
