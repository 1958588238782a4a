"""What is assumed of Secrets Manager."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract import switches
from tests.contract.account import Account
from tests.contract.assumption import assumes

A, B = "r1" + "a" * 62, "r1" + "b" * 62
MARKS = [{"Key": "reconciler:owner", "Value": "contract/test"}]


def make(account: Account, **given: Any) -> str:
    """A secret of the version A, that DescribeSecret finds; its name."""
    name = account.name("secret")
    account.secrets.create_secret(
        Name=name, SecretString="one", ClientRequestToken=A, Tags=MARKS, **given
    )
    account.eventually(lambda: described(account, name))
    return name


def described(account: Account, name: str) -> dict[str, Any]:
    found: dict[str, Any] = account.secrets.describe_secret(SecretId=name)
    return found


def labels(account: Account, name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = described(account, name).get("VersionIdsToStages", {})
    return {version: sorted(held) for version, held in found.items()}


def listed(account: Account, name: str, **given: Any) -> dict[str, Any] | None:
    """The entry of a list, if there is one."""
    pages = account.secrets.get_paginator("list_secrets").paginate(
        Filters=[{"Key": "name", "Values": [name]}], **given
    )
    return next((entry for page in pages for entry in page["SecretList"]), None)


def refused(account: Account, operation: str, **given: Any) -> str:
    """The code with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        getattr(account.secrets, operation)(**given)
    account.answers.append({"test": account.test, "refused": caught.value.response["Error"]})
    code: str = caught.value.response["Error"]["Code"]
    return code


def _other_token(body: dict[str, Any]) -> None:
    body["ClientRequestToken"] = "f" * 32


@assumes(
    "P1, P4",
    "ClientRequestToken: This value becomes the VersionId of the new version.",
    off=switches.asking("CreateSecret", _other_token),
)
def test_the_token_becomes_the_version_id(account: Account) -> None:
    name = make(account)
    assert labels(account, name) == {A: ["AWSCURRENT"]}
    entry = account.eventually(lambda: listed(account, name))
    assert entry["SecretVersionsToStages"] == {A: ["AWSCURRENT"]}


def _moves_current(secret: Any, body: dict[str, Any]) -> None:
    if body["ClientRequestToken"] in secret.versions:
        secret.attach("AWSCURRENT", body["ClientRequestToken"])


@assumes(
    "P4",
    "If you call this operation with a ClientRequestToken that matches an existing version's "
    "VersionId, and you specify the same secret data, the operation succeeds but does nothing.",
    off=switches.before("PutSecretValue", _moves_current),
)
def test_the_same_value_again_moves_no_label(account: Account) -> None:
    name = make(account)
    account.secrets.put_secret_value(SecretId=name, SecretString="two", ClientRequestToken=B)
    held = labels(account, name)
    account.secrets.put_secret_value(SecretId=name, SecretString="one", ClientRequestToken=A)
    assert labels(account, name) == held == {A: ["AWSPREVIOUS"], B: ["AWSCURRENT"]}


@assumes(
    "P3, P4",
    "If you specify different secret data, the operation fails because you can't modify an "
    "existing version.",
    off=switches.accepts_other_data,
)
def test_a_token_is_taken_once(account: Account) -> None:
    name = make(account)
    given = {"SecretString": "other", "ClientRequestToken": A}
    assert refused(account, "put_secret_value", SecretId=name, **given) == "ResourceExistsException"


@assumes(
    "P3, P4",
    "VersionStages: If you don't include this value, then Secrets Manager automatically moves the "
    "staging label AWSCURRENT to this version.",
    off=switches.asking("PutSecretValue", switches.forget("VersionStages")),
)
def test_a_staged_value_is_not_current(account: Account) -> None:
    name = make(account)
    account.secrets.put_secret_value(
        SecretId=name, SecretString="two", ClientRequestToken=B, VersionStages=["STAGED"]
    )
    assert labels(account, name) == {A: ["AWSCURRENT"], B: ["STAGED"]}


def _wins_always(secret: Any, body: dict[str, Any]) -> None:
    body["RemoveFromVersionId"] = secret.holder("AWSCURRENT")


@assumes(
    "P4",
    "If the label is attached and you either do not specify this parameter, or the version ID does "
    "not match, then the operation fails. Its code only an account tells.",
    off=switches.before("UpdateSecretVersionStage", _wins_always),
)
def test_who_loses_the_race_moves_nothing(account: Account) -> None:
    name = make(account)
    put = account.secrets.put_secret_value
    put(SecretId=name, SecretString="two", ClientRequestToken=B, VersionStages=["STAGED"])
    put(SecretId=name, SecretString="theirs", ClientRequestToken="c" * 64)
    held = labels(account, name)
    code = refused(
        account,
        "update_secret_version_stage",
        SecretId=name,
        VersionStage="AWSCURRENT",
        MoveToVersionId=B,
        RemoveFromVersionId=A,
    )
    assert code in ("InvalidParameterException", "InvalidRequestException")
    assert labels(account, name) == held


def _without_previous(document: dict[str, Any]) -> None:
    for held in document.get("VersionIdsToStages", {}).values():
        if "AWSPREVIOUS" in held:
            held.remove("AWSPREVIOUS")


@assumes(
    "P4",
    "Whenever you move AWSCURRENT, Secrets Manager automatically moves the label AWSPREVIOUS to "
    "the version that AWSCURRENT was removed from.",
    off=switches.answering("DescribeSecret", _without_previous),
)
def test_previous_is_where_current_was(account: Account) -> None:
    name = make(account)
    account.secrets.put_secret_value(
        SecretId=name, SecretString="two", ClientRequestToken=B, VersionStages=["STAGED"]
    )
    move: dict[str, Any] = {"SecretId": name, "VersionStage": "AWSCURRENT"}
    account.secrets.update_secret_version_stage(**move, MoveToVersionId=B, RemoveFromVersionId=A)
    assert labels(account, name) == {A: ["AWSPREVIOUS"], B: ["AWSCURRENT", "STAGED"]}


def _loses_tags(secret: Any, body: dict[str, Any]) -> None:
    secret.tags = []


@assumes(
    "P5",
    "Recorded on AWS: a new value, new metadata and a restored deletion leave the tags alone.",
    off=switches.before("PutSecretValue", _loses_tags),
)
def test_marks_survive(account: Account) -> None:
    name = make(account)
    account.secrets.put_secret_value(SecretId=name, SecretString="two", ClientRequestToken=B)
    account.secrets.update_secret(SecretId=name, Description="other")
    account.secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    account.secrets.restore_secret(SecretId=name)
    assert account.eventually(lambda: described(account, name))["Tags"] == MARKS


@assumes(
    "P1",
    "ListSecrets returns metadata and no value; it might not reflect changes from the last five "
    "minutes. How late it is, the report tells.",
    off=switches.answering(
        "ListSecrets", switches.forget_in("SecretList", "Tags", "SecretVersionsToStages")
    ),
)
def test_a_list_tells_what_a_plan_needs(account: Account) -> None:
    name = make(account, Description="of the contract")
    entry = account.eventually(lambda: listed(account, name))
    assert entry["Tags"] == MARKS
    assert entry["Description"] == "of the contract"
    assert entry["SecretVersionsToStages"] == {A: ["AWSCURRENT"]}
    assert not {"SecretString", "SecretBinary"} & set(entry)
    account.secrets.put_secret_value(SecretId=name, SecretString="two", ClientRequestToken=B)
    account.eventually(lambda: B in (listed(account, name) or {}).get("SecretVersionsToStages", {}))


def _shows_pending(body: dict[str, Any]) -> None:
    body["IncludePlannedDeletion"] = True


@assumes(
    "P5",
    "IncludePlannedDeletion: By default, secrets scheduled for deletion aren't included.",
    off=switches.asking("ListSecrets", _shows_pending),
)
def test_a_pending_deletion_is_listed_where_it_is_asked_for(account: Account) -> None:
    name = make(account)
    account.eventually(lambda: listed(account, name))
    account.secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    assert described(account, name)["DeletedDate"]
    account.eventually(lambda: listed(account, name) is None)
    found = account.eventually(lambda: listed(account, name, IncludePlannedDeletion=True))
    assert found["DeletedDate"]


def _frees_the_name(secret: Any, body: dict[str, Any]) -> None:
    secret.forced = True


@assumes(
    "P4, P5",
    "Recorded on AWS: ResourceExistsException over what exists, InvalidRequestException over what "
    "is scheduled for deletion.",
    off=switches.before("CreateSecret", _frees_the_name),
)
def test_a_create_overwrites_nothing(account: Account) -> None:
    name = make(account)
    given = {"Name": name, "SecretString": "two", "ClientRequestToken": B}
    assert refused(account, "create_secret", **given) == "ResourceExistsException"
    account.secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    assert refused(account, "create_secret", **given) == "InvalidRequestException"


@assumes(
    "P5",
    "Recorded on AWS: DescribeSecret right after CreateSecret may answer "
    "ResourceNotFoundException for a while, for at most two minutes.",
    off=switches.never_settles,
)
def test_what_was_created_is_found(account: Account) -> None:
    name = account.name("secret")
    account.secrets.create_secret(Name=name, SecretString="one", ClientRequestToken=A)
    assert account.eventually(lambda: described(account, name), seconds=120)["Name"] == name


@assumes(
    "P4",
    "Secrets Manager re-encrypts AWSCURRENT, AWSPENDING, and AWSPREVIOUS versions with the new "
    "key. In which form ListSecretVersionIds names it only an account tells.",
    off=switches.encrypts_nothing_again,
)
def test_a_new_key_shows_in_the_versions(account: Account) -> None:
    key = account.client("kms").create_key(Description="of the contract")["KeyMetadata"]
    alias = f"alias/{account.plain('key')}"
    account.client("kms").create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    name = make(account)

    def keys() -> list[str]:
        answer = account.secrets.list_secret_version_ids(SecretId=name)
        found: list[str] = answer["Versions"][0]["KmsKeyIds"]
        return found

    assert keys() == ["DefaultEncryptionKey"]
    account.secrets.update_secret(SecretId=name, KmsKeyId=key["Arn"])
    assert described(account, name)["KmsKeyId"] == key["Arn"]
    assert account.eventually(lambda: [one for one in keys() if one.endswith(key["KeyId"])])


@assumes(
    "P4",
    "Recorded on AWS: AccessDeniedException for a function that does not exist, and nothing is "
    "changed.",
    off=switches.refusing("RotateSecret", "ResourceNotFoundException"),
)
def test_a_function_that_does_not_exist(account: Account) -> None:
    name = make(account)
    region = account.secrets.meta.region_name
    arn = f"arn:aws:lambda:{region}:{account.id}:function:{account.plain('none')}"

    def code() -> str:
        found = refused(
            account,
            "rotate_secret",
            SecretId=name,
            RotationLambdaARN=arn,
            RotationRules={"AutomaticallyAfterDays": 30},
            RotateImmediately=False,
        )
        assert found != "ResourceNotFoundException"  # the secret's own, for a while
        return found

    assert account.eventually(code, seconds=120) == "AccessDeniedException"
    assert "RotationEnabled" not in described(account, name)
