"""The CloudFormation template of an environment's rotation functions.

It names each zip and its hash, so that another version of a function is another template, and shows
in a change set. A stack of its own: the zips lie in a bucket before it is deployed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from reconciler import __version__
from reconciler.access import iam
from reconciler.access.bootstrap import called
from reconciler.access.functions import policy
from reconciler.access.functions.archive import Archive, handler
from reconciler.aws.arn import arn
from reconciler.core.model import Scope
from reconciler.kinds.shipped import Placed, environment
from reconciler.manifest import Cleartext

_RUNTIME = "python3.13"
_TIMEOUT = 60  # seconds for a step; Secrets Manager repeats one that takes longer
_MEMORY = 256  # MB
_IN_VPC = "InVpc"


def stack(scope: Scope) -> str:
    """The stack of the functions, beside that of :mod:`reconciler.access.bootstrap`."""
    return f"{called.stack(scope)}-rotation"


def used(declared: Cleartext) -> dict[str, Placed]:
    """The functions that rotate something, by their schedules."""
    functions = declared.settings.functions
    return {name: one for name, one in functions.items() if policy.rotated(declared, one)}


def template(declared: Cleartext, archives: Mapping[str, Archive]) -> dict[str, Any]:
    """The whole template; ``archives`` are the built functions by name."""
    scope = declared.settings.scope
    resources: dict[str, Any] = {}
    for schedule, function in sorted(used(declared).items()):
        resources |= _resources(declared, schedule, function, archives[function.name])
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Rotates secrets of {scope.owner_id} in {scope.region}",
        "Parameters": _parameters(scope),
        "Conditions": {
            _IN_VPC: {"Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": "Subnets"}]}, ""]}]}
        },
        "Resources": resources,
    }


def _parameters(scope: Scope) -> dict[str, Any]:
    topic = arn("sns", scope.region, scope.account, called.stack(scope))
    return {
        "Bucket": {
            "Type": "String",
            "Description": "Bucket in this Region with the zips, by the names that build gave them",
        },
        "Subnets": {
            "Type": "CommaDelimitedList",
            "Default": "",
            "Description": "Subnets from which the database can be reached; empty for no VPC",
        },
        "SecurityGroups": {
            "Type": "CommaDelimitedList",
            "Default": "",
            "Description": "Security groups of the functions in these subnets",
        },
        "Topic": {
            "Type": "String",
            "Default": topic,
            "Description": "Topic that is told of errors; bootstrap's, unless another is named",
        },
        "LogDays": {
            "Type": "Number",
            "Default": 90,
            "Description": "Days for which logs are kept; they hold no value",
        },
    }


def _resources(
    declared: Cleartext, schedule: str, function: Placed, archive: Archive
) -> dict[str, Any]:
    scope, name = declared.settings.scope, _logical(schedule)
    logs = arn("logs", scope.region, scope.account, f"log-group:/aws/lambda/{function.function}:*")
    write = iam.Statement("Log", ("logs:CreateLogStream", "logs:PutLogEvents"), (logs,))
    parts = iam.parts([*policy.statements(declared, function), write])
    managed = {
        f"{name}Policy{number}": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"PolicyDocument": iam.document(part)},
        }
        for number, part in enumerate(parts, 1)
    }
    return {
        f"{name}Logs": {
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "LogGroupName": f"/aws/lambda/{function.function}",
                "RetentionInDays": {"Ref": "LogDays"},
            },
        },
        **managed,
        f"{name}Role": _role(scope, [*managed]),
        name: {
            "Type": "AWS::Lambda::Function",
            "DependsOn": f"{name}Logs",
            "Properties": {
                "FunctionName": function.function,
                "Description": f"reconciler {__version__}: builtin:{function.name}",
                "Runtime": _RUNTIME,
                "Handler": handler(function.name),
                "Code": {"S3Bucket": {"Ref": "Bucket"}, "S3Key": archive.key},
                "Role": {"Fn::GetAtt": [f"{name}Role", "Arn"]},
                "Timeout": _TIMEOUT,
                "MemorySize": _MEMORY,
                "Environment": {"Variables": {"SETTINGS": environment(function)}},
                "VpcConfig": {
                    "Fn::If": [
                        _IN_VPC,
                        {
                            "SubnetIds": {"Ref": "Subnets"},
                            "SecurityGroupIds": {"Ref": "SecurityGroups"},
                        },
                        {"Ref": "AWS::NoValue"},
                    ]
                },
            },
        },
        # "Only publish a version if the hash value matches the value that's specified": a zip that
        # was exchanged in the bucket is not deployed.
        f"{name}Version": {
            "Type": "AWS::Lambda::Version",
            "Properties": {"FunctionName": {"Ref": name}, "CodeSha256": archive.code},
        },
        f"{name}Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Ref": name},
                "Action": "lambda:InvokeFunction",
                "Principal": "secretsmanager.amazonaws.com",
                "SourceAccount": scope.account,
            },
        },
        f"{name}Errors": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": f"{function.function}-Errors",
                "AlarmDescription": f"{scope.owner_id}: a step of builtin:{function.name} failed",
                "Namespace": "AWS/Lambda",
                "MetricName": "Errors",
                "Dimensions": [{"Name": "FunctionName", "Value": {"Ref": name}}],
                "Statistic": "Sum",
                "Period": 300,
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
                "AlarmActions": [{"Ref": "Topic"}],
            },
        },
    }


def _role(scope: Scope, policies: list[str]) -> dict[str, Any]:
    service = {"Service": "lambda.amazonaws.com"}
    allow = {"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}
    managed = "policy/service-role/AWSLambdaVPCAccessExecutionRole"
    vpc = arn("iam", scope.region, "aws", managed, region="")
    either = {"Fn::If": [_IN_VPC, vpc, {"Ref": "AWS::NoValue"}]}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [allow]},
            "ManagedPolicyArns": [*({"Ref": one} for one in policies), either],
        },
    }


def _logical(schedule: str) -> str:
    """A name of letters and digits, another for each schedule."""
    words = "".join(word.capitalize() for word in re.findall(r"[A-Za-z0-9]+", schedule))
    return f"Rotate{words}{hashlib.sha256(schedule.encode()).hexdigest()[:4]}"
