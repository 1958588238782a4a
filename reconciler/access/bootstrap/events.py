"""EventBridge: what is told of an environment, to one SNS topic, and to GitHub if that is wanted.

Rotations reach EventBridge as service events of CloudTrail, changes and deletions as its API calls;
both need a trail, which the template makes where there is none. No event holds a value. That a
rotation's event names the secret in `additionalEventData.SecretId`, and how a call's tags are
spelt, is what entries of CloudTrail show, and not documented: the alarm on the log also counts a
rotation that names none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler import kinds
from reconciler.access.bootstrap import called, dispatch
from reconciler.access.bootstrap.parameters import HAS_EMAIL
from reconciler.access.iam import Role
from reconciler.aws.arn import arn
from reconciler.core.model import Key, Scope
from reconciler.kinds.access import BY_CALL

TOPIC = "Topic"


def resources(scope: Scope, declared: Iterable[Key], branch: str) -> dict[str, Any]:
    """The topic, who may publish there, and a rule for each kind of event. ``branch`` is the one
    that drift is looked for on."""
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
    targets = [{"Id": "topic", "Arn": {"Ref": TOPIC}}, dispatch.target(scope, branch)]
    for name, pattern in patterns(scope, declared).items():
        found[f"{name}Rule"] = {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "Description": f"{scope.owner_id}: {name}",
                "EventPattern": pattern,
                "State": "ENABLED",
                "Targets": targets,
            },
        }
    return found


def outputs() -> dict[str, Any]:
    """Where to subscribe."""
    return {TOPIC: {"Description": "Subscribe here to be told", "Value": {"Ref": TOPIC}}}


def patterns(scope: Scope, declared: Iterable[Key]) -> dict[str, Mapping[str, Any]]:
    """What is told, by name: changes, then deletions, then what would end the telling. What lies
    outside the prefix is told by its own name. What our own roles call is told of by their runs."""
    outside = kinds.outside(declared, scope)
    found: dict[str, Mapping[str, Any]] = {}
    for name, kind in kinds.wholes().items():
        found |= kind.access.changes(scope, outside[name])
    for name, kind in kinds.wholes().items():
        found |= kind.access.deletions(scope, outside[name])
    found = {name: _by_others(pattern, scope) for name, pattern in found.items()}
    found["LoggingStopped"] = {
        "source": ["aws.cloudtrail"],
        "detail-type": [BY_CALL],
        "detail": {
            "eventSource": ["cloudtrail.amazonaws.com"],
            "eventName": ["DeleteTrail", "StopLogging"],
        },
    }
    return found


def _by_others(pattern: Mapping[str, Any], scope: Scope) -> Mapping[str, Any]:
    """A pattern of calls, without those of the roles that write from git. A user has no session
    whose issuer could be compared."""
    if pattern["detail-type"] != [BY_CALL]:
        return pattern
    ours = [
        arn("iam", scope.region, scope.account, f"role/{called.role(scope, role)}", "")
        for role in (Role.APPLY, Role.ADOPT)
    ]
    issuer = {"sessionIssuer": {"arn": [{"anything-but": ours}, {"exists": False}]}}
    detail = {**pattern["detail"], "userIdentity": {"sessionContext": issuer}}
    return {**pattern, "detail": detail}


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
