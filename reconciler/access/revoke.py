"""Revoke: a role, a user or a group is denied an environment, by an inline policy; nothing is
deleted.

"An explicit deny in any of these policies overrides the allow", and each call is judged by itself:
sessions that a role has handed out already are denied too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from reconciler import kinds
from reconciler.access import iam
from reconciler.access.iam import Statement
from reconciler.access.iam.keys import manifests
from reconciler.aws.arn import partition
from reconciler.aws.client import Aws
from reconciler.core.errors import AwsError, ReconcilerError, UsageError
from reconciler.core.model import JSON, Scope
from reconciler.manifest import Cleartext

# What decrypts by itself, or lets somebody else.
_DECRYPTS = ("kms:CreateGrant", "kms:Decrypt", "kms:ReEncryptFrom")


# What no inline policy reaches, and what to do about each.
_UNREACHED = (
    ("what it has read already: in memory, in a cache, in a file",
     "rotate those values: reconciler rotate {environment} NAME…"),
    ("a role that it assumed, a key or an identity that it made",
     "look for them in CloudTrail, and revoke them too"),
    ("another account that a resource policy lets in",
     "take it out of `resource_policy` in the manifest, and apply"),
    ("who may change IAM policies: it can remove this one",
     "take that permission away first"),
    ("who holds an age or PGP key of the manifests",
     "give each file a new data key without it, and see what to rotate: reconciler recipients"
     " remove RECIPIENT {environment}"),
    ("lists: names, descriptions and tags; AWS denies a list as a whole or not at all",
     "detach what allows {lists}"),
)  # fmt: skip


class Kind(StrEnum):
    """What can carry an inline policy."""

    ROLE = "role"
    USER = "user"
    GROUP = "group"


# "You can add as many inline policies as you want to an IAM user, role, or group, but the total
# aggregate policy size can't exceed": characters.
_SPACE = {Kind.ROLE: iam.INLINE, Kind.USER: 2_048, Kind.GROUP: 5_120}
_FORM = re.compile(
    r"(?:arn:(?P<partition>aws[a-z-]*):iam::(?P<account>[0-9]{12}):(?P<kind>role|user|group)/"
    r"(?:[!-~]*/)?)?(?P<name>[A-Za-z0-9+=,.@_-]{1,128})\Z"
)
# As CloudTrail names who called: a session of the role, called by the role's name.
_SESSION = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):sts::(?P<account>[0-9]{12}):assumed-(?P<kind>role)/"
    r"(?P<name>[A-Za-z0-9+=,.@_-]{1,64})/[A-Za-z0-9+=,.@_-]{1,64}\Z"
)


@dataclass(frozen=True)
class Principal:
    """Who is denied."""

    kind: Kind
    name: str


def principal(kind: Kind, given: str, scope: Scope) -> Principal:
    """Who is meant by a name or an ARN. Raises UsageError."""
    match = _FORM.match(given) or (_SESSION.match(given) if kind is Kind.ROLE else None)
    if match is None or match["kind"] not in (None, kind):
        raise UsageError(
            f"{given} is neither the name of a {kind} nor its ARN",
            hint=f"give one as `aws iam list-{kind}s` shows it",
        )
    here = (partition(scope.region).name, scope.account)
    if match["account"] is not None and (match["partition"], match["account"]) != here:
        raise UsageError(
            f"the {kind} is in account {match['account']} ({match['partition']}), and"
            f" {scope.environment} is in {scope.account} ({here[0]})",
            hint=f"a {kind}'s policies are changed in its own account; what lets another account in"
            " is a resource policy: take it out of the manifest, and apply",
        )
    return Principal(kind, match["name"])


def policy_name(scope: Scope) -> str:
    """What the inline policy is called: one for each environment."""
    return "reconciler-revoked-" + re.sub(r"[^A-Za-z0-9+=,.@_-]", "-", scope.environment)


def policy(declared: Cleartext) -> dict[str, JSON]:
    """Deny everything below the prefix, what is declared outside of it by name, the ways to read
    parameters through a path above them, and the keys that the manifests are encrypted with."""
    return iam.document(_statements(declared))


def _statements(declared: Cleartext) -> Iterator[Statement]:
    scope = declared.settings.scope
    outside = kinds.outside(declared.resources(), scope)
    for name, kind in kinds.wholes().items():
        yield from kind.access.denials(scope, outside[name])
    for statement in manifests(declared):
        actions = _DECRYPTS if "kms:Decrypt" in statement.actions else statement.actions
        yield replace(statement, actions=actions, effect="Deny")


def unreached(scope: Scope) -> list[tuple[str, str]]:
    """What the denial does not reach, each with what to do about it."""
    lists = " and ".join(name for kind in kinds.wholes().values() for name in kind.access.LISTS)
    return [
        (what, do.format(environment=scope.environment, lists=lists)) for what, do in _UNREACHED
    ]


def revoke(aws: Aws, who: Principal, scope: Scope, document: JSON) -> None:
    """Put the denial on; to repeat it does nothing more. Raises ReconcilerError."""
    text = json.dumps(document, separators=(",", ":"))
    if len(text) > _SPACE[who.kind]:
        raise _no_space(who, len(text))
    _call(aws, who, "put", PolicyName=policy_name(scope), PolicyDocument=text)


def undo(aws: Aws, who: Principal, scope: Scope) -> bool:
    """Take the denial away; whether there was one. Raises ReconcilerError."""
    try:
        _ask(aws, who, f"get_{who.kind}_policy", PolicyName=policy_name(scope))
    except AwsError as error:
        if error.aws_code != "NoSuchEntity":
            raise
        _call(aws, who, "get")
        return False
    _call(aws, who, "delete", PolicyName=policy_name(scope))
    return True


def _call(aws: Aws, who: Principal, verb: str, **parameters: Any) -> None:
    try:
        _ask(aws, who, f"{verb}_{who.kind}{'_policy' if parameters else ''}", **parameters)
    except AwsError as error:
        if error.aws_code == "NoSuchEntity":
            raise ReconcilerError(
                f"there is no {who.kind} {who.name}",
                code=str(who.kind),
                hint=f"`aws iam list-{who.kind}s` shows which are",
            ) from None
        if error.aws_code == "UnmodifiableEntity":
            raise ReconcilerError(
                f"{who.name} belongs to an AWS service, and only that changes its policies",
                code=str(who.kind),
                hint="take away what lets the service act: its AWS documentation says how",
            ) from None
        if error.aws_code == "LimitExceeded":
            raise _no_space(who) from None
        raise


def _ask(aws: Aws, who: Principal, operation: str, **parameters: Any) -> None:
    named: dict[str, Any] = {f"{who.kind.capitalize()}Name": who.name}
    aws.call("iam", operation, **named, **parameters)


def _no_space(who: Principal, length: int | None = None) -> ReconcilerError:
    needed = "" if length is None else f"; the denial alone has {length:,}"
    hint = (
        "put the user into a group of its own and revoke that: a group has more"
        if who.kind is Kind.USER
        else "detach what lets it in, or remove other inline policies first"
    )
    return ReconcilerError(
        f"AWS takes {_SPACE[who.kind]:,} characters in all inline policies of a {who.kind}"
        f" together{needed}",
        code="policy-size",
        hint=hint,
    )
