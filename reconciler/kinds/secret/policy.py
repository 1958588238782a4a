"""The resource policy of a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from reconciler.aws import arn
from reconciler.aws.client import Aws, require
from reconciler.core.access import Opened, Opening
from reconciler.core.model import JSON, FieldChange, Resource, Scope
from reconciler.core.reasons import Loss, Lost
from reconciler.kinds.field import NONE, Permission, one_by_one
from reconciler.kinds.kind import Flaw, Job, Settings
from reconciler.kinds.secret import grants
from reconciler.kinds.secret.field import Put, SecretField, recorded
from reconciler.kinds.secret.terms import POLICY_LIMIT, SERVICE

NAME = "resource_policy"


def _check(given: dict[str, Any] | str, settings: Settings | None) -> Iterator[Flaw]:
    if settings is not None:
        return
    if isinstance(given, str) and given != NONE:
        yield Flaw((NAME,), "policy", "a resource policy is a mapping, or `none` to remove it")
        return
    if len(json.dumps(given)) > POLICY_LIMIT:
        yield Flaw((NAME,), "too-long", f"a policy has at most {POLICY_LIMIT} bytes")
    if not given:
        yield Flaw((NAME,), "policy", "the policy is empty", "`none` removes it")


def _deep(aws: Aws, resource: Resource) -> JSON:
    answer = aws.call(SERVICE, "get_resource_policy", SecretId=resource.key.name)
    require(answer, "Name", "get_resource_policy")
    text = answer.get("ResourcePolicy")
    content: JSON = json.loads(text) if text else None
    return content


def _put(aws: Aws, job: Job, change: FieldChange) -> None:
    name = job.change.key.name
    if change.after is None:
        aws.call(SERVICE, "delete_resource_policy", SecretId=name)
        return
    aws.call(
        SERVICE,
        "put_resource_policy",
        SecretId=name,
        ResourcePolicy=json.dumps(change.after, sort_keys=True),
        BlockPublicPolicy=True,
    )


def _needs(policy: JSON) -> Iterator[Permission]:
    """Statements of their own: none lets a policy be put that opens a secret to everybody."""
    if policy is None:
        yield Permission("secretsmanager:DeleteResourcePolicy", sid="RemovePolicies")
    else:
        yield Permission(
            "secretsmanager:PutResourcePolicy",
            sid="PutPolicies",
            condition={"Bool": {"secretsmanager:BlockPublicPolicy": "true"}},
        )


def _loses(change: FieldChange) -> Iterator[Lost]:
    """Where nobody recorded a policy, somebody else may have put one; and another than that which
    was recorded."""
    before = change.before
    unrecorded = before is None and not change.known
    if change.after is None:
        if unrecorded:
            yield Lost(Loss.UNKNOWN_POLICY_REMOVED)
        elif before is not None:
            yield Lost(Loss.POLICY_REMOVED)
    elif unrecorded:
        yield Lost(Loss.UNKNOWN_POLICY_OVERWRITTEN)
    elif before is not None:
        if not change.known:
            yield Lost(Loss.UNSEEN_POLICY_OVERWRITTEN)
        yield Lost(Loss.POLICY_READERS)


def _opens(change: FieldChange, resource: Resource, scope: Scope) -> Iterator[Opened]:
    """Whoever is allowed something and was not. Of an unknown policy nobody is known."""
    before = grants.principals(change.before) if change.known else set()
    for who in sorted(grants.principals(change.after) - before):
        yield Opened(Opening.ALLOWED, who, arn.foreign(who, scope.account))


RESOURCE_POLICY = SecretField(
    name=NAME,
    type=dict[str, Any] | str,
    says="`none` removes it",
    check=_check,
    observe=recorded(NAME),
    loses=_loses,
    opens=_opens,
    deep=one_by_one(_deep),
    beside=True,
    deep_needs=("secretsmanager:GetResourcePolicy",),
    write=Put(_put),
    needs=_needs,
)
