"""EventBridge: what is told of an environment, to one SNS topic.

Rotations reach EventBridge as service events of CloudTrail, deletions as its API calls (both need
a trail); moved labels and parameters come from the services themselves. No event holds a value.
That a rotation's event names the secret in `additionalEventData.SecretId` is what entries of
CloudTrail show, and not documented: the alarm on the log also counts one that names none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.access.bootstrap import called
from reconciler.access.bootstrap.parameters import HAS_EMAIL
from reconciler.access.iam import names
from reconciler.aws.arn import arn
from reconciler.core.model import Key, Scope

TOPIC = "Topic"
_SECRETS, _PARAMETERS = "aws.secretsmanager", "aws.ssm"
_SERVICE = "AWS Service Event via CloudTrail"
_CALL = "AWS API Call via CloudTrail"


def resources(scope: Scope, declared: Iterable[Key]) -> dict[str, Any]:
    """The topic, who may publish there, and a rule for each kind of event."""
    found: dict[str, Any] = {
        TOPIC: {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": called.stack(scope)}},
        "TopicPolicy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {"Topics": [{"Ref": TOPIC}], "PolicyDocument": _publishers(scope)},
        },
        "Mail": {
            "Type": "AWS::SNS::Subscription",
            "Condition": HAS_EMAIL,
            "Properties": {
                "TopicArn": {"Ref": TOPIC},
                "Protocol": "email",
                "Endpoint": {"Ref": "Email"},
            },
        },
    }
    for name, pattern in patterns(scope, declared).items():
        found[f"{name}Rule"] = {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "Description": f"{scope.owner_id}: {name}",
                "EventPattern": pattern,
                "State": "ENABLED",
                "Targets": [{"Id": "topic", "Arn": {"Ref": TOPIC}}],
            },
        }
    return found


def outputs() -> dict[str, Any]:
    """Where to subscribe."""
    return {TOPIC: {"Description": "Subscribe here to be told", "Value": {"Ref": TOPIC}}}


def patterns(scope: Scope, declared: Iterable[Key]) -> dict[str, dict[str, Any]]:
    """What is told, by name. What lies outside the prefix is told by its own name."""
    arns, called_, parameters = _matches(scope, declared)
    return {
        "RotationFailed": _rotation("RotationFailed", arns),
        "RotationAbandoned": _rotation("RotationAbandoned", arns),
        "SecretLabelUpdated": {
            "source": [_SECRETS],
            "detail-type": ["Secret Label Updated"],
            "detail": {"name": called_},
        },
        "ParameterChanged": {
            "source": [_PARAMETERS],
            "detail-type": ["Parameter Store Change"],
            "detail": {"name": parameters},
        },
        "SecretDeleted": {
            "source": [_SECRETS],
            "detail-type": [_CALL],
            "detail": {
                "eventSource": ["secretsmanager.amazonaws.com"],
                "eventName": ["DeleteSecret"],
                # Whoever deletes may name a secret either way.
                "requestParameters": {"secretId": [*called_, *arns]},
            },
        },
    }


def _rotation(name: str, arns: list[Any]) -> dict[str, Any]:
    return {
        "source": [_SECRETS],
        "detail-type": [_SERVICE],
        "detail": {
            "eventSource": ["secretsmanager.amazonaws.com"],
            "eventName": [name],
            "additionalEventData": {"SecretId": arns},
        },
    }


def _matches(scope: Scope, declared: Iterable[Key]) -> tuple[list[Any], list[Any], list[Any]]:
    """What matches secrets by ARN and by name, and parameters by name."""
    arns: list[Any] = [{"prefix": names.secrets_below(scope).removesuffix("*")}]
    secrets: list[Any] = [{"prefix": scope.under}]
    parameters: list[Any] = [{"prefix": scope.under}]
    for key in sorted(declared):
        if key.name.startswith(scope.under):
            continue
        if key.kind == "secret":
            arns.append({"prefix": names.secret(scope, key.name).removesuffix("??????")})
            secrets.append(key.name)
        elif key.kind == "parameter":
            parameters.append(key.name)
    return arns, secrets, parameters


def _publishers(scope: Scope) -> Mapping[str, Any]:
    """ "You can't use Condition blocks in Amazon SNS topic policies for EventBridge": it sends no
    `aws:SourceArn`, and what asks for one gets no message."""
    alarms = arn("cloudwatch", scope.region, scope.account, "alarm:*")
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Events",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": {"Ref": TOPIC},
            },
            {
                "Sid": "Alarms",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": {"Ref": TOPIC},
                "Condition": {"ArnLike": {"aws:SourceArn": alarms}},
            },
        ],
    }
