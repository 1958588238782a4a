"""The tags of parameters, which no list of Parameter Store returns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.aws.client import Aws, require
from reconciler.core.errors import AwsError
from reconciler.core.model import JSON, Resource, Scope
from reconciler.kinds import tags
from reconciler.kinds.parameter.permissions import arn
from reconciler.kinds.parameter.terms import SERVICE

PAGE = 100
_WITHOUT = (
    "the role lacks tag:GetResources, so that parameters' tags are read one by one, 10 a second"
)
_DECLARED_ONLY = (
    "the role lacks tag:GetResources, so that parameters' tags are read one by one, 10 a second,"
    " and tags that nobody declared are not looked for"
)
_STACK = "aws:cloudformation:stack-name"

Tags = Mapping[str, str]


def of(aws: Aws, name: str) -> Tags:
    """The tags of one parameter, as they are now. Raises AwsError."""
    answer = aws.call(
        SERVICE,
        "list_tags_for_resource",
        needs="TagList",
        ResourceType="Parameter",
        ResourceId=name,
    )
    return tags.from_list(answer["TagList"])


def of_many(aws: Aws, names: Sequence[str], scope: Scope) -> Mapping[str, Tags]:
    """The tags of each, 100 a call; they may be some time behind. Raises AwsError.

    Where the role may not ask so, or there is only one, each is asked for by itself.
    """
    found: dict[str, Tags] = {}
    if len(names) > 1:
        try:
            for start in range(0, len(names), PAGE):
                found |= _page(aws, names[start : start + PAGE], scope)
        except AwsError as error:
            if not error.denied:
                raise
            aws.warn(_WITHOUT)
    left = [name for name in names if name not in found]
    return found | dict(zip(left, aws.each(lambda name: of(aws, name), left), strict=True))


def _page(aws: Aws, names: Sequence[str], scope: Scope) -> Iterable[tuple[str, Tags]]:
    """ "If a resource specified by this parameter doesn't exist, it doesn't generate an error; it
    simply isn't included in the response", and neither is one that never had a tag."""
    arns = {arn(scope, name): name for name in names}
    answer = aws.call(
        "resourcegroupstaggingapi",
        "get_resources",
        needs="ResourceTagMappingList",
        ResourceARNList=list(arns),
    )
    told = {
        arns[entry["ResourceARN"]]: tags.from_list(entry.get("Tags"))
        for entry in answer["ResourceTagMappingList"]
        if require(entry, "ResourceARN", "get_resources") in arns
    }
    # A list of ARNs takes no page token. Where AWS gives one, what it left out is asked for alone.
    whole = not answer.get("PaginationToken")
    return [(name, told.get(name, {})) for name in names if whole or name in told]


def managed(aws: Aws, resources: Sequence[Resource], scope: Scope) -> list[JSON]:
    """Of each the live tags that are owned. What differs from what is declared is read again by
    itself, since a hundred at once may be told late."""
    found = of_many(aws, [resource.key.name for resource in resources], scope)
    if len(resources) > 1:
        return _fresh(aws, found, resources)
    return [_own(found[resource.key.name], resource) for resource in resources]


def around(aws: Aws, resources: Sequence[Resource], scope: Scope) -> list[tuple[JSON, JSON]]:
    """Of each the live tags that are owned, and those that nobody declared: the latter only where
    the role may ask for the tags of all at once. Raises AwsError."""
    names = [resource.key.name for resource in resources]
    found: dict[str, Tags] = {}
    declared = [resource for resource in resources if "tags" in resource.fields]
    try:
        for start in range(0, len(names), PAGE):
            found |= _page(aws, names[start : start + PAGE], scope)
    except AwsError as error:
        if not error.denied:
            raise
        aws.warn(_DECLARED_ONLY)
        found = {}
    left = [one.key.name for one in declared if one.key.name not in found]
    alone = dict(zip(left, aws.each(lambda name: of(aws, name), left), strict=True))
    fresh = _fresh(aws, found | alone, declared)
    ours = {one.key.name: own for one, own in zip(declared, fresh, strict=True)}
    return [
        (ours.get(one.key.name), tags.foreign(found.get(one.key.name, {}), one))
        for one in resources
    ]


def _fresh(aws: Aws, found: Mapping[str, Tags], resources: Sequence[Resource]) -> list[JSON]:
    """Those of each that are owned; what differs is read again by itself."""
    mine = [_own(found[resource.key.name], resource) for resource in resources]
    late = [n for n, own in enumerate(mine) if own != resources[n].fields["tags"]]
    fresh = aws.each(lambda n: _own(of(aws, resources[n].key.name), resources[n]), late)
    for number, own in zip(late, fresh, strict=True):
        mine[number] = own
    return mine


def _own(live: Tags, resource: Resource) -> JSON:
    declared = resource.fields["tags"]
    return tags.managed(live, declared if isinstance(declared, Mapping) else ())


def other_owner(live: Tags, scope: Scope) -> str | None:
    """Another environment whose mark the tags bear."""
    owner = live.get(tags.OWNER)
    return None if owner == scope.owner_id else owner


def stack(live: Tags) -> str | None:
    """The stack of CloudFormation that the parameter is in."""
    name = live.get(_STACK)
    return None if name is None else f"CloudFormation stack {name}"
