"""The template, deployed on an emulator, and events that go through it to a queue.

How far it goes: all but two resources are made by the emulator's CloudFormation; GitHub's provider
and the trail, which that does not know, are made by their own services with what the template says
of them. A rotation really fails in the embedded AWS, and its event, in the form in which CloudTrail
writes it, is matched by the deployed rule and reaches a queue behind the topic. Between the two is
what no emulator does: that AWS itself sends the event. Nobody else may send events in AWS's name,
so for the delivery the rule's source is changed to one of ours, and nothing else of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.access.bootstrap.template import WHO, bootstrap, declare
from tests.access.iam.emulator import Emulator, running
from tests.trees import make_tree
from tests.world import SCHEDULE, World

SERVICES = "iam,sts,kms,cloudformation,sns,sqs,events,logs,cloudwatch,monitoring,cloudtrail,s3"
UNKNOWN = {"AWS::IAM::OIDCProvider", "AWS::CloudTrail::Trail"}  # to its CloudFormation
STACK = "secrets-production"
PATIENCE = 300  # seconds for a stack to be made
SECRET = "arn:aws:secretsmanager:us-west-2:123456789012:secret:"
OURS = "emulated.secretsmanager"


@dataclass(frozen=True)
class Deployed:
    """A stack, what it puts out, and the template that it was made of."""

    emulator: Emulator
    outputs: dict[str, str]
    template: dict[str, Any]

    def rule(self, name: str) -> dict[str, Any]:
        """A rule of the stack, as EventBridge has it."""
        rules = self.emulator.root("events").list_rules()["Rules"]
        found: dict[str, Any] = next(
            one for one in rules if one["Name"].startswith(f"{STACK}-{name}-")
        )
        return found

    def matches(self, name: str, event: dict[str, Any]) -> bool:
        """Whether a rule of the stack takes an event of AWS."""
        whole = {
            "id": "1", "account": "123456789012", "region": "us-west-2", "resources": [],
            "time": "2026-11-24T12:00:00Z", **event,
        }  # fmt: skip
        answer = self.emulator.root("events").test_event_pattern(
            EventPattern=self.rule(name)["EventPattern"], Event=json.dumps(whole)
        )
        return bool(answer["Result"])


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("deployed")
    template = bootstrap(declare(folder), "production", *WHO).template
    with running(folder, SERVICES) as emulator:
        yield Deployed(emulator, deploy(emulator, STACK, template), template)


def deploy(
    emulator: Emulator, name: str, template: dict[str, Any], **parameters: str
) -> dict[str, str]:
    """Deploy what of a template the emulator knows; what the stack puts out."""
    known = {k: v for k, v in template["Resources"].items() if v["Type"] not in UNKNOWN}
    client = emulator.root("cloudformation")
    client.create_stack(
        StackName=name,
        TemplateBody=json.dumps({**template, "Resources": known}),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
    )
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        (stack,) = client.describe_stacks(StackName=name)["Stacks"]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            assert stack["StackStatus"] == "CREATE_COMPLETE", stack
            return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        time.sleep(0.1)
    raise AssertionError("the stack is not made in time")


def test_all_of_it_is_made(deployed: Deployed) -> None:
    made = deployed.emulator.root("cloudformation").describe_stack_resources(StackName=STACK)
    status = {one["LogicalResourceId"]: one["ResourceStatus"] for one in made["StackResources"]}
    assert set(status.values()) == {"CREATE_COMPLETE"}
    wanted = {
        name
        for name, resource in deployed.template["Resources"].items()
        if resource["Type"] not in UNKNOWN
        and resource.get("Condition") not in ("HasEmail", "StartsDrift")
    }
    assert set(status) == wanted
    attached = deployed.emulator.root("iam").list_attached_role_policies(
        RoleName="secrets-apply-production"
    )
    names = [one["PolicyName"] for one in attached["AttachedPolicies"]]
    assert names == ["secrets-apply-production-1"]
    assert deployed.outputs["PlanRole"].endswith(":role/secrets-plan-production")


def test_a_second_environment_uses_the_trail_that_is_there(
    deployed: Deployed, tmp_path: Path
) -> None:
    tree = make_tree(tmp_path, {"staging": {"secrets": {"db": {"value": "v"}}}})
    template = bootstrap(tree, "staging", *WHO).template
    theirs = {"TrailLogGroup": "/cloudtrail/secrets-production", "Email": "oncall@example.com"}
    deploy(deployed.emulator, "secrets-staging", template, OidcProvider="exists", **theirs)
    client = deployed.emulator.root("cloudformation")
    made = client.describe_stack_resources(StackName="secrets-staging")["StackResources"]
    names = {one["LogicalResourceId"] for one in made}
    assert {"PlanRole", "Topic", "Mail", "ValueReadsAlarm"} <= names
    assert not {name for name in names if name.startswith("Trail")}
    filters = deployed.emulator.root("logs").describe_metric_filters()["metricFilters"]
    ours = [one for one in filters if "/test/staging/" in one["filterPattern"]]
    assert {one["logGroupName"] for one in ours} == {theirs["TrailLogGroup"]}


def test_what_its_cloudformation_does_not_know_is_taken_by_the_services(
    deployed: Deployed,
) -> None:
    resources = deployed.template["Resources"]
    provider = resources["GitHubProvider"]["Properties"]
    deployed.emulator.root("iam").create_open_id_connect_provider(
        Url=provider["Url"], ClientIDList=provider["ClientIdList"]
    )
    trust = resources["PlanRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
    listed = deployed.emulator.root("iam").list_open_id_connect_providers()
    arns = [one["Arn"] for one in listed["OpenIDConnectProviderList"]]
    assert arns == [trust["Principal"]["Federated"]]

    trail = resources["Trail"]["Properties"]
    bucket = deployed.emulator.root("s3").list_buckets()["Buckets"][0]
    created = deployed.emulator.root("cloudtrail").create_trail(
        Name=trail["TrailName"],
        S3BucketName=bucket["Name"],
        IsMultiRegionTrail=trail["IsMultiRegionTrail"],
        IncludeGlobalServiceEvents=trail["IncludeGlobalServiceEvents"],
        EnableLogFileValidation=trail["EnableLogFileValidation"],
    )
    policy = resources["TrailBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert created["TrailARN"] == policy[0]["Condition"]["StringEquals"]["aws:SourceArn"]


def service(name: str, arn: str, source: str = "aws.secretsmanager") -> dict[str, Any]:
    """The event of a rotation, as CloudTrail passes it on."""
    return {
        "source": source,
        "detail-type": "AWS Service Event via CloudTrail",
        "detail": {
            "eventSource": "secretsmanager.amazonaws.com",
            "eventName": name,
            "eventType": "AwsServiceEvent",
            "additionalEventData": {"SecretId": arn},
        },
    }


def call(
    called: str, /, by: str | None = "on-call", service: str = "secretsmanager", **given: Any
) -> dict[str, Any]:
    """A call as a trail writes it down, of a session of a role, or of a user."""
    who: dict[str, Any] = {"type": "IAMUser"}
    if by is not None:
        role = {"type": "Role", "arn": f"arn:aws:iam::123456789012:role/{by}", "userName": by}
        who = {"type": "AssumedRole", "sessionContext": {"sessionIssuer": role}}
    return {
        "source": f"aws.{service}",
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {
            "eventSource": f"{service}.amazonaws.com",
            "eventName": called,
            "userIdentity": who,
            "requestParameters": given,
        },
    }


def label(secret: str, label: str = "AWSCURRENT", **more: Any) -> dict[str, Any]:
    moved = {"secretId": secret, "versionStage": label, "moveToVersionId": "v" * 32}
    return call("UpdateSecretVersionStage", **moved, **more)


def put(secret: str, *labels: str, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"versionStages": list(labels)} if labels else {}
    return call("PutSecretValue", secretId=secret, **given, **more)


def parameter(name: str, called: str = "PutParameter", **more: Any) -> dict[str, Any]:
    return call(called, service="ssm", name=name, **more)


def deletion(secret: str, called: str = "DeleteSecret", **more: Any) -> dict[str, Any]:
    return call(called, secretId=secret, **more)


APPLY = "secrets-apply-production"
ADOPT = "secrets-adopt-production"


DB = f"{SECRET}/test/production/db-AbCdEf"
OLD = f"{SECRET}prod-db-login-AbCdEf"
STAGING = f"{SECRET}/test/staging/db-AbCdEf"
OWNER = "reconciler:owner"
OURS_TAGGED = [{"key": "a", "value": "b"}, {"key": OWNER, "value": "x"}]
THEIRS_TAGGED = [{"key": "a", "value": "b"}]


@pytest.mark.parametrize(
    ("rule", "event", "taken"),
    [
        ("RotationFailedRule", service("RotationFailed", DB), True),
        ("RotationFailedRule", service("RotationFailed", OLD), True),
        ("RotationFailedRule", service("RotationFailed", STAGING), False),
        ("RotationFailedRule", service("RotationSucceeded", DB), False),
        ("RotationSucceededRule", service("RotationSucceeded", DB), True),
        ("RotationSucceededRule", service("RotationSucceeded", OLD), True),
        ("RotationSucceededRule", service("RotationSucceeded", STAGING), False),
        ("RotationSucceededRule", service("RotationFailed", DB), False),
        ("RotationAbandonedRule", service("RotationAbandoned", DB), True),
        ("RotationAbandonedRule", service("RotationFailed", DB), False),
        ("SecretLabelUpdatedRule", label("/test/production/db"), True),
        ("SecretLabelUpdatedRule", label("prod-db-login"), True),
        ("SecretLabelUpdatedRule", label("/test/staging/db"), False),
        ("ParameterChangedRule", parameter("/test/production/host"), True),
        ("ParameterChangedRule", parameter("/elsewhere/host"), True),
        ("ParameterChangedRule", parameter("/elsewhere/other"), False),
        ("SecretDeletedRule", deletion("/test/production/db"), True),
        ("SecretDeletedRule", deletion(DB), True),
        ("SecretDeletedRule", deletion(OLD), True),
        ("SecretDeletedRule", deletion("/test/staging/db"), False),
        ("SecretDeletedRule", deletion(DB, "RestoreSecret"), False),
        ("SecretDeletedRule", deletion(DB, by=None), True),
        ("SecretDeletedRule", deletion(DB, by=APPLY), False),
        ("SecretLabelUpdatedRule", label("/test/production/db", "RECONCILER_STAGED"), False),
        ("SecretLabelUpdatedRule", label(DB), True),
        ("SecretLabelUpdatedRule", label(DB, by="rotation-function"), True),
        ("SecretLabelUpdatedRule", label(DB, by=APPLY), False),
        ("SecretLabelUpdatedRule", label(DB, by=ADOPT), False),
        ("SecretValuePutRule", put(DB), True),
        ("SecretValuePutRule", put(DB, "AWSCURRENT"), True),
        ("SecretValuePutRule", put(DB, by=None), True),
        ("SecretValuePutRule", put(DB, "AWSPENDING"), False),
        ("SecretValuePutRule", put(DB, by=APPLY), False),
        ("SecretValuePutRule", put(STAGING), False),
        ("RotationTestFailedRule", service("TestRotationFailed", DB), True),
        ("RotationTestFailedRule", service("TestRotationFailed", STAGING), False),
        *(
            ("SecretChangedRule", call(name, secretId=DB), True)
            for name in (
                "PutResourcePolicy",
                "DeleteResourcePolicy",
                "CancelRotateSecret",
                "RotateSecret",
                "UpdateSecret",
            )
        ),
        ("SecretChangedRule", call("DescribeSecret", secretId=DB), False),
        ("SecretChangedRule", call("UpdateSecret", secretId=STAGING), False),
        ("SecretChangedRule", call("UpdateSecret", by=APPLY, secretId=DB), False),
        ("SecretChangedRule", call("UpdateSecret", by=ADOPT, secretId=DB), False),
        ("SecretTaggedRule", call("TagResource", secretId=DB, tags=OURS_TAGGED), True),
        ("SecretTaggedRule", call("TagResource", secretId=DB, tags=THEIRS_TAGGED), False),
        ("SecretUntaggedRule", call("UntagResource", secretId=DB, tagKeys=["a", OWNER]), True),
        ("SecretUntaggedRule", call("UntagResource", secretId=DB, tagKeys=["a"]), False),
        ("ParameterChangedRule", parameter("/test/production/host", by=APPLY), False),
        ("ParameterDeletedRule", parameter("/test/production/host", "DeleteParameter"), True),
        ("ParameterDeletedRule", parameter("/test/staging/host", "DeleteParameter"), False),
        (
            "ParametersDeletedRule",
            call("DeleteParameters", service="ssm", names=["/x", "/test/production/host"]),
            True,
        ),
        ("LoggingStoppedRule", call("StopLogging", service="cloudtrail", name="any"), True),
        ("LoggingStoppedRule", call("DeleteTrail", service="cloudtrail", name="any"), True),
        ("LoggingStoppedRule", call("StartLogging", service="cloudtrail", name="any"), False),
    ],
)
def test_what_each_rule_takes(
    deployed: Deployed, rule: str, event: dict[str, Any], taken: bool
) -> None:
    assert deployed.matches(rule, event) is taken


def test_a_failed_rotation_reaches_a_queue(deployed: Deployed, world: World) -> None:
    world.deploy(fails="setSecret")
    world.declare({"db": {"value": "seed", "rotation": SCHEDULE, "rotate_on_enable": True}})
    world.apply()
    assert world.aws.wait_for_rotations()
    (rotation,) = world.aws.rotations[-1:]
    assert rotation.outcome == "failed"
    event = service("RotationFailed", rotation.arn)
    assert deployed.matches("RotationFailedRule", event)

    sqs, events = deployed.emulator.root("sqs"), deployed.emulator.root("events")
    queue = sqs.create_queue(QueueName="told")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    arn, topic = found["Attributes"]["QueueArn"], deployed.outputs["Topic"]
    allowed = {
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage", "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    deployed.emulator.root("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    rule = deployed.rule("RotationFailedRule")
    pattern = json.loads(rule["EventPattern"]) | {"source": [OURS]}
    events.put_rule(Name=rule["Name"], EventPattern=json.dumps(pattern), State="ENABLED")
    sent = [event, service("RotationSucceeded", rotation.arn), service("RotationFailed", STAGING)]
    answer = events.put_events(
        Entries=[
            {"Source": OURS, "DetailType": one["detail-type"], "Detail": json.dumps(one["detail"])}
            for one in sent
        ]
    )
    assert answer["FailedEntryCount"] == 0
    received = []
    while messages := sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=3).get("Messages"):
        for message in messages:
            received.append(json.loads(json.loads(message["Body"])["Message"]))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert [one["detail"]["additionalEventData"]["SecretId"] for one in received] == [rotation.arn]
