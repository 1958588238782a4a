"""What adopting asks of a parameter: only a new version can carry our stamp."""

from __future__ import annotations

from dataclasses import replace

from reconciler.aws.client import Aws, require
from reconciler.core.model import Live, Ownership, Resource, Scope
from reconciler.core.ownership import may_adopt
from reconciler.core.reasons import Reason, Why
from reconciler.kinds import tags
from reconciler.kinds.comparison import Comparison
from reconciler.kinds.equal import equal
from reconciler.kinds.parameter import stamp
from reconciler.kinds.reading import Read
from reconciler.values.sensitive import Sealed

_STACK = "aws:cloudformation:stack-name"


def undecided(live: Live) -> bool:
    """Whose a parameter without a valid stamp is, its list does not say at all. With our owner tag
    it may be one whose adoption stopped half way."""
    return live.ownership is not Ownership.OURS or live.fields.get("fingerprint_key") is None


def barrier(aws: Aws, resource: Resource, live: Live, scope: Scope) -> Why | None:
    """What keeps a parameter from being adopted, which no list shows: one call."""
    answer = aws.call(
        "ssm", "list_tags_for_resource", ResourceType="Parameter", ResourceId=live.key.name
    )
    found = tags.from_list(require(answer, "TagList", "list_tags_for_resource"))
    owner = found.get(tags.OWNER)
    if owner not in (None, scope.owner_id):
        named = replace(live, ownership=Ownership.OTHER_OWNER, owner=owner)
        return may_adopt(named)
    stack = found.get(_STACK)
    if stack is not None:
        return may_adopt(replace(live, owner=f"CloudFormation stack {stack}"))
    description = resource.fields.get("description", live.fields.get("description"))
    if isinstance(description, str) and len(description) > stamp.LIMIT - stamp.LENGTH:
        return Why(Reason.TOO_LONG)
    return None


def compared(resource: Resource, sealed: Sealed, answer: Read) -> Comparison:
    """An equal value is written once more, under a stamp."""
    if resource.value is None or not equal(sealed, answer.content):
        return Comparison(answer.version)
    return Comparison(answer.version, resource.value.fingerprints[0])
