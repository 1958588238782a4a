"""What adopting asks of a parameter: only a new version can carry our stamp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.aws.client import Aws
from reconciler.core.model import Live, Ownership, Resource, Scope
from reconciler.core.ownership import may_adopt
from reconciler.core.reasons import Reason, Why
from reconciler.kinds.comparison import Comparison
from reconciler.kinds.equal import equal
from reconciler.kinds.parameter import stamp, tagged
from reconciler.kinds.reading import Read
from reconciler.values.sensitive import Sealed


def undecided(live: Live) -> bool:
    """Whose a parameter without a valid stamp is, its list does not say at all. With our owner tag
    it may be one whose adoption stopped half way."""
    return live.ownership is not Ownership.OURS or live.fields.get("fingerprint_key") is None


def barriers(
    aws: Aws, wanted: Sequence[tuple[Resource, Live]], scope: Scope
) -> Sequence[Why | None]:
    """What keeps parameters from being adopted, which no list shows: a call for 100. They are
    looked at again right before they are written."""
    found = tagged.of_many(aws, [live.key.name for _, live in wanted], scope)
    return [_barrier(resource, live, found[live.key.name], scope) for resource, live in wanted]


def _barrier(resource: Resource, live: Live, found: tagged.Tags, scope: Scope) -> Why | None:
    owner = tagged.other_owner(found, scope)
    if owner is not None:
        named = replace(live, ownership=Ownership.OTHER_OWNER, owner=owner)
        return may_adopt(named)
    stack = tagged.stack(found)
    if stack is not None:
        return may_adopt(replace(live, owner=stack))
    description = resource.fields.get("description", live.fields.get("description"))
    if isinstance(description, str) and len(description) > stamp.LIMIT - stamp.LENGTH:
        return Why(Reason.TOO_LONG)
    return None


def compared(resource: Resource, sealed: Sealed, answer: Read) -> Comparison:
    """An equal value is written once more, under a stamp."""
    if resource.value is None or not equal(sealed, answer.content):
        return Comparison(answer.version)
    return Comparison(answer.version, resource.value.fingerprints[0])
