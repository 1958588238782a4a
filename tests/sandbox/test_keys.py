"""The KMS keys of versions: which one encrypts each, and who may still decrypt."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import refused, token

DEFAULT = "DefaultEncryptionKey"


@pytest.fixture
def keys(client: Any) -> list[str]:
    return [client("kms").create_key()["KeyMetadata"]["Arn"] for _ in range(2)]


def encrypted(secrets: Any) -> dict[str, list[str]]:
    """The keys of each version of the secret `s`, by its token's letter."""
    answer = secrets.list_secret_version_ids(SecretId="s", IncludeDeprecated=True)
    return {version["VersionId"][0]: version["KmsKeyIds"] for version in answer["Versions"]}


def make(secrets: Any, key: str | None, *letters: str) -> None:
    """The secret `s`, with a version for each letter."""
    given = {"KmsKeyId": key} if key else {}
    secrets.create_secret(Name="s", SecretString="a", ClientRequestToken=token(), **given)
    for letter in letters:
        secrets.put_secret_value(
            SecretId="s", SecretString=letter, ClientRequestToken=token(letter)
        )


def test_a_new_key_encrypts_what_has_aws_labels(secrets: Any, keys: list[str]) -> None:
    """ "When you change the encryption key, Secrets Manager re-encrypts AWSCURRENT, AWSPENDING, and
    AWSPREVIOUS versions with the new key. To avoid locking you out of the secret, Secrets Manager
    keeps all existing versions encrypted with the previous key." KmsKeyIds: "The KMS keys used to
    encrypt the secret version."
    """
    old, new = keys
    make(secrets, old, "b", "c")
    secrets.put_secret_value(
        SecretId="s", SecretString="m", ClientRequestToken=token("m"), VersionStages=["MINE"]
    )
    assert encrypted(secrets) == {letter: [old] for letter in "abcm"}
    secrets.update_secret(SecretId="s", KmsKeyId=new)
    assert secrets.describe_secret(SecretId="s")["KmsKeyId"] == new
    both = [new, old]
    assert encrypted(secrets) == {"a": [old], "b": both, "c": both, "m": [old]}
    secrets.put_secret_value(SecretId="s", SecretString="d", ClientRequestToken=token("d"))
    assert encrypted(secrets)["d"] == [new]


@pytest.mark.parametrize("denied", ["Encrypt", "Decrypt", "disabled"])
def test_a_key_change_that_encrypts_nothing_succeeds(
    aws: Any, secrets: Any, client: Any, keys: list[str], denied: str
) -> None:
    """Without kms:Encrypt on the new key or kms:Decrypt on the old one "Secrets Manager does not
    re-encrypt existing secret versions with the new key": the call succeeds, DescribeSecret shows
    the new key, and the value is lost with the old one.
    """
    old, new = keys
    make(secrets, old)
    if denied == "disabled":
        client("kms").disable_key(KeyId=old.rpartition("/")[2])
    else:
        aws.denied_keys.add((denied, new if denied == "Encrypt" else old))
    secrets.update_secret(SecretId="s", KmsKeyId=new)
    assert secrets.describe_secret(SecretId="s")["KmsKeyId"] == new
    assert encrypted(secrets) == {"a": [old]}
    aws.denied_keys.clear()
    client("kms").schedule_key_deletion(KeyId=old.rpartition("/")[2])
    with refused("DecryptionFailure"):
        secrets.get_secret_value(SecretId="s")


def test_a_denied_key_reads_nothing(aws: Any, secrets: Any, keys: list[str]) -> None:
    """Recorded on AWS: "Access to KMS is not allowed", for reads, for a put of a value that may be
    the same as before, and for a new value.
    """
    make(secrets, keys[0])
    aws.denied_keys.add(("Decrypt", keys[0]))
    for operation, given in (
        ("get_secret_value", {}),
        ("put_secret_value", {"SecretString": "a", "ClientRequestToken": token()}),
        ("update_secret", {"SecretString": "a", "ClientRequestToken": token()}),
    ):
        with refused("AccessDeniedException", "Access to KMS is not allowed"):
            getattr(secrets, operation)(SecretId="s", **given)
    answer = secrets.batch_get_secret_value(SecretIdList=["s"])
    assert [error["ErrorCode"] for error in answer["Errors"]] == ["AccessDeniedException"]
    secrets.put_secret_value(SecretId="s", SecretString="b", ClientRequestToken=token("b"))
    aws.denied_keys.add(("Encrypt", keys[0]))
    with refused("AccessDeniedException", "Access to KMS is not allowed"):
        secrets.put_secret_value(SecretId="s", SecretString="c", ClientRequestToken=token("c"))


def test_a_disabled_key_encrypts_nothing_new(secrets: Any, client: Any, keys: list[str]) -> None:
    """ "EncryptionFailure: ... Check that the KMS key is available, enabled, and not in an invalid
    state."
    """
    make(secrets, keys[0])
    key = keys[0].rpartition("/")[2]
    client("kms").disable_key(KeyId=key)
    with refused("EncryptionFailure"):
        secrets.put_secret_value(SecretId="s", SecretString="b", ClientRequestToken=token("b"))
    client("kms").enable_key(KeyId=key)
    secrets.put_secret_value(SecretId="s", SecretString="b", ClientRequestToken=token("b"))


def test_the_default_key_has_a_name(secrets: Any) -> None:
    """Recorded on AWS: "DefaultEncryptionKey"."""
    make(secrets, None)
    assert encrypted(secrets) == {"a": [DEFAULT]}


def test_back_to_the_default_key(secrets: Any, keys: list[str]) -> None:
    """ "If you set this to an empty string, Secrets Manager uses the Amazon Web Services managed
    key aws/secretsmanager."
    """
    make(secrets, keys[0])
    secrets.update_secret(SecretId="s", KmsKeyId="")
    assert encrypted(secrets) == {"a": [DEFAULT, keys[0]]}


def test_a_parameter_under_a_denied_key(aws: Any, parameters: Any, keys: list[str]) -> None:
    """Recorded on AWS: the metadata is shown, the value is not."""
    parameters.put_parameter(Name="/p", Value="v", Type="SecureString", KeyId=keys[0])
    aws.denied_keys.add(("Decrypt", keys[0]))
    with refused("AccessDeniedException", "you are not allowed to access"):
        parameters.get_parameter(Name="/p", WithDecryption=True)
    assert parameters.get_parameter(Name="/p")["Parameter"]["Type"] == "SecureString"
    assert parameters.describe_parameters()["Parameters"][0]["KeyId"] == keys[0]


def test_a_deletion_is_scheduled_by_arn(client: Any, keys: list[str]) -> None:
    """KeyId: “Specify the key ID or key ARN of the KMS key.”"""
    client("kms").schedule_key_deletion(KeyId=keys[0], PendingWindowInDays=7)
    assert client("kms").describe_key(KeyId=keys[0])["KeyMetadata"]["KeyState"] == "PendingDeletion"
