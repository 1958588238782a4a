"""Access to parameters: what roles need, what a denial names, and what is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.aws.arn import arn as any_arn
from reconciler.aws.arn import literal
from reconciler.core.model import Scope
from reconciler.kinds import tags
from reconciler.kinds.access import BY_CALL
from reconciler.kinds.parameter import pace
from reconciler.kinds.parameter.terms import SERVICE
from reconciler.kinds.statement import Statement

WORD = "Parameter"
LISTS: tuple[str, ...] = ("ssm:DescribeParameters",)
READ = "ssm:GetParameters"
BATCH: str | None = None
# GetParametersByPath "returns children despite an explicit deny on them", so it is denied as such.
VALUE_READS: tuple[str, ...] = (
    "ssm:GetParameter",
    READ,
    "ssm:GetParametersByPath",
    "ssm:GetParameterHistory",
)
TAGS: tuple[str, ...] = ("tag:GetResources",)
CACHING: tuple[str, ...] = ()
ROTATION: tuple[str, ...] = ()
LAST_LOOK = "LastLookAtParameters"
WHY: Mapping[str, str] = {  # what a role is given each action for
    "ssm:DescribeParameters": "see version and description of each parameter",
    "ssm:PutParameter": "write a parameter; the record of what was applied is one",
    "ssm:AddTagsToResource": "write owner tags and declared tags",
    "ssm:RemoveTagsFromResource": "remove tags that are no longer declared",
    "ssm:ListTagsForResource": "see tags before they are changed: no list returns them",
    "ssm:DeleteParameter": "prune or replace",
    "ssm:GetParameter": "read one parameter",
    "ssm:GetParameters": "adopt: compare; reader: read",
    "ssm:GetParametersByPath": "read the parameters below a path",
    "ssm:GetParameterHistory": "read earlier values",
    "ssm:GetServiceSetting": "see whether this account has a higher quota",
    "tag:GetResources": "see tags of parameters, 100 a call",
}


def arn(scope: Scope, name: str, region: str | None = None) -> str:
    """One parameter: exactly this name."""
    return _arn(scope, literal(name), region)


def below(scope: Scope, region: str | None = None) -> str:
    """All parameters below the prefix."""
    return _arn(scope, f"{literal(scope.under)}*", region)


def _arn(scope: Scope, rest: str, region: str | None = None) -> str:
    return any_arn(SERVICE, scope.region, scope.account, f"parameter/{rest.lstrip('/')}", region)


def describe(scope: Scope, outside: Sequence[str]) -> Iterator[Statement]:
    """Nothing: the list is what reads one again, too."""
    yield from ()


def applies(declared: Any, *, valued: bool) -> set[str]:
    """To replace one is to delete it first."""
    return _writes() | ({"ssm:DeleteParameter"} if declared.replace else set())


def adopts(declared: Any, *, valued: bool) -> set[str]:
    """Its value is compared, and written once more."""
    return _writes() | {READ}


def _writes() -> set[str]:
    return {
        "ssm:PutParameter",
        "ssm:AddTagsToResource",
        "ssm:RemoveTagsFromResource",
        "ssm:ListTagsForResource",
    }


def reader(declared: Any, *, valued: bool) -> set[str]:
    """One at a time, or several."""
    return {"ssm:GetParameter", READ}


def apply_reads(declared: Any) -> str | None:
    """Never."""
    return None


def paces(scope: Scope, count: int) -> Iterator[Statement]:
    """One setting, of the account's Region."""
    if count >= pace.FROM:
        setting = any_arn(SERVICE, scope.region, scope.account, f"servicesetting{pace.SETTING}")
        yield Statement("Pace", (pace.NEEDS,), (setting,), optional=True)


def prunes(scope: Scope) -> Iterator[Statement]:
    """Below the prefix, and only with the owner's tag."""
    owned = {"StringEquals": {f"aws:ResourceTag/{tags.OWNER}": scope.owner_id}}
    yield Statement("PruneParameters", ("ssm:DeleteParameter",), (below(scope),), owned)


def denials(scope: Scope, outside: Sequence[str]) -> Iterator[Statement]:
    """ "If a user has access to a path, then the user can access all levels of that path", and
    "even if a user has explicitly been denied access in IAM for parameter /a/b, they can still
    call the GetParametersByPath API operation recursively for /a and view /a/b."
    """
    # The path itself is what GetParametersByPath is asked about.
    named = (below(scope), arn(scope, scope.prefix), *(arn(scope, name) for name in outside))
    yield Statement("Parameters", ("ssm:*",), named, effect="Deny")
    paths = _above(scope.prefix).union(*map(_above, outside))
    above = tuple(
        any_arn(SERVICE, scope.region, scope.account, f"parameter{literal(path)}")
        for path in sorted(paths)
    )
    yield Statement("PathsAbove", ("ssm:GetParametersByPath",), above, effect="Deny")


def _above(name: str) -> set[str]:
    """The paths above a name, up to the root. Whoever calls may end a path with a slash or not, and
    how AWS then names it is not documented."""
    steps = name.strip("/").split("/")[:-1]
    above = ["/" + "/".join(steps[:count]) for count in range(1, len(steps) + 1)]
    return {"/", *above, *(f"{path}/" for path in above)}


def changes(scope: Scope, outside: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """By call: Parameter Store's own event says of none who made it, and comes on a best effort."""
    return {"ParameterChanged": _called(("PutParameter",), scope, outside, "name")}


def deletions(scope: Scope, outside: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """One at a time, or several."""
    return {
        "ParameterDeleted": _called(("DeleteParameter",), scope, outside, "name"),
        "ParametersDeleted": _called(("DeleteParameters",), scope, outside, "names"),
    }


def _called(
    names: Sequence[str], scope: Scope, outside: Sequence[str], field: str
) -> dict[str, Any]:
    named = [
        {"prefix": scope.under},
        *outside,
        {"prefix": below(scope).removesuffix("*")},
        *(arn(scope, name) for name in outside),
    ]
    return {
        "source": ["aws.ssm"],
        "detail-type": [BY_CALL],
        "detail": {
            "eventSource": ["ssm.amazonaws.com"],
            "eventName": list(names),
            "requestParameters": {field: named},
        },
    }
