"""Rotation, which really runs the function."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import labels, refused, token

DAILY = {"ScheduleExpression": "rate(10 days)", "Duration": "3h"}


@pytest.fixture
def secret(secrets: Any) -> str:
    secrets.create_secret(Name="s", SecretString="seed", ClientRequestToken=token())
    return "s"


def test_a_rotation_runs_all_four_steps(aws: Any, secrets: Any, secret: str, deploy: Any) -> None:
    """ "the operation sets the values for the secret and then immediately starts a rotation": the
    function's code runs through createSecret, setSecret, testSecret, finishSecret, and the value
    really changes. "The default for RotateImmediately is true."
    """
    arn = deploy()
    secrets.rotate_secret(
        SecretId=secret, RotationLambdaARN=arn, RotationRules=DAILY, ClientRequestToken=token("b")
    )
    assert aws.wait_for_rotations()
    value = secrets.get_secret_value(SecretId=secret)
    assert (value["SecretString"], value["VersionId"]) == ("rotated", token("b"))
    held = labels(secrets, secret)
    assert (held["AWSCURRENT"], held["AWSPREVIOUS"]) == (token("b"), token("a"))
    assert [rotation.outcome for rotation in aws.rotations] == ["succeeded"]


@pytest.mark.parametrize("keeps", [False, pytest.param(True, marks=pytest.mark.moto_too)])
def test_pending_goes_after_a_rotation(
    aws: Any, secrets: Any, secret: str, deploy: Any, keeps: bool
) -> None:
    """Recorded on AWS: AWSPENDING goes once the rotation succeeded. Reports exist where it stays:
    `keeps_pending`.
    """
    aws.keeps_pending = keeps
    secrets.rotate_secret(SecretId=secret, RotationLambdaARN=deploy(), RotationRules=DAILY)
    assert aws.wait_for_rotations()
    assert ("AWSPENDING" in labels(secrets, secret)) is keeps


def test_a_broken_function_is_told_nowhere(
    aws: Any, secrets: Any, secret: str, deploy: Any
) -> None:
    """Recorded on AWS: with RotateImmediately=False a broken function shows as TestRotationFailed
    in CloudTrail (here: `rotations`) and nowhere else.
    """
    secrets.rotate_secret(
        SecretId=secret,
        RotationLambdaARN=deploy(fails="testSecret"),
        RotationRules=DAILY,
        RotateImmediately=False,
    )
    assert aws.wait_for_rotations()
    assert [one.outcome for one in aws.rotations] == ["test failed"]
    assert labels(secrets, secret) == {"AWSCURRENT": token("a")}
    assert secrets.describe_secret(SecretId=secret)["RotationEnabled"] is True


def test_the_rules_are_kept_and_listed(aws: Any, secrets: Any, secret: str, deploy: Any) -> None:
    """ListSecrets and DescribeSecret return RotationEnabled, RotationLambdaARN, RotationRules,
    NextRotationDate and, once it rotated, LastRotatedDate.
    """
    arn = deploy()
    secrets.rotate_secret(
        SecretId=secret, RotationLambdaARN=arn, RotationRules=DAILY, RotateImmediately=False
    )
    assert aws.wait_for_rotations()
    for shown in (
        secrets.describe_secret(SecretId=secret),
        secrets.list_secrets()["SecretList"][0],
    ):
        assert shown["RotationEnabled"] is True
        assert shown["RotationLambdaARN"] == arn
        assert shown["RotationRules"] == DAILY
        assert shown["NextRotationDate"].timestamp() > time.time()
        assert "LastRotatedDate" not in shown


def test_days_are_computed_after_a_rotation(
    aws: Any, secrets: Any, secret: str, deploy: Any
) -> None:
    """AutomaticallyAfterDays: "In DescribeSecret and ListSecrets, this value is calculated from
    the rotation schedule after every successful rotation." A schedule expression is then
    returned together with days that nobody set.
    """
    secrets.rotate_secret(SecretId=secret, RotationLambdaARN=deploy(), RotationRules=DAILY)
    assert aws.wait_for_rotations()
    shown = secrets.describe_secret(SecretId=secret)
    assert shown["RotationRules"] == {**DAILY, "AutomaticallyAfterDays": 9} or (
        shown["RotationRules"] == {**DAILY, "AutomaticallyAfterDays": 10}
    )
    assert shown["LastRotatedDate"].timestamp() == pytest.approx(time.time(), abs=60)


def test_the_event_names_the_arn(aws: Any, secrets: Any, secret: str, deploy: Any) -> None:
    """The event's SecretId is the ARN of the secret, not its name."""
    code = """
        import boto3

        def handler(event, context):
            boto3.client("ssm").put_parameter(
                Name="/event/" + event["Step"], Type="String", Value=event["SecretId"]
            )
    """
    arn = deploy(code)
    secrets.rotate_secret(
        SecretId=secret, RotationLambdaARN=arn, RotationRules=DAILY, RotateImmediately=False
    )
    assert aws.wait_for_rotations()
    assert aws.calls["PutParameter"] == 1
    assert aws.log[-1][1]["Name"] == "/event/testSecret"
    secret_arn = secrets.describe_secret(SecretId=secret)["ARN"]
    assert ("PutParameter", secret_arn) in [
        (operation, (body or {}).get("Value")) for operation, body in aws.log
    ]


def test_without_immediately_only_the_test_runs(
    aws: Any, secrets: Any, secret: str, deploy: Any
) -> None:
    """ "If you set RotateImmediately to false, Secrets Manager tests the rotation configuration by
    running the testSecret step of the Lambda rotation function. This test creates an AWSPENDING
    version of the secret and then removes it."
    """
    secrets.rotate_secret(
        SecretId=secret,
        RotationLambdaARN=deploy(),
        RotationRules=DAILY,
        RotateImmediately=False,
        ClientRequestToken=token("b"),
    )
    assert aws.wait_for_rotations()
    assert labels(secrets, secret) == {"AWSCURRENT": token("a")}
    versions = secrets.list_secret_version_ids(SecretId=secret, IncludeDeprecated=True)["Versions"]
    assert [version["VersionId"] for version in versions] == [token("a")]
    assert [rotation.outcome for rotation in aws.rotations] == ["test succeeded"]


@pytest.mark.parametrize("step", ["createSecret", "setSecret", "testSecret", "finishSecret"])
def test_a_failing_step_fails_the_rotation(
    aws: Any, secrets: Any, secret: str, deploy: Any, step: str
) -> None:
    """ "When rotation is unsuccessful, the AWSPENDING staging label might be attached to an empty
    secret version." AWSCURRENT stays, and a later RotateSecret "assumes that a previous rotation
    request is still in progress and returns an error".
    """
    arn = deploy(fails=step)
    secrets.rotate_secret(
        SecretId=secret, RotationLambdaARN=arn, RotationRules=DAILY, ClientRequestToken=token("b")
    )
    assert aws.wait_for_rotations()
    assert labels(secrets, secret) == {"AWSCURRENT": token("a"), "AWSPENDING": token("b")}
    assert secrets.get_secret_value(SecretId=secret)["SecretString"] == "seed"
    assert [(one.outcome, one.step) for one in aws.rotations] == [("failed", step)]
    with refused("InvalidRequestException", "A previous rotation isn't complete."):
        secrets.rotate_secret(SecretId=secret)


def test_a_function_is_bounded_by_its_timeout(
    aws: Any, secrets: Any, secret: str, deploy: Any
) -> None:
    """Timeout: "The amount of time (in seconds) that Lambda allows a function to run before
    stopping it." A rotation whose function is stopped has failed.
    """
    code = """
        import time

        def handler(event, context):
            time.sleep(0 if event["Step"] == "createSecret" else 60)
    """
    arn = deploy(code, timeout=1)
    secrets.rotate_secret(SecretId=secret, RotationLambdaARN=arn, RotationRules=DAILY)
    assert aws.wait_for_rotations()
    assert [(one.outcome, one.step) for one in aws.rotations] == [("failed", "setSecret")]
    assert "timed out after 1.00 seconds" in aws.rotations[0].error


def test_a_missing_function_leaves_nothing(secrets: Any, secret: str) -> None:
    """Recorded on AWS: a function that does not exist is one that may not be invoked. A refused
    RotateSecret changes nothing: no AWSPENDING, no rotation.
    """
    with refused("AccessDeniedException", "cannot invoke the specified Lambda function"):
        secrets.rotate_secret(
            SecretId=secret,
            RotationLambdaARN="arn:aws:lambda:us-west-2:123456789012:function:none",
            RotationRules=DAILY,
        )
    assert labels(secrets, secret) == {"AWSCURRENT": token()}
    assert "RotationEnabled" not in secrets.describe_secret(SecretId=secret)


def test_a_function_must_let_secrets_manager_in(secrets: Any, secret: str, deploy: Any) -> None:
    """ "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function
    policy grants access to the principal secretsmanager.amazonaws.com."
    """
    arn = deploy(permit=False)
    with refused("AccessDeniedException", "secretsmanager.amazonaws.com"):
        secrets.rotate_secret(SecretId=secret, RotationLambdaARN=arn, RotationRules=DAILY)
    assert labels(secrets, secret) == {"AWSCURRENT": token()}
    assert "RotationEnabled" not in secrets.describe_secret(SecretId=secret)


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"SourceAccount": "123456789012"}, True),
        ({"SourceAccount": "210987654321"}, False),
        ({"SourceArn": "arn:aws:secretsmanager:us-west-2:123456789012:secret:s-*"}, True),
        ({"SourceArn": "arn:aws:secretsmanager:us-west-2:123456789012:secret:t-*"}, False),
    ],
)
def test_a_permission_may_be_narrow(
    aws: Any,
    secrets: Any,
    client: Any,
    secret: str,
    deploy: Any,
    condition: dict[str, str],
    allowed: bool,
) -> None:
    """AddPermission's SourceAccount and SourceArn narrow who may invoke: a permission for another
    secret or account is none.
    """
    arn = deploy(permit=False)
    client("lambda").add_permission(
        FunctionName="rotate",
        StatementId="narrow",
        Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
        **condition,
    )
    if allowed:
        secrets.rotate_secret(SecretId=secret, RotationLambdaARN=arn, RotationRules=DAILY)
        assert aws.wait_for_rotations()
        assert secrets.get_secret_value(SecretId=secret)["SecretString"] == "rotated"
    else:
        with refused("AccessDeniedException"):
            secrets.rotate_secret(SecretId=secret, RotationLambdaARN=arn, RotationRules=DAILY)


def test_rotation_needs_a_function(secrets: Any, secret: str) -> None:
    """ "You tried to enable rotation on a secret that doesn't already have a Lambda function ARN
    configured and you didn't include such an ARN as a parameter in this call."
    """
    with refused("InvalidRequestException", "No Lambda rotation function ARN"):
        secrets.rotate_secret(SecretId=secret, RotationRules=DAILY)


def test_managed_rotation_needs_no_function(aws: Any, secrets: Any, secret: str) -> None:
    """ "For secrets that use managed rotation, omit this field." The owning service changes the
    value itself.
    """
    aws.set_owning_service(secret, "rds")
    secrets.rotate_secret(SecretId=secret, RotationRules=DAILY, ClientRequestToken=token("b"))
    assert aws.wait_for_rotations()
    value = secrets.get_secret_value(SecretId=secret)
    assert value["VersionId"] == token("b")
    assert value["SecretString"] != "seed"
    assert secrets.describe_secret(SecretId=secret)["RotationEnabled"] is True


def test_a_function_that_no_longer_listens(
    aws: Any, secrets: Any, secret: str, deploy: Any
) -> None:
    """It has failed like any other that ends before its last step."""
    code = """
        import os

        def handler(event, context):
            os.close(0)
    """
    secrets.rotate_secret(SecretId=secret, RotationLambdaARN=deploy(code), RotationRules=DAILY)
    assert aws.wait_for_rotations()
    (rotation,) = aws.rotations
    assert (rotation.outcome, rotation.step) == ("failed", "setSecret")
    assert rotation.error == "Runtime.ExitError: the function ended early"


def test_a_new_version_abandons_a_rotation(
    aws: Any, secrets: Any, secret: str, deploy: Any
) -> None:
    """Secrets Manager abandons a rotation when a new version is created during it, and logs
    RotationAbandoned; AWSPENDING goes from the version that the rotation made.
    """
    code = """
        import time

        def handler(event, context):
            time.sleep(0.6)
    """
    secrets.rotate_secret(SecretId=secret, RotationLambdaARN=deploy(code), RotationRules=DAILY)
    secrets.put_secret_value(SecretId=secret, SecretString="mine", ClientRequestToken=token("c"))
    assert aws.wait_for_rotations()
    assert labels(secrets, secret) == {"AWSCURRENT": token("c"), "AWSPREVIOUS": token("a")}
    assert [one.outcome for one in aws.rotations] == ["abandoned"]
    assert secrets.describe_secret(SecretId=secret)["RotationEnabled"] is True


def test_cancel_leaves_pending_behind(aws: Any, secrets: Any, secret: str, deploy: Any) -> None:
    """ "Turns off automatic rotation, and if a rotation is currently in progress, cancels the
    rotation." "You might need to remove the staging label AWSPENDING from the partially created
    version." RotationRules stay; "if rotation has been disabled", there is no next date.
    """
    secrets.rotate_secret(
        SecretId=secret, RotationLambdaARN=deploy(fails="setSecret"), RotationRules=DAILY
    )
    assert aws.wait_for_rotations()
    secrets.cancel_rotate_secret(SecretId=secret)
    shown = secrets.describe_secret(SecretId=secret)
    assert shown["RotationEnabled"] is False
    assert shown["RotationRules"] == DAILY
    assert "NextRotationDate" not in shown
    assert "AWSPENDING" in labels(secrets, secret)


def test_rotation_again_uses_what_is_stored(
    aws: Any, secrets: Any, secret: str, deploy: Any
) -> None:
    """ "If you don't include the configuration parameters, the operation starts a rotation with
    the values already stored in the secret."
    """
    arn = deploy()
    secrets.rotate_secret(
        SecretId=secret, RotationLambdaARN=arn, RotationRules=DAILY, RotateImmediately=False
    )
    assert aws.wait_for_rotations()
    secrets.rotate_secret(SecretId=secret, ClientRequestToken=token("b"))
    assert aws.wait_for_rotations()
    assert labels(secrets, secret)["AWSCURRENT"] == token("b")
    shown = secrets.describe_secret(SecretId=secret)
    assert shown["RotationLambdaARN"] == arn
    assert shown["RotationRules"]["ScheduleExpression"] == DAILY["ScheduleExpression"]


def test_changing_only_the_rules_rotates_too(
    aws: Any, secrets: Any, secret: str, deploy: Any
) -> None:
    """ "If you don't specify this value, Secrets Manager rotates the secret immediately", also
    when only the schedule was to be changed.
    """
    arn = deploy()
    secrets.rotate_secret(
        SecretId=secret, RotationLambdaARN=arn, RotationRules=DAILY, RotateImmediately=False
    )
    assert aws.wait_for_rotations()
    secrets.rotate_secret(
        SecretId=secret, RotationRules={"AutomaticallyAfterDays": 7}, ClientRequestToken=token("b")
    )
    assert aws.wait_for_rotations()
    assert secrets.get_secret_value(SecretId=secret)["SecretString"] == "rotated"
    shown = secrets.describe_secret(SecretId=secret)
    assert shown["RotationRules"] == {"AutomaticallyAfterDays": 7}


@pytest.mark.parametrize(
    ("before", "comes"), [("rate(10 days)", True), ("cron(0 4 1 * ? *)", False)]
)
def test_a_rotation_that_was_scheduled_before_may_still_come(
    aws: Any, secrets: Any, secret: str, deploy: Any, before: str, comes: bool
) -> None:
    """Recorded on AWS: with rate(), after the rule was changed; with cron not."""
    given = {"SecretId": secret, "RotationLambdaARN": deploy(), "RotateImmediately": False}
    for schedule in (before, "cron(0 8 1 * ? *)"):
        secrets.rotate_secret(**given, RotationRules={"ScheduleExpression": schedule})
        assert aws.wait_for_rotations()
    assert aws.rotate_as_scheduled_before(secret) is comes
    assert aws.wait_for_rotations()
    assert (secrets.get_secret_value(SecretId=secret)["SecretString"] == "rotated") is comes


def test_a_manual_change_moves_the_next_date(
    aws: Any, secrets: Any, secret: str, deploy: Any
) -> None:
    """ "Secrets Manager calculates the next rotation date based on the previous rotation. Manually
    updating the secret value by calling PutSecretValue or UpdateSecret is considered a valid
    rotation."
    """
    secrets.rotate_secret(
        SecretId=secret,
        RotationLambdaARN=deploy(),
        RotationRules={"AutomaticallyAfterDays": 30},
        RotateImmediately=False,
    )
    assert aws.wait_for_rotations()
    with aws.lock:
        aws.secret(secret).last_put -= 20 * 86_400
        aws.secret(secret).next_rotation -= 20 * 86_400
    before = secrets.describe_secret(SecretId=secret)["NextRotationDate"]
    secrets.put_secret_value(SecretId=secret, SecretString="mine")
    after = secrets.describe_secret(SecretId=secret)["NextRotationDate"]
    assert (after - before).days == 20


def test_rotation_answers_at_once(aws: Any, secrets: Any, secret: str, deploy: Any) -> None:
    """ "Configures and starts the asynchronous process of rotating the secret." While it runs,
    AWSPENDING is on the new version, which is empty at first, and other calls are answered.
    """
    code = """
        import time

        def handler(event, context):
            time.sleep(0.5)
    """
    secrets.rotate_secret(
        SecretId=secret,
        RotationLambdaARN=deploy(code),
        RotationRules=DAILY,
        ClientRequestToken=token("b"),
    )
    assert labels(secrets, secret) == {"AWSCURRENT": token("a"), "AWSPENDING": token("b")}
    with refused("ResourceNotFoundException", "AWSPENDING"):
        secrets.get_secret_value(SecretId=secret, VersionStage="AWSPENDING")
    with refused("InvalidRequestException", "A previous rotation isn't complete."):
        secrets.rotate_secret(SecretId=secret)


def test_invoke_runs_the_code(client: Any, deploy: Any) -> None:
    """Invoke really runs the function: the result is its own."""
    deploy("def handler(event, context): return {'doubled': event['n'] * 2}", name="double")
    answer = client("lambda").invoke(FunctionName="double", Payload=b'{"n": 21}')
    assert json.loads(answer["Payload"].read()) == {"doubled": 42}
    assert "FunctionError" not in answer


def test_a_function_error_is_shown(client: Any, deploy: Any) -> None:
    """FunctionError: "If present, indicates that an error occurred during function execution.
    Details about the error are included in the response payload."
    """
    deploy("def handler(event, context): raise KeyError('k')", name="bad")
    answer = client("lambda").invoke(FunctionName="bad", Payload=b"{}")
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == "KeyError"


def test_a_function_sees_nothing_of_ours(
    client: Any, deploy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function's environment is its own variables and Lambda's; its calls stay in the sandbox,
    whatever endpoint its variables name.
    """
    monkeypatch.setenv("SOPS_AGE_KEY", "AGE-SECRET-KEY-1")
    code = """
        import os

        def handler(event, context):
            return dict(os.environ)
    """
    deploy(
        code,
        name="env",
        variables={
            "MINE": "1",
            "SECRETS_MANAGER_ENDPOINT": "https://secretsmanager.us-west-2.amazonaws.com",
        },
    )
    seen = json.loads(client("lambda").invoke(FunctionName="env")["Payload"].read())
    assert "SOPS_AGE_KEY" not in seen
    assert seen["MINE"] == "1"
    assert seen["AWS_ENDPOINT_URL"] == seen["SECRETS_MANAGER_ENDPOINT"]
    assert seen["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")


def test_two_rotations_at_a_time(aws: Any, secrets: Any, deploy: Any) -> None:
    """Rotations of different secrets do not wait for one another, nor for the sandbox's lock."""
    arn = deploy()
    names = ["a", "b"]
    for name in names:
        secrets.create_secret(Name=name, SecretString="seed")

    def rotate(name: str) -> None:
        secrets.rotate_secret(SecretId=name, RotationLambdaARN=arn, RotationRules=DAILY)

    threads = [threading.Thread(target=rotate, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert aws.wait_for_rotations()
    values = [secrets.get_secret_value(SecretId=name)["SecretString"] for name in names]
    assert values == ["rotated", "rotated"]


@pytest.mark.moto_too
def test_cancel_of_what_never_was(secrets: Any, secret: str) -> None:
    """CancelRotateSecret is refused where rotation was never configured."""
    with pytest.raises(ClientError) as caught:
        secrets.cancel_rotate_secret(SecretId=secret)
    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"
