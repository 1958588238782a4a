"""Versions and staging labels."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import labels, refused, token


@pytest.fixture
def two(secrets: Any) -> tuple[str, str]:
    """A secret `s` with two versions; the second is current."""
    first, second = token("a"), token("b")
    secrets.create_secret(Name="s", SecretString="one", ClientRequestToken=first)
    secrets.put_secret_value(SecretId="s", SecretString="two", ClientRequestToken=second)
    return first, second


def test_reads_follow_a_moved_current(secrets: Any, two: tuple[str, str]) -> None:
    """ "If you don't specify either a VersionStage or VersionId, then Secrets Manager returns the
    AWSCURRENT version."
    """
    first, second = two
    secrets.update_secret_version_stage(
        SecretId="s", VersionStage="AWSCURRENT", MoveToVersionId=first, RemoveFromVersionId=second
    )
    assert secrets.get_secret_value(SecretId="s")["SecretString"] == "one"


def test_batch_reads_follow_a_moved_current(secrets: Any, two: tuple[str, str]) -> None:
    """The same for BatchGetSecretValue, which takes no stage at all."""
    first, second = two
    secrets.update_secret_version_stage(
        SecretId="s", VersionStage="AWSCURRENT", MoveToVersionId=first, RemoveFromVersionId=second
    )
    answer = secrets.batch_get_secret_value(SecretIdList=["s"])
    assert [value["SecretString"] for value in answer["SecretValues"]] == ["one"]


def test_one_version_holds_current_after_a_move_and_a_put(
    secrets: Any, two: tuple[str, str]
) -> None:
    """ "Each staging label can be attached to only one version at a time." """
    first, second = two
    secrets.update_secret_version_stage(
        SecretId="s", VersionStage="AWSCURRENT", MoveToVersionId=first, RemoveFromVersionId=second
    )
    secrets.put_secret_value(SecretId="s", SecretString="three", ClientRequestToken=token("c"))
    stages = secrets.describe_secret(SecretId="s")["VersionIdsToStages"]
    assert stages == {first: ["AWSPREVIOUS"], token("c"): ["AWSCURRENT"]}


def test_previous_follows_the_version_that_current_left(secrets: Any, two: tuple[str, str]) -> None:
    """ "Whenever you move AWSCURRENT, Secrets Manager automatically moves the label AWSPREVIOUS
    to the version that AWSCURRENT was removed from." Other labels of that version stay.
    """
    _, second = two
    secrets.update_secret_version_stage(SecretId="s", VersionStage="KEEP", MoveToVersionId=second)
    secrets.put_secret_value(SecretId="s", SecretString="three", ClientRequestToken=token("c"))
    assert labels(secrets, "s") == {
        "AWSCURRENT": token("c"),
        "AWSPREVIOUS": second,
        "KEEP": second,
    }


def test_a_refused_move_changes_nothing(secrets: Any, two: tuple[str, str]) -> None:
    """ "If the label is attached and you either do not specify this parameter, or the version ID
    does not match, then the operation fails."
    """
    before = labels(secrets, "s")
    with refused("InvalidParameterException"):
        secrets.update_secret_version_stage(
            SecretId="s",
            VersionStage="AWSCURRENT",
            MoveToVersionId=token("f"),
            RemoveFromVersionId=two[1],
        )
    assert labels(secrets, "s") == before


def test_a_custom_label_moves_only_from_where_it_is(secrets: Any, two: tuple[str, str]) -> None:
    """ "If the staging label is already attached to a different version of the secret, then you
    must also specify the RemoveFromVersionId parameter."
    """
    first, second = two
    secrets.update_secret_version_stage(SecretId="s", VersionStage="MINE", MoveToVersionId=first)
    with refused("InvalidParameterException", "RemoveFromVersionId", first):
        secrets.update_secret_version_stage(
            SecretId="s", VersionStage="MINE", MoveToVersionId=second
        )
    assert labels(secrets, "s")["MINE"] == first


@pytest.mark.moto_too
def test_a_remove_from_the_wrong_version_is_refused(secrets: Any, two: tuple[str, str]) -> None:
    """ "...or the version ID does not match, then the operation fails": the compare-and-swap."""
    first, second = two
    with refused("InvalidParameterException", first):
        secrets.update_secret_version_stage(
            SecretId="s",
            VersionStage="AWSCURRENT",
            MoveToVersionId=first,
            RemoveFromVersionId=first,
        )
    assert labels(secrets, "s")["AWSCURRENT"] == second


def test_current_cannot_be_removed(secrets: Any, two: tuple[str, str]) -> None:
    """A secret with a value always has a current one: AWSCURRENT is moved, never removed."""
    with refused("InvalidParameterException", "can only move staging label AWSCURRENT"):
        secrets.update_secret_version_stage(
            SecretId="s", VersionStage="AWSCURRENT", RemoveFromVersionId=two[1]
        )


def test_a_move_to_nowhere_from_nowhere_is_refused(secrets: Any, two: tuple[str, str]) -> None:
    """A request must name a version to move the label to, to remove it from, or both."""
    with refused("InvalidParameterException"):
        secrets.update_secret_version_stage(SecretId="s", VersionStage="MINE")


def test_deprecated_versions_are_not_listed(secrets: Any, two: tuple[str, str]) -> None:
    """ "A version that does not have any SecretVersionStage is considered deprecated and subject
    to deletion. Such versions are not included in this list."
    """
    secrets.put_secret_value(SecretId="s", SecretString="three", ClientRequestToken=token("c"))
    stages = secrets.list_secrets()["SecretList"][0]["SecretVersionsToStages"]
    assert set(stages) == {two[1], token("c")}
    assert set(secrets.describe_secret(SecretId="s")["VersionIdsToStages"]) == set(stages)


def test_a_deprecated_version_is_still_there(secrets: Any, two: tuple[str, str]) -> None:
    """ "Versions without staging labels ... By default, versions without staging labels aren't
    included" in ListSecretVersionIds, and IncludeDeprecated shows them.
    """
    secrets.put_secret_value(SecretId="s", SecretString="three", ClientRequestToken=token("c"))
    shown = secrets.list_secret_version_ids(SecretId="s")["Versions"]
    assert {version["VersionId"] for version in shown} == {two[1], token("c")}
    shown = secrets.list_secret_version_ids(SecretId="s", IncludeDeprecated=True)["Versions"]
    assert {version["VersionId"] for version in shown} == {*two, token("c")}


def test_old_deprecated_versions_go(secrets: Any, aws: Any) -> None:
    """ "Secrets Manager removes outdated versions when there are more than 100, but it does not
    remove versions created less than 24 hours ago. If you update the secret value more than once
    every 10 minutes, you create more versions than Secrets Manager removes, and you will reach the
    quota".
    """
    secrets.create_secret(Name="s", SecretString="0", ClientRequestToken=f"{0:032}")
    for number in range(1, 100):
        secrets.put_secret_value(
            SecretId="s", SecretString=str(number), ClientRequestToken=f"{number:032}"
        )
    with refused("LimitExceededException", "100"):
        secrets.put_secret_value(SecretId="s", SecretString="new", ClientRequestToken=token())
    aws.age_versions("s", 25 * 3600)
    secrets.put_secret_value(SecretId="s", SecretString="new", ClientRequestToken=token())
    assert len(aws.secret("s").versions) == 100


def test_twenty_labels(secrets: Any, two: tuple[str, str]) -> None:
    """A secret has at most 20 staging labels."""
    for number in range(18):
        secrets.update_secret_version_stage(
            SecretId="s", VersionStage=f"L{number}", MoveToVersionId=two[0]
        )
    with refused("LimitExceededException"):
        secrets.update_secret_version_stage(
            SecretId="s", VersionStage="ONE-TOO-MANY", MoveToVersionId=two[0]
        )


@pytest.mark.moto_too
def test_the_same_token_and_data_does_nothing(secrets: Any, two: tuple[str, str]) -> None:
    """ "If you call this operation with a ClientRequestToken that matches an existing version's
    VersionId, and you specify the same secret data, the operation succeeds but does nothing": it
    moves no label, not even one that it names, and AWSCURRENT least of all.
    """
    first, _ = two
    secrets.update_secret_version_stage(SecretId="s", VersionStage="MINE", MoveToVersionId=first)
    before = labels(secrets, "s")
    changed = secrets.describe_secret(SecretId="s")["LastChangedDate"]
    answer = secrets.put_secret_value(
        SecretId="s", SecretString="one", ClientRequestToken=first, VersionStages=["OTHER"]
    )
    assert (answer["VersionId"], answer["VersionStages"]) == (first, ["AWSPREVIOUS", "MINE"])
    assert labels(secrets, "s") == before
    assert secrets.describe_secret(SecretId="s")["LastChangedDate"] == changed


def test_update_with_a_used_token_is_an_error(secrets: Any, two: tuple[str, str]) -> None:
    """ "If you call this operation with a ClientRequestToken that matches an existing version's
    VersionId, the operation results in an error." Recorded on AWS: not with the same value.
    """
    with refused("ResourceExistsException"):
        secrets.update_secret(SecretId="s", SecretString="other", ClientRequestToken=two[1])
    before = labels(secrets, "s")
    for value, used in (("one", two[0]), ("two", two[1])):
        answer = secrets.update_secret(SecretId="s", SecretString=value, ClientRequestToken=used)
        assert answer["VersionId"] == used
    assert labels(secrets, "s") == before


def test_pending_goes_with_current(secrets: Any, two: tuple[str, str]) -> None:
    """Recorded on AWS: a version with AWSCURRENT and AWSPENDING is left with AWSPREVIOUS alone when
    a new one is put; labels of one's own stay.
    """
    secrets.update_secret_version_stage(
        SecretId="s", VersionStage="AWSPENDING", MoveToVersionId=two[1]
    )
    secrets.update_secret_version_stage(SecretId="s", VersionStage="MINE", MoveToVersionId=two[1])
    secrets.put_secret_value(SecretId="s", SecretString="3", ClientRequestToken=token("c"))
    stages = secrets.describe_secret(SecretId="s")["VersionIdsToStages"]
    assert {v: set(held) for v, held in stages.items()} == {
        two[1]: {"AWSPREVIOUS", "MINE"},
        token("c"): {"AWSCURRENT"},
    }


def test_every_label_is_told(aws: Any, secrets: Any, two: tuple[str, str]) -> None:
    """Recorded on AWS: "Secret Label Updated" fires for every label, one's own included; not where
    nothing moves.
    """
    aws.events.clear()
    move = {"SecretId": "s", "VersionStage": "MINE", "MoveToVersionId": two[0]}
    secrets.update_secret_version_stage(**move)
    secrets.update_secret(SecretId="s", Description="d")
    secrets.put_secret_value(SecretId="s", SecretString="3", ClientRequestToken=token("c"))
    assert [(event.label, event.version) for event in aws.events] == [
        ("MINE", two[0]),
        ("AWSPREVIOUS", two[1]),
        ("AWSCURRENT", token("c")),
    ]


def test_keys_of_a_version_are_left_out(secrets: Any, two: tuple[str, str]) -> None:
    """Recorded on AWS: VersionStages of a deprecated version, LastAccessedDate of one that was
    never read.
    """
    secrets.get_secret_value(SecretId="s", VersionId=two[0])
    secrets.put_secret_value(SecretId="s", SecretString="3", ClientRequestToken=token("c"))
    answer = secrets.list_secret_version_ids(SecretId="s", IncludeDeprecated=True)
    found = {version.pop("VersionId"): set(version) for version in answer["Versions"]}
    always = {"CreatedDate", "KmsKeyIds"}
    assert found == {
        two[0]: always | {"LastAccessedDate"},
        two[1]: always | {"VersionStages"},
        token("c"): always | {"VersionStages"},
    }


def test_metadata_updates_may_repeat_a_token(secrets: Any, two: tuple[str, str]) -> None:
    """A token matters "If you include SecretString or SecretBinary"; the SDKs always send one."""
    secrets.update_secret(SecretId="s", Description="d", ClientRequestToken=two[1])
    secrets.update_secret(SecretId="s", Description="", ClientRequestToken=two[1])
    assert "Description" not in secrets.describe_secret(SecretId="s")


@pytest.mark.moto_too
def test_put_answers_what_is_attached(secrets: Any) -> None:
    """ "If this operation creates the first version for the secret, then Secrets Manager
    automatically attaches the staging label AWSCURRENT to it", also when VersionStages names
    others; the answer says what is attached.
    """
    secrets.create_secret(Name="s")
    answer = secrets.put_secret_value(
        SecretId="s", SecretString="x", ClientRequestToken=token(), VersionStages=["MINE"]
    )
    assert sorted(answer["VersionStages"]) == ["AWSCURRENT", "MINE"]
    answer = secrets.put_secret_value(
        SecretId="s", SecretString="y", ClientRequestToken=token("b"), VersionStages=["MINE"]
    )
    assert answer["VersionStages"] == ["MINE"]
    assert labels(secrets, "s") == {"AWSCURRENT": token(), "MINE": token("b")}


def test_a_used_token_with_other_data_is_refused(secrets: Any, two: tuple[str, str]) -> None:
    """ "If a version with this value already exists and the version of the SecretString and
    SecretBinary values are different from those in the request, then the request fails": also
    for the version that a stuck rotation left behind.
    """
    secrets.put_secret_value(
        SecretId="s",
        SecretString="pending",
        ClientRequestToken=token("c"),
        VersionStages=["AWSPENDING"],
    )
    with refused("ResourceExistsException", token("c")):
        secrets.put_secret_value(SecretId="s", SecretString="other", ClientRequestToken=token("c"))


@pytest.mark.moto_too
def test_a_token_of_31_characters_is_refused(secrets: Any) -> None:
    """ClientRequestToken: "Length Constraints: Minimum length of 32. Maximum length of 64."; on
    UpdateSecret too, whatever it updates.
    """
    secrets.create_secret(Name="s", SecretString="x")
    for size in (31, 65):
        with refused("InvalidParameterException", "32-64"):
            secrets.update_secret(SecretId="s", Description="d", ClientRequestToken="a" * size)
