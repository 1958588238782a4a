"""Drift sooner than the morning: what somebody changes in AWS starts the workflow that looks.

An API destination asks GitHub to run secrets-drift for the environment, with a token that may start
workflows of this repository and nothing else. It sends the name of the branch and of the
environment, and nothing of the event.
"""

from __future__ import annotations

import json
from typing import Any

from reconciler.access.bootstrap import called
from reconciler.access.bootstrap.parameters import STARTS_DRIFT
from reconciler.access.iam import GitHub
from reconciler.core.model import Scope

DESTINATION, ROLE = "DriftDestination", "DriftDestinationRole"
WORKFLOW = "secrets-drift.yml"
_API = "https://api.github.com"
_TOKEN = "{{resolve:secretsmanager:${GitHubToken}:SecretString}}"
_TRIES = 10
_PATIENCE = 3600  # seconds; later than that the event is of no use


def resources(scope: Scope, github: GitHub) -> dict[str, Any]:
    """How GitHub is asked, and who may ask: only where there is a token."""
    path = f"repos/{github.repository}/actions/workflows/{WORKFLOW}/dispatches"
    name = called.stack(scope)
    invokes = {
        "Effect": "Allow",
        "Action": "events:InvokeApiDestination",
        "Resource": {"Fn::GetAtt": [DESTINATION, "Arn"]},
    }
    trusts = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": scope.account}},
    }
    made: dict[str, Any] = {
        "DriftConnection": {
            "Type": "AWS::Events::Connection",
            "Properties": {
                "Description": f"Starts {WORKFLOW} of {github.repository}",
                "AuthorizationType": "API_KEY",
                "AuthParameters": {
                    "ApiKeyAuthParameters": {
                        "ApiKeyName": "Authorization",
                        "ApiKeyValue": {"Fn::Sub": f"Bearer {_TOKEN}"},
                    }
                },
            },
        },
        DESTINATION: {
            "Type": "AWS::Events::ApiDestination",
            "Properties": {
                "Name": f"{name}-drift",
                "ConnectionArn": {"Fn::GetAtt": ["DriftConnection", "Arn"]},
                "InvocationEndpoint": f"{_API}/{path}",
                "HttpMethod": "POST",
                "InvocationRateLimitPerSecond": 1,
            },
        },
        ROLE: {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "Description": f"Starts {WORKFLOW} for {scope.environment}, and no more",
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trusts]},
                "Policies": [
                    {
                        "PolicyName": "start-drift",
                        "PolicyDocument": {"Version": "2012-10-17", "Statement": [invokes]},
                    }
                ],
            },
        },
    }
    return {name: {**resource, "Condition": STARTS_DRIFT} for name, resource in made.items()}


def target(scope: Scope, branch: str) -> dict[str, Any]:
    """What a rule sends there, if there is a token; nothing otherwise."""
    body = {"ref": branch, "inputs": {"environment": scope.environment}}
    sends = {
        "Id": "drift",
        "Arn": {"Fn::GetAtt": [DESTINATION, "Arn"]},
        "RoleArn": {"Fn::GetAtt": [ROLE, "Arn"]},
        "Input": json.dumps(body),
        "RetryPolicy": {
            "MaximumRetryAttempts": _TRIES,
            "MaximumEventAgeInSeconds": _PATIENCE,
        },
    }
    return {"Fn::If": [STARTS_DRIFT, sends, {"Ref": "AWS::NoValue"}]}
