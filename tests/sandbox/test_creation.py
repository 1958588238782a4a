"""CreateSecret, and the limits on what a secret is made of."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from .conftest import refused, token


def test_the_same_create_again_is_ignored_once_only(secrets: Any) -> None:
    """ "If a version with this value already exists and the version SecretString and SecretBinary
    values are the same as those in the request, then the request is ignored." A token without a
    value creates no version, so that repeating it is no repetition.
    """
    first = secrets.create_secret(Name="s", SecretString="x", ClientRequestToken=token())
    again = secrets.create_secret(Name="s", SecretString="x", ClientRequestToken=token())
    assert (again["ARN"], again["VersionId"]) == (first["ARN"], token())
    secrets.put_secret_value(SecretId="s", SecretString="y", ClientRequestToken=token("b"))
    # The version of the repeated request is answered, not the current one.
    again = secrets.create_secret(Name="s", SecretString="x", ClientRequestToken=token())
    assert again["VersionId"] == token()
    with refused("ResourceExistsException", "already exists"):
        secrets.create_secret(Name="s", ClientRequestToken=token())


def test_string_and_binary_together_are_refused(secrets: Any) -> None:
    """ "Either SecretString or SecretBinary must have a value, but not both." """
    with refused("InvalidParameterException", "both"):
        secrets.create_secret(Name="s", SecretString="x", SecretBinary=b"x")
    secrets.create_secret(Name="s")
    with refused("InvalidParameterException", "both"):
        secrets.put_secret_value(SecretId="s", SecretString="x", SecretBinary=b"x")


def test_an_empty_value_is_refused(secrets: Any) -> None:
    """SecretString: "Length Constraints: Minimum length of 1." """
    with refused("ValidationException", "secretString", "greater than or equal to 1"):
        secrets.create_secret(Name="s", SecretString="")


@pytest.mark.parametrize("value", ["x" * 65_537, "ü" * 32_769])
def test_65536_bytes(secrets: Any, value: str) -> None:
    """SecretString: "Maximum length of 65536", in bytes."""
    secrets.create_secret(Name="s", SecretString=value[: 65_536 // len("ü".encode())])
    with refused("ValidationException", "secretString", "65536"):
        secrets.put_secret_value(SecretId="s", SecretString=value)


def test_a_refusal_never_quotes_the_value(secrets: Any) -> None:
    """SecretString is "sensitive" in the service model: AWS leaves it out of its messages."""
    with refused("ValidationException", "Value at 'secretString' failed"):
        secrets.create_secret(Name="s", SecretString="hunter2" * 10_000)


@pytest.mark.parametrize("name", ["a b", "a:b", "ä", "a!", "a*"])
def test_name_characters(secrets: Any, name: str) -> None:
    """ "The secret name can contain ASCII letters, numbers, and the following characters:
    /_+=.@-"
    """
    with refused("ValidationException", "Invalid name"):
        secrets.create_secret(Name=name, SecretString="x")


def test_name_length(secrets: Any) -> None:
    """Name: "Maximum length of 512." """
    secrets.create_secret(Name="n" * 512, SecretString="x")
    with refused("ValidationException", "'name'", "512"):
        secrets.create_secret(Name="n" * 513, SecretString="x")


def test_a_name_like_an_arn_suffix(secrets: Any) -> None:
    """Recorded on AWS: a name that ends in a hyphen and six characters is accepted, and found by
    its name and its ARN; where the ARN is partial, they "cause Secrets Manager to assume that
    you're specifying a complete ARN".
    """
    arn = secrets.create_secret(Name="client-secret", SecretString="x")["ARN"]
    for known in ("client-secret", arn):
        assert secrets.get_secret_value(SecretId=known)["SecretString"] == "x"
    with refused("ResourceNotFoundException"):
        secrets.get_secret_value(SecretId=arn[:-7])


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("delete_secret", {"ForceDeleteWithoutRecovery": True}),
    ("describe_secret", {}),
    ("get_secret_value", {}),
    ("list_secret_version_ids", {}),
    ("put_secret_value", {"SecretString": "x"}),
    ("tag_resource", {"Tags": [{"Key": "k", "Value": "v"}]}),
    ("untag_resource", {"TagKeys": ["k"]}),
    ("update_secret", {"Description": "d"}),
    ("validate_resource_policy", {"ResourcePolicy": "{}"}),
]


@pytest.mark.parametrize(("operation", "given"), CALLS)
def test_a_secret_id_that_is_no_name(secrets: Any, operation: str, given: dict[str, Any]) -> None:
    """Recorded on AWS: ValidationException on every call, not ResourceNotFoundException."""
    with refused("ValidationException", "Invalid name. Must be a valid name", "-/_+=.@!"):
        getattr(secrets, operation)(SecretId=" Inv*Name? ", **given)


@pytest.mark.moto_too
def test_keys_are_left_out(secrets: Any) -> None:
    """Recorded on AWS: Tags where there never was one, and `[]` once all are removed; the versions
    of a secret without a value.
    """
    secrets.create_secret(Name="s")
    assert not {"Tags", "VersionIdsToStages"} & set(secrets.describe_secret(SecretId="s"))
    (entry,) = secrets.list_secrets()["SecretList"]
    assert not {"Tags", "SecretVersionsToStages"} & set(entry)
    secrets.tag_resource(SecretId="s", Tags=[{"Key": "k", "Value": "v"}])
    secrets.untag_resource(SecretId="s", TagKeys=["k"])
    assert secrets.describe_secret(SecretId="s")["Tags"] == []


def test_a_missing_token(client: Any, aws: Any) -> None:
    """Recorded on AWS, before the secret is looked up: "You must provide a ClientRequestToken
    value. We recommend a UUID-type value."
    """
    secrets = client("secretsmanager")

    def without_token(model: Any, params: Any, **_: Any) -> None:
        body = json.loads(params["body"])
        body.pop("ClientRequestToken", None)
        params["body"] = json.dumps(body).encode()

    secrets.meta.events.register("before-call.secretsmanager", without_token)
    try:
        for operation, given, code in (
            ("create_secret", {"Name": "s"}, "InvalidRequestException"),
            ("put_secret_value", {"SecretId": "none"}, "InvalidRequestException"),
            ("update_secret", {"SecretId": "none"}, "InvalidRequestException"),
            ("rotate_secret", {"SecretId": "none"}, "InvalidParameterException"),
        ):
            value = {} if operation == "rotate_secret" else {"SecretString": "x"}
            with refused(code, "You must provide a ClientRequestToken value."):
                getattr(secrets, operation)(**given, **value)
    finally:
        secrets.meta.events.unregister("before-call.secretsmanager", without_token)


def test_a_managed_external_secret(secrets: Any) -> None:
    """Type: "The exact string that identifies the partner that holds the external secret"; it is
    rotated with a role, and with no function.
    """
    secrets.create_secret(Name="s", SecretString="x", Type="PartnerCredential")
    with refused("InvalidRequestException", "role"):
        secrets.rotate_secret(SecretId="s", RotationRules={"AutomaticallyAfterDays": 7})
    role = "arn:aws:iam::123456789012:role/rotation"
    secrets.rotate_secret(
        SecretId="s",
        RotationRules={"AutomaticallyAfterDays": 7},
        ExternalSecretRotationRoleArn=role,
    )
    for shown in (secrets.describe_secret(SecretId="s"), secrets.list_secrets()["SecretList"][0]):
        assert (shown["Type"], shown["ExternalSecretRotationRoleArn"]) == (
            "PartnerCredential",
            role,
        )


def test_another_account_and_the_default_key(secrets: Any, client: Any, aws: Any) -> None:
    """Recorded on AWS: "You can't access a secret from a different AWS account if you encrypt the
    secret with the default KMS service key."
    """
    arn = secrets.create_secret(Name="s", SecretString="x")["ARN"]
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    own = secrets.create_secret(Name="own", SecretString="x", KmsKeyId=key)["ARN"]
    role = client("sts").assume_role(
        RoleArn="arn:aws:iam::210987654321:role/reader", RoleSessionName="s"
    )["Credentials"]
    there = boto3.client(
        "secretsmanager",
        endpoint_url=aws.url,
        region_name="us-west-2",
        aws_access_key_id=role["AccessKeyId"],
        aws_secret_access_key=role["SecretAccessKey"],
        aws_session_token=role["SessionToken"],
    )
    assert there.describe_secret(SecretId=arn)["ARN"] == arn
    with refused("InvalidRequestException", "with the default KMS service key"):
        there.get_secret_value(SecretId=arn)
    with refused("InvalidRequestException", "with the default KMS service key"):
        there.put_secret_value(SecretId=arn, SecretString="y")
    assert there.get_secret_value(SecretId=own)["SecretString"] == "x"


def test_fifty_tags(secrets: Any) -> None:
    """Quota: 50 tags a secret, counting those that it has."""
    tags = [{"Key": f"k{number}", "Value": "v"} for number in range(51)]
    with refused("InvalidParameterException", "50 tags"):
        secrets.create_secret(Name="s", Tags=tags)
    secrets.create_secret(Name="s", Tags=tags[:50])
    secrets.tag_resource(SecretId="s", Tags=[{"Key": "k0", "Value": "new"}])
    with refused("InvalidParameterException", "50 tags"):
        secrets.tag_resource(SecretId="s", Tags=tags[50:])


@pytest.mark.parametrize(
    ("key", "value", "limit"), [("k" * 129, "v", "128"), ("k", "v" * 257, "256")]
)
def test_tag_lengths(secrets: Any, key: str, value: str, limit: str) -> None:
    """Tag key: "Maximum length of 128"; value: "Maximum length of 256"."""
    with refused("ValidationException", limit):
        secrets.create_secret(Name="s", Tags=[{"Key": key, "Value": value}])


def test_aws_tags_are_reserved(secrets: Any) -> None:
    """Tag keys that begin with aws: are AWS's own."""
    secrets.create_secret(Name="s")
    with refused("InvalidParameterException", "aws:"):
        secrets.tag_resource(SecretId="s", Tags=[{"Key": "aws:mine", "Value": "v"}])


def test_a_repeated_tag_key_is_refused(secrets: Any) -> None:
    """One request names a tag key once."""
    with refused("InvalidParameterException", "repeated"):
        secrets.create_secret(
            Name="s", Tags=[{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}]
        )


def test_description_length(secrets: Any) -> None:
    """Description: "Maximum length of 2048." """
    with refused("ValidationException", "2048"):
        secrets.create_secret(Name="s", Description="d" * 2049)


def test_a_missing_kms_key_is_refused(secrets: Any, client: Any) -> None:
    """ "The ARN, key ID, or alias of the KMS key that Secrets Manager uses to encrypt the secret
    value": a key that is not there is an invalid one, and nothing is created.
    """
    for key in ("alias/none", "alias/aws/ssm", "00000000-0000-0000-0000-000000000000"):
        with refused("InvalidParameterException", "invalid KMS key"):
            secrets.create_secret(Name="s", SecretString="x", KmsKeyId=key)
    with refused("ResourceNotFoundException"):
        secrets.describe_secret(SecretId="s")
    secrets.create_secret(Name="s", SecretString="x")
    with refused("InvalidParameterException", "invalid KMS key"):
        secrets.update_secret(SecretId="s", KmsKeyId="alias/none")


def test_a_disabled_kms_key_is_refused(secrets: Any, client: Any) -> None:
    """ "EncryptionFailure: ... Check that the KMS key is available, enabled, and not in an
    invalid state."
    """
    key = client("kms").create_key()["KeyMetadata"]["KeyId"]
    client("kms").disable_key(KeyId=key)
    with refused("EncryptionFailure"):
        secrets.create_secret(Name="s", SecretString="x", KmsKeyId=key)


def test_the_default_key_is_not_shown(secrets: Any, client: Any) -> None:
    """ "If the secret is encrypted with the Amazon Web Services managed key aws/secretsmanager,
    this field is omitted." "If you set this to an empty string, Secrets Manager uses" that key.
    """
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    secrets.create_secret(Name="s", SecretString="x", KmsKeyId=key)
    assert secrets.list_secrets()["SecretList"][0]["KmsKeyId"] == key
    secrets.update_secret(SecretId="s", KmsKeyId="")
    assert "KmsKeyId" not in secrets.list_secrets()["SecretList"][0]


def test_twenty_ids_in_a_batch(secrets: Any) -> None:
    """SecretIdList: "Array Members: ... Maximum number of 20 items." """
    with refused("ValidationException", "secretIdList", "20"):
        secrets.batch_get_secret_value(SecretIdList=[f"s{number}" for number in range(21)])


def test_partial_failures_of_a_batch(secrets: Any) -> None:
    """ "If Secrets Manager encounters errors ... while attempting to retrieve any of the secrets,
    you can see the errors in Errors in the response", a secret without a value included.
    """
    secrets.create_secret(Name="good", SecretString="x")
    secrets.create_secret(Name="empty")
    answer = secrets.batch_get_secret_value(SecretIdList=["good", "empty", "missing"])
    assert [value["Name"] for value in answer["SecretValues"]] == ["good"]
    assert [(error["SecretId"], error["ErrorCode"]) for error in answer["Errors"]] == [
        ("empty", "ResourceNotFoundException"),
        ("missing", "ResourceNotFoundException"),
    ]


POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        }
    ],
}


@pytest.mark.parametrize("policy", ["{", "{}", '{"Statement": [{"Effect": "Maybe"}]}'])
def test_a_malformed_policy_is_refused(secrets: Any, policy: str) -> None:
    """ "MalformedPolicyDocumentException: The resource policy has syntax errors." """
    secrets.create_secret(Name="s")
    with refused("MalformedPolicyDocumentException"):
        secrets.put_resource_policy(SecretId="s", ResourcePolicy=policy)


def test_a_public_policy_can_be_blocked(secrets: Any) -> None:
    """BlockPublicPolicy: "Specifies whether to block resource-based policies that allow broad
    access to the secret, for example those that use a wildcard for the principal. By default,
    public policies aren't blocked."
    """
    secrets.create_secret(Name="s")
    text = json.dumps(POLICY)
    with refused("PublicPolicyException"):
        secrets.put_resource_policy(SecretId="s", ResourcePolicy=text, BlockPublicPolicy=True)
    secrets.put_resource_policy(SecretId="s", ResourcePolicy=text)
    assert secrets.get_resource_policy(SecretId="s")["ResourcePolicy"] == text


def test_policy_length(secrets: Any) -> None:
    """ResourcePolicy: "Maximum length of 20480." """
    secrets.create_secret(Name="s")
    text = json.dumps(POLICY | {"Id": "i" * 20_480})
    with refused("ValidationException", "20480"):
        secrets.put_resource_policy(SecretId="s", ResourcePolicy=text)
