"""How a live value is judged that is declared as a whole: what kinds have in common."""

from __future__ import annotations

from reconciler.core.model import Live, Resource, Source
from reconciler.kinds.differing import differing
from reconciler.kinds.equal import equal
from reconciler.kinds.kind import Target
from reconciler.kinds.reading import Read, Verdict


def suspect(resource: Resource, live: Live, *, everything: bool) -> bool:
    """Whether the live value is not known to be the declared one, and no rotation owns it."""
    if everything:
        return True
    want, have, rotation = resource.value, live.value, live.rotation
    if want is None or have is None or want.source is Source.GENERATED:
        return False
    if rotation.enabled or rotation.last is not None:
        return False
    return have.fingerprint not in want.fingerprints


def judged(target: Target, answer: Read, *, false: bool, bound: bool = False) -> Verdict:
    """What the value is. ``false``: the mark that says whose it is, was made for another value.
    ``bound``: a tag, and not its version, says what it is."""
    sealed = target.sealed
    if sealed is None or sealed.content is None:
        return Verdict(false=false)
    if equal(sealed, answer.content):
        return Verdict(same=True, false=false)
    if bound:
        want = None if target.resource is None else target.resource.value
        have = None if target.live is None else target.live.value
        declared = () if want is None else want.fingerprints
        false = have is not None and have.fingerprint in declared
    return Verdict(False, differing(answer.content, sealed.content) or (), false)
