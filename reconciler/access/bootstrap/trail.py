"""A trail of management events, where the account has none: to a bucket for auditors, and to a log
group, where alarms look. CloudTrail hides values: they are in no entry."""

from __future__ import annotations

from typing import Any

from reconciler.access.bootstrap import called
from reconciler.access.bootstrap.parameters import MAKES_TRAIL
from reconciler.aws.arn import arn
from reconciler.core.model import Scope

LOGS, BUCKET = "TrailLogs", "TrailBucket"
KEPT = 365  # days that entries are kept


def resources(scope: Scope) -> dict[str, Any]:
    """The trail, and all that it writes to."""
    name = called.stack(scope)
    trail = arn("cloudtrail", scope.region, scope.account, f"trail/{name}")
    made = {
        BUCKET: {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": _bucket(),
        },
        "TrailBucketPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": BUCKET},
                "PolicyDocument": _bucket_policy(scope, trail),
            },
        },
        LOGS: {
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {"LogGroupName": f"/cloudtrail/{name}", "RetentionInDays": KEPT},
        },
        "TrailRole": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": _trust(),
                "Policies": [{"PolicyName": "logs", "PolicyDocument": _writes_logs()}],
            },
        },
        "Trail": {
            "Type": "AWS::CloudTrail::Trail",
            "DependsOn": "TrailBucketPolicy",
            "Properties": {
                "TrailName": name,
                "IsLogging": True,
                "IsMultiRegionTrail": True,
                "IncludeGlobalServiceEvents": True,
                "EnableLogFileValidation": True,
                "S3BucketName": {"Ref": BUCKET},
                "CloudWatchLogsLogGroupArn": {"Fn::GetAtt": [LOGS, "Arn"]},
                "CloudWatchLogsRoleArn": {"Fn::GetAtt": ["TrailRole", "Arn"]},
            },
        },
    }
    return {key: {**value, "Condition": MAKES_TRAIL} for key, value in made.items()}


def _bucket() -> dict[str, Any]:
    encryption = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    return {
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [encryption]},
        "VersioningConfiguration": {"Status": "Enabled"},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "kept",
                    "Status": "Enabled",
                    "ExpirationInDays": KEPT,
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                }
            ]
        },
    }


def _bucket_policy(scope: Scope, trail: str) -> dict[str, Any]:
    bucket = {"Fn::GetAtt": [BUCKET, "Arn"]}
    service = {"Service": "cloudtrail.amazonaws.com"}
    ours = {"StringEquals": {"aws:SourceArn": trail}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Look",
                "Effect": "Allow",
                "Principal": service,
                "Action": "s3:GetBucketAcl",
                "Resource": bucket,
                "Condition": ours,
            },
            {
                "Sid": "Write",
                "Effect": "Allow",
                "Principal": service,
                "Action": "s3:PutObject",
                "Resource": {"Fn::Sub": f"${{{BUCKET}.Arn}}/AWSLogs/{scope.account}/*"},
                "Condition": ours,
            },
            {
                "Sid": "OnlyEncrypted",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [bucket, {"Fn::Sub": f"${{{BUCKET}.Arn}}/*"}],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


def _trust() -> dict[str, Any]:
    """As CloudTrail documents it: only who may pass the role here can name it in a trail."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }


def _writes_logs() -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": {"Fn::GetAtt": [LOGS, "Arn"]},
            }
        ],
    }
