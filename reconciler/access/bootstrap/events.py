"""EventBridge: what is told of an environment, to one SNS topic.

Rotations reach EventBridge as service events of CloudTrail, deletions as its API calls (both need
a trail); moved labels and parameters come from the services themselves. No event holds a value.
That a rotation's event names the secret in `additionalEventData.SecretId` is what entries of
CloudTrail show, and not documented: the alarm on the log also counts one that names none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler import kinds
from reconciler.access.bootstrap import called
from reconciler.access.bootstrap.parameters import HAS_EMAIL
from reconciler.aws.arn import arn
from reconciler.core.model import Key, Scope

TOPIC = "Topic"


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


def patterns(scope: Scope, declared: Iterable[Key]) -> dict[str, Mapping[str, Any]]:
    """What is told, by name: changes, then deletions. What lies outside the prefix is told by its
    own name."""
    outside = kinds.outside(declared, scope)
    found: dict[str, Mapping[str, Any]] = {}
    for name, kind in kinds.wholes().items():
        found |= kind.access.changes(scope, outside[name])
    for name, kind in kinds.wholes().items():
        found |= kind.access.deletions(scope, outside[name])
    return found


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
