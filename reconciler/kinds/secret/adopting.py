"""What adopting asks of a secret: a tag is enough to make it owned."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.aws.client import Aws
from reconciler.core.model import Live, Resource, Scope
from reconciler.core.reasons import Why
from reconciler.kinds.comparison import Comparison
from reconciler.kinds.equal import equal
from reconciler.kinds.reading import Read
from reconciler.values.sensitive import Sealed


def undecided(live: Live) -> bool:
    """Never: a list is believed where it says that a secret is not owned, since tagging what is
    owned already does nothing."""
    return False


def barriers(
    aws: Aws, wanted: Sequence[tuple[Resource, Live]], scope: Scope
) -> Sequence[Why | None]:
    """Nothing: lists show all that could keep one."""
    return [None] * len(wanted)


def compared(resource: Resource, sealed: Sealed, answer: Read) -> Comparison:
    """An equal value stays the version that it is, and a tag vouches for it."""
    if resource.value is None or not equal(sealed, answer.content):
        return Comparison(answer.version)
    return Comparison(answer.version, resource.value.fingerprints[0], bind=True)
