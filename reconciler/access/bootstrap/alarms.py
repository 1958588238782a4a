"""Alarms on what the trail writes: a rotation that failed, calls that were denied, and more reads
of values than usual. Secrets Manager has no metric of its own for any of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reconciler.access.bootstrap import called, events, trail
from reconciler.access.bootstrap.parameters import MAKES_TRAIL
from reconciler.core.model import Key, Scope

PERIOD = 300  # seconds over which calls are counted

# Where each call says what it reads. BatchGetSecretValue "generates GetSecretValue log entries for
# each secret", and is not counted twice. Of GetParameters the first name speaks for all.
_READS = (
    ("GetSecretValue", "secretId"),
    ("GetParameter", "name"),
    ("GetParameters", "names[0]"),
    ("GetParametersByPath", "path"),
    ("GetParameterHistory", "name"),
)


def resources(scope: Scope, declared: Iterable[Key]) -> dict[str, Any]:
    """A metric filter and an alarm for each."""
    found: dict[str, Any] = {}
    thresholds: dict[str, Any] = {
        "RotationFailed": 1,
        "DeniedCalls": {"Ref": "DeniedCalls"},
        "ValueReads": {"Ref": "ValueReads"},
    }
    log_group = {"Fn::If": [MAKES_TRAIL, {"Ref": trail.LOGS}, {"Ref": "TrailLogGroup"}]}
    for name, filters in patterns(scope, declared).items():
        metric = {"MetricName": name, "MetricNamespace": _namespace(scope)}
        for number, pattern in enumerate(filters, 1):
            found[f"{name}Filter{number}"] = {
                "Type": "AWS::Logs::MetricFilter",
                "Properties": {
                    "LogGroupName": log_group,
                    "FilterPattern": pattern,
                    "MetricTransformations": [{**metric, "MetricValue": "1"}],
                },
            }
        found[f"{name}Alarm"] = {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": f"{called.stack(scope)}-{name}",
                "AlarmDescription": f"{scope.owner_id}: {_TOLD[name]}",
                "Namespace": metric["MetricNamespace"],
                "MetricName": name,
                "Statistic": "Sum",
                "Period": PERIOD,
                "EvaluationPeriods": 1,
                "Threshold": thresholds[name],
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
                "AlarmActions": [{"Ref": events.TOPIC}],
            },
        }
    return found


_TOLD = {
    "RotationFailed": "a rotation failed",
    "DeniedCalls": "calls to secrets or parameters were denied",
    "ValueReads": "values were read more often than usual",
}


def patterns(scope: Scope, declared: Iterable[Key]) -> dict[str, list[str]]:
    """What of the trail is counted, by the name of the metric: a filter for all below the prefix,
    and one for each name outside of it, since a filter has at most 1,024 characters."""
    outside = {key.name for key in declared if not key.name.startswith(scope.under)}
    names = [f"*{scope.under}*", *(f"*{name}*" for name in sorted(outside))]
    # An entry that did not say whose rotation failed would rather be told than lost.
    unsaid = "{ " + _FAILED + " && ($.additionalEventData.SecretId NOT EXISTS) }"
    return {
        "RotationFailed": [*map(_failed, names), unsaid],
        "DeniedCalls": [*map(_denied, names)],
        "ValueReads": [*map(_reads, names)],
    }


_FAILED = '($.eventSource = "secretsmanager.amazonaws.com") && ($.eventName = "*RotationFailed")'


def _failed(name: str) -> str:
    return f'{{ {_FAILED} && ($.additionalEventData.SecretId = "{name}") }}'


def _denied(name: str) -> str:
    """A denied call's entry may hold no parameters; its message names the resource."""
    fields = ("errorMessage", "requestParameters.secretId", "requestParameters.name")
    where = " || ".join(f'($.{field} = "{name}")' for field in fields)
    return f'{{ ($.errorCode = "AccessDenied*") && ({where}) }}'


def _reads(name: str) -> str:
    found = []
    for call, field in _READS:
        # Children are read by the path above them.
        what = name.removesuffix("/*") + "*" if field == "path" else name
        found.append(f'(($.eventName = "{call}") && ($.requestParameters.{field} = "{what}"))')
    return "{ " + " || ".join(found) + " }"


def _namespace(scope: Scope) -> str:
    return f"Secrets/{scope.environment}"
