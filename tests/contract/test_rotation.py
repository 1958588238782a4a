"""What is assumed of rotation."""

from __future__ import annotations

import io
import textwrap
import zipfile
from typing import Any

from tests.contract import switches
from tests.contract.account import Account
from tests.contract.assumption import assumes
from tests.contract.test_secrets import MARKS, A, described, labels, make
from tests.sandbox.conftest import ROTATION

RULES = {"ScheduleExpression": "cron(0 4 1 * ? *)", "Duration": "3h"}


def deploy(account: Account) -> str:
    """A function that rotates secrets of this run; its ARN."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("rotate.py", "FAILS = ''\n" + textwrap.dedent(ROTATION))
    steps = ("DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [f"secretsmanager:{step}" for step in steps],
                "Resource": f"arn:*:secretsmanager:*:*:secret:{account.prefix}/*",
            }
        ],
    }
    role = account.make_role("function", policy, {"Service": "lambda.amazonaws.com"})
    client, name = account.client("lambda"), account.plain("rotate")
    # A role that was just made cannot be assumed by Lambda at once.
    arn: str = account.eventually(
        lambda: client.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler="rotate.handler",
            Role=role,
            Code={"ZipFile": archive.getvalue()},
            Timeout=30,
        )["FunctionArn"],
        seconds=60,
    )
    if account.is_real:
        client.get_waiter("function_active_v2").wait(FunctionName=name)
    client.add_permission(
        FunctionName=name,
        StatementId="rotation",
        Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
    )
    return arn


def rotate(account: Account, name: str, **given: Any) -> None:
    """Rotate, once the function and the secret are known."""
    account.eventually(
        lambda: account.secrets.rotate_secret(SecretId=name, RotationRules=RULES, **given),
        seconds=120,
    )
    account.wait()


def _at_once(body: dict[str, Any]) -> None:
    body["RotateImmediately"] = True


@assumes(
    "P4",
    "RotateImmediately: If you set it to false, Secrets Manager tests the rotation configuration "
    "by running the testSecret step. This test creates an AWSPENDING version of the secret and "
    "then removes it.",
    off=switches.asking("RotateSecret", _at_once),
)
def test_nothing_rotates_that_is_not_to_be(account: Account) -> None:
    name = make(account)
    rotate(account, name, RotationLambdaARN=deploy(account), RotateImmediately=False)
    account.eventually(lambda: labels(account, name) == {A: ["AWSCURRENT"]})
    shown = described(account, name)
    assert shown["RotationEnabled"] is True
    assert shown["RotationRules"].items() >= RULES.items()
    assert "LastRotatedDate" not in shown


def _loses_tags(secret: Any, body: dict[str, Any]) -> None:
    secret.tags = []


@assumes(
    "P4, P5",
    "Recorded on AWS: a rotation makes a version of its own token current, keeps the tags, and "
    "removes AWSPENDING, or does not: the report tells.",
    off=switches.before("UpdateSecretVersionStage", _loses_tags),
)
def test_a_rotation_keeps_the_marks(account: Account) -> None:
    name, token = make(account), "e" * 32
    rotate(account, name, RotationLambdaARN=deploy(account), ClientRequestToken=token)
    account.eventually(lambda: "AWSCURRENT" in labels(account, name).get(token, []))
    shown = account.eventually(
        lambda: (found := described(account, name)) and "LastRotatedDate" in found and found
    )
    assert shown["Tags"] == MARKS
    assert "AWSPREVIOUS" in labels(account, name)[A]
