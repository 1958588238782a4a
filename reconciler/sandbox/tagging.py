"""The tagging API's GetResources of parameters, which moto's does not know."""

from __future__ import annotations

from collections.abc import Iterable

from . import shapes
from .account import arn
from .call import Answer, Call
from .parameter_store import of_region
from .refusal import invalid_parameter

_BESIDE_ARNS = (
    "ResourcesPerPage",
    "TagsPerPage",
    "PaginationToken",
    "TagFilters",
    "ResourceTypeFilters",
)


def handle(call: Call) -> Answer | None:
    """Answer a call that names parameters; None for what is left to moto.

    "Returns all the tagged or previously tagged resources": of an untagged one an empty set stays.
    """
    arns = call.body.get("ResourceARNList")
    prefix = arn("ssm", call.region, "parameter/")
    if call.operation != "GetResources" or not arns:
        return None
    if not all(str(one).startswith(prefix) for one in arns):
        return None
    shapes.check("resourcegroupstaggingapi", call.operation, call.body)
    # "You can't specify both this parameter and any of the pagination parameters … in the same
    # request."
    if any(call.body.get(name) for name in _BESIDE_ARNS):
        raise invalid_parameter("ResourceARNList goes with no other parameter.")
    return {"PaginationToken": "", "ResourceTagMappingList": list(_found(call, arns, prefix))}


def _found(call: Call, arns: Iterable[str], prefix: str) -> Iterable[Answer]:
    kept = of_region(call.region)
    for one in dict.fromkeys(arns):
        rest = one.removeprefix(prefix)
        # The ARN of `/a/b` is that of `a/b`.
        name = next((n for n in (f"/{rest}", rest) if kept.versions(n)), None)
        tags = None if name is None else kept.known_tags(name)
        if tags is not None:
            shown = [{"Key": key, "Value": value} for key, value in tags.items()]
            yield {"ResourceARN": one, "Tags": shown}
