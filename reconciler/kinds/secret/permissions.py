"""Access to secrets: what roles need, what a denial names, and what is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.aws.arn import arn as any_arn
from reconciler.aws.arn import literal
from reconciler.core.model import Scope
from reconciler.kinds import tags
from reconciler.kinds.access import BY_CALL
from reconciler.kinds.field import NONE
from reconciler.kinds.secret.terms import SERVICE
from reconciler.kinds.statement import Statement

WORD = "Secret"
LISTS: tuple[str, ...] = ("secretsmanager:ListSecrets",)
READ = "secretsmanager:GetSecretValue"
BATCH: str | None = "secretsmanager:BatchGetSecretValue"
VALUE_READS: tuple[str, ...] = (READ, "secretsmanager:BatchGetSecretValue")
TAGS: tuple[str, ...] = ()
CACHING: tuple[str, ...] = ("secretsmanager:DescribeSecret",)
ROTATION: tuple[str, ...] = (
    "secretsmanager:DescribeSecret",
    READ,
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
)
LAST_LOOK = "LastLook"
WHY: Mapping[str, str] = {  # what a role is given each action for
    "secretsmanager:ListSecrets": "see which version of each secret is live",
    "secretsmanager:DescribeSecret": "confirm what a list shows: it may be five minutes old",
    "secretsmanager:GetResourcePolicy": "see the policy before it is changed, and its drift",
    "secretsmanager:GetSecretValue": "apply: merge `git_keys`; adopt: compare, copy; reader: read",
    "secretsmanager:BatchGetSecretValue": "the same, 20 secrets a call",
    "secretsmanager:CreateSecret": "create what is declared; adopt: what takes over a value",
    "secretsmanager:PutSecretValue": "write a new version beside the live one",
    "secretsmanager:UpdateSecretVersionStage": "make that version live, or report a conflict",
    "secretsmanager:UpdateSecret": "change description or KMS key",
    "secretsmanager:TagResource": "write owner tags, marks and declared tags",
    "secretsmanager:UntagResource": "remove tags that are no longer declared",
    "secretsmanager:RestoreSecret": "restore a declared secret that is pending deletion",
    "secretsmanager:DeleteSecret": "prune, with `prune: true`: only what has the owner tag",
    "secretsmanager:RotateSecret": "set a schedule, or rotate now",
    "secretsmanager:CancelRotateSecret": "remove a schedule: `rotation: none`",
    "secretsmanager:PutResourcePolicy": "write a declared resource policy",
    "secretsmanager:DeleteResourcePolicy": "remove it: `resource_policy: none`",
    "secretsmanager:ValidateResourcePolicy": "let AWS check a policy before it is written",
    "secretsmanager:ReplicateSecretToRegions": "create declared replicas",
    "secretsmanager:RemoveRegionsFromReplication": "remove replicas that are not declared",
    "secretsmanager:ListSecretVersionIds": "see earlier versions",
    "lambda:InvokeFunction": "AWS asks it of whoever sets a schedule with this function",
}

_METADATA = frozenset({"UpdateSecret", "TagResource", "UntagResource"})
_SOURCE = "aws.secretsmanager"
_BY_SERVICE = "AWS Service Event via CloudTrail"
# What changes a secret and moves no label. The native event comes for labels alone: "Secrets
# Manager doesn't publish events for metadata changes".
_CHANGES = (
    "CancelRotateSecret", "DeleteResourcePolicy", "PutResourcePolicy", "RotateSecret",
    "UpdateSecret",
)  # fmt: skip


def arn(scope: Scope, name: str, region: str | None = None) -> str:
    """One secret: AWS puts a hyphen and six characters after its name. ``-*`` would be also every
    secret whose name begins so and goes on with a hyphen."""
    return _arn(scope, f"{literal(name)}-??????", region)


def below(scope: Scope, region: str | None = None) -> str:
    """All secrets below the prefix."""
    return _arn(scope, f"{literal(scope.under)}*", region)


def _arn(scope: Scope, rest: str, region: str | None = None) -> str:
    return any_arn(SERVICE, scope.region, scope.account, f"secret:{rest}", region)


def describe(scope: Scope, outside: Sequence[str]) -> Iterator[Statement]:
    """Allowed for all below the prefix, since a pull request adds names that the role does not know
    yet.

    Whether AWS looks at an ARN with six characters where there is no such secret is not documented;
    no secret's own ARN is ever without them.
    """
    found = [below(scope)]
    for name in outside:
        found += [arn(scope, name), _arn(scope, literal(name))]
    yield Statement("Describe", ("secretsmanager:DescribeSecret",), tuple(found))


def applies(declared: Any, *, valued: bool) -> set[str]:
    """A value is written by creating and putting; a label is moved for it, and by rotation."""
    found = {*_METADATA, "RestoreSecret"}
    valued = valued or declared.generate is not None
    rotates = declared.rotation not in (None, NONE)
    if valued:
        found |= {"CreateSecret", "PutSecretValue"}
    if valued or rotates:
        found |= {"UpdateSecretVersionStage"}
    return {f"secretsmanager:{name}" for name in found}


def adopts(declared: Any, *, valued: bool) -> set[str]:
    """A value is compared, and written once more; or copied to a name that is not there yet."""
    found = {*_METADATA}
    if declared.moved_from is not None:
        found |= {"CreateSecret"}
    if valued:
        found |= {"GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"}
    return {f"secretsmanager:{name}" for name in found}


def reader(declared: Any, *, valued: bool) -> set[str]:
    """Its value, whoever writes it."""
    return {READ}


def apply_reads(declared: Any) -> str | None:
    """Of which git owns some keys: apply reads them to write those."""
    return "GitKeys" if declared.git_keys is not None else None


def paces(scope: Scope, count: int) -> Iterator[Statement]:
    """Nothing."""
    yield from ()


def prunes(scope: Scope) -> Iterator[Statement]:
    """A deletion without a recovery window has no RecoveryWindowInDays, and so is not allowed."""
    owned = {"StringEquals": {f"aws:ResourceTag/{tags.OWNER}": scope.owner_id}}
    yield Statement(
        "PruneSecrets",
        ("secretsmanager:DeleteSecret",),
        (below(scope),),
        {**owned, "NumericGreaterThanEquals": {"secretsmanager:RecoveryWindowInDays": "7"}},
    )
    yield Statement(
        "PruneReplicas", ("secretsmanager:RemoveRegionsFromReplication",), (below(scope),), owned
    )


def denials(scope: Scope, outside: Sequence[str]) -> Iterator[Statement]:
    """A replica has the name of its secret, in another Region."""
    arns = (below(scope, "*"), *(arn(scope, name, "*") for name in outside))
    yield Statement("Secrets", ("secretsmanager:*",), arns, effect="Deny")


def changes(scope: Scope, outside: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """Rotations reach EventBridge as service events of CloudTrail, all else as calls: whoever moves
    AWSCURRENT, which says what applications read, or puts a value there.

    The service's own event of a moved label has a name, a label and a version, and not who moved
    it: ours could not be told from others'. A rotation function's move is told with the others',
    since its role is nothing that git knows; of a managed rotation, which calls nothing, all that
    is told is that it succeeded. That a rotation could not work is told by the test of a schedule
    alone.
    """
    marks = [{"prefix": tags.OURS}]
    return {
        "RotationSucceeded": _rotation("RotationSucceeded", _arns(scope, outside)),
        "RotationFailed": _rotation("RotationFailed", _arns(scope, outside)),
        "RotationTestFailed": _rotation("TestRotationFailed", _arns(scope, outside)),
        "RotationAbandoned": _rotation("RotationAbandoned", _arns(scope, outside)),
        "SecretLabelUpdated": _called(
            ("UpdateSecretVersionStage",), scope, outside, versionStage=["AWSCURRENT"]
        ),
        # "If you don't include this field, Secrets Manager automatically moves … AWSCURRENT".
        "SecretValuePut": _called(
            ("PutSecretValue",), scope, outside, versionStages=["AWSCURRENT", {"exists": False}]
        ),
        "SecretChanged": _called(_CHANGES, scope, outside),
        "SecretTagged": _called(("TagResource",), scope, outside, tags={"key": marks}),
        "SecretUntagged": _called(("UntagResource",), scope, outside, tagKeys=marks),
    }


def deletions(scope: Scope, outside: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """A deletion moves no label."""
    return {"SecretDeleted": _called(("DeleteSecret",), scope, outside)}


def _called(
    names: Sequence[str], scope: Scope, outside: Sequence[str], **more: Any
) -> dict[str, Any]:
    """Calls by their names. Whoever calls may name a secret either way."""
    named = [*_names(scope, outside), *_arns(scope, outside)]
    return {
        "source": [_SOURCE],
        "detail-type": [BY_CALL],
        "detail": {
            "eventSource": ["secretsmanager.amazonaws.com"],
            "eventName": list(names),
            "requestParameters": {"secretId": named, **more},
        },
    }


def _rotation(name: str, arns: list[Any]) -> dict[str, Any]:
    return {
        "source": [_SOURCE],
        "detail-type": [_BY_SERVICE],
        "detail": {
            "eventSource": ["secretsmanager.amazonaws.com"],
            "eventName": [name],
            "additionalEventData": {"SecretId": arns},
        },
    }


def _arns(scope: Scope, outside: Sequence[str]) -> list[Any]:
    return [
        {"prefix": below(scope).removesuffix("*")},
        *({"prefix": arn(scope, name).removesuffix("??????")} for name in outside),
    ]


def _names(scope: Scope, outside: Sequence[str]) -> list[Any]:
    return [{"prefix": scope.under}, *outside]
