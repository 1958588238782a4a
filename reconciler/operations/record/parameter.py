"""The parameter that holds an environment's record, in its description: no role reads a value."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.aws.arn import arn as any_arn
from reconciler.aws.client import Aws, require
from reconciler.core.digest import content_digest
from reconciler.core.model import Scope

SERVICE = "ssm"
WRITES = "ssm:PutParameter"
_VALUE = "Of no use: the description says which commit was last applied. Written by reconciler."
_STANDARD = "Standard"


@dataclass(frozen=True)
class Stored:
    """The parameter as it is: ``by`` is who wrote it last, as AWS says."""

    version: int
    description: str
    by: str | None = None
    tier: str = _STANDARD


def name(scope: Scope) -> str:
    """What it is called. It lies below no prefix, since applications read theirs by path, and ends
    in a digest: an owner may have characters that no parameter's name may have."""
    digest = content_digest([scope.owner, scope.environment, scope.prefix])
    return f"/reconciler-applied-{scope.environment}-{digest}"


def arn(scope: Scope) -> str:
    """What a policy calls it."""
    return any_arn(SERVICE, scope.region, scope.account, f"parameter{name(scope)}")


def find(aws: Aws, scope: Scope) -> Stored | None:
    """Read it by its name: one chain of pages, none of which returns a value. Raises AwsError."""
    by_name = {"Key": "Name", "Option": "Equals", "Values": [name(scope)]}
    entries = [
        entry
        for page in aws.pages(
            SERVICE, "describe_parameters", "Parameters", ParameterFilters=[by_name]
        )
        for entry in page
    ]
    if not entries:
        return None
    entry = entries[0]
    return Stored(
        int(require(entry, "Version", "describe_parameters")),
        str(entry.get("Description") or ""),
        entry.get("LastModifiedUser"),
        str(entry.get("Tier") or _STANDARD),
    )


def put(aws: Aws, scope: Scope, description: str, tier: str) -> int:
    """Write it, and return its version. Raises AwsError, ``uncertain`` where nobody knows."""
    answer = aws.call_once(
        SERVICE,
        "put_parameter",
        Name=name(scope),
        Description=description,
        Value=_VALUE,
        Type="String",
        Tier=tier,
        Overwrite=True,
    )
    return int(require(answer, "Version", "put_parameter"))
