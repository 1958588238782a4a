"""ARNs, and the partition of AWS that a Region is in: `aws`, `aws-cn`, `aws-us-gov`, `aws-eusc`, …

botocore's data knows them, so there is no table here that could fall behind.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from reconciler.core.errors import UsageError

# What a Region's name looks like in every partition: `us-west-2`, `cn-north-1`, `eusc-de-east-1`.
REGION = r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}"

REGION_NAME = re.compile(rf"{REGION}\Z")

# What names one KMS key, and one role. In a policy `*` and `?` would stand for any, and `$` begins
# a variable.
ALIAS = r"alias/[A-Za-z0-9/_-]{1,250}"
KEY_ID = r"([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})"
KEY_ARN = rf"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{{12}}:(key/[A-Za-z0-9-]{{1,128}}|{ALIAS})"
ROLE_ARN = r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,576}"

_PATTERN = frozenset("*?$")
_ACCOUNT = re.compile(r"[0-9]{12}\Z")


@dataclass(frozen=True)
class Partition:
    """A part of AWS with accounts, ARNs and host names of its own."""

    name: str  # the second word of its ARNs
    suffix: str  # what the host names of its services end in: amazonaws.com, …


@cache
def partition(region: str) -> Partition:
    """The partition of a Region. botocore looks for the Region's name first and then for its form,
    and takes what it does not know for a Region of `aws`; so do we."""
    known = _data()
    found = next((one for one in known if region in one["regions"]), None) or next(
        (one for one in known if re.match(one["regionRegex"], region)), known[0]
    )
    return Partition(found["id"], found["outputs"]["dnsSuffix"])


@cache
def regions() -> frozenset[str]:
    """The Regions that botocore knows: AWS may have one more by now."""
    return frozenset(name for one in _data() for name in one["regions"] if REGION_NAME.match(name))


def region(text: str) -> str | None:
    """The Region that an ARN names."""
    parts = text.split(":")
    return parts[3] or None if len(parts) > 5 and parts[0] == "arn" else None


def arn(service: str, home: str, account: str, resource: str, region: str | None = None) -> str:
    """An ARN in the partition of ``home``, a Region. ``region`` is what stands in the ARN where
    that is not ``home`` itself: nothing for IAM, `*` for every Region of the partition."""
    where = home if region is None else region
    return f"arn:{partition(home).name}:{service}:{where}:{account}:{resource}"


def hosts(service: str, region: str) -> list[str]:
    """What `kms:ViaService` may say of a service: "the service name with the Region", ended by the
    partition's own suffix or, in some of AWS's examples for other partitions, by amazonaws.com."""
    suffixes = sorted({"amazonaws.com", partition(region).suffix})
    return [f"{service}.{region}.{suffix}" for suffix in suffixes]


def literal(text: str) -> str:
    """The text, as what it is in a policy and nothing more. Raises UsageError where a policy would
    read a pattern or a variable in it."""
    if not _PATTERN.isdisjoint(text):
        raise UsageError(
            f"{text!r} has one of * ? $ in it, which a policy reads as more than that name",
            code="wildcard",
            hint="name one thing, in full",
        )
    return text


@cache
def _data() -> list[dict[str, Any]]:
    """The file itself: a session of botocore's takes 0.2 s to make, and `validate` needs none."""
    text = (resources.files("botocore") / "data" / "partitions.json").read_text()
    found: list[dict[str, Any]] = json.loads(text)["partitions"]
    return found


def account(text: str) -> str | None:
    """The account that an ARN, or a principal that is no more than an account, names."""
    if _ACCOUNT.match(text):
        return text
    parts = text.split(":")
    return parts[4] if len(parts) > 5 and parts[0] == "arn" and _ACCOUNT.match(parts[4]) else None


def foreign(text: str | None, own: str) -> str | None:
    """The account that is named, where it is another than this one."""
    found = account(text) if text else None
    return found if found != own else None
