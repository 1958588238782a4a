"""What adopting asks of a secret: a tag is enough to make it owned."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.aws.client import Aws
from reconciler.core.model import Live, Resource, Scope
from reconciler.core.reasons import Reason, Why
from reconciler.kinds.comparison import Comparison
from reconciler.kinds.equal import equal
from reconciler.kinds.reading import Read
from reconciler.kinds.secret.describe import describe, primary_elsewhere
from reconciler.values.sensitive import Sealed

FEW = 20  # of which a plan asks AWS one by one


def undecided(live: Live) -> bool:
    """Never: a list is believed where it says that a secret is not owned, since tagging what is
    owned already does nothing."""
    return False


def barriers(
    aws: Aws, wanted: Sequence[tuple[Resource, Live]], scope: Scope
) -> Sequence[Why | None]:
    """That it is a replica of another account, which no list shows: a call each, so that of many it
    is only the write that looks."""
    if len(wanted) > FEW:
        return [None] * len(wanted)
    return aws.each(lambda one: _copied(aws, one[0].key.name), wanted)


def _copied(aws: Aws, name: str) -> Why | None:
    record = describe(aws, name)
    primary = None if record is None else primary_elsewhere(record)
    return None if primary is None else Why(Reason.OTHER_ACCOUNT, primary)


def compared(resource: Resource, sealed: Sealed, answer: Read) -> Comparison:
    """An equal value stays the version that it is, and a tag vouches for it."""
    if resource.value is None or not equal(sealed, answer.content):
        return Comparison(answer.version)
    return Comparison(answer.version, resource.value.fingerprints[0], bind=True)
