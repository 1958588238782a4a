"""What reading a rotated value shows of the keys that git owns of it."""

from __future__ import annotations

from reconciler.core.model import Live, Resource
from reconciler.kinds.differing import Content, differing
from reconciler.kinds.equal import equal
from reconciler.kinds.keys import members
from reconciler.kinds.kind import Target
from reconciler.kinds.reading import Read, Verdict
from reconciler.values.sensitive import Sensitive

LOST = (
    "the value has lost what git owns of it, though its mark says otherwise: see what its rotation"
    " function writes; take the tag reconciler:keys off the secret, and apply writes the keys again"
)


def suspect(resource: Resource, live: Live, *, everything: bool) -> bool:
    """Always: what a rotation did to these keys, no list tells."""
    return True


def judge(target: Target, answer: Read) -> Verdict:
    """Whether the value holds what git owns of it; what else it holds is rotation's."""
    sealed = target.sealed
    if sealed is None or sealed.content is None or not isinstance(sealed.content.reveal(), str):
        return Verdict()
    declared: Sensitive[str] = sealed.content  # type: ignore[assignment]
    live = share(answer.content, declared)
    if live is None:
        return Verdict(False, lost=LOST)
    if equal(sealed, live):
        return Verdict(True)
    return Verdict(False, differing(live, declared) or (), lost=LOST)


def share(whole: Content, own: Content) -> Sensitive[str] | None:
    """Of a whole value those keys that ``own`` has; None where one of the two is no JSON object."""
    if not isinstance(whole.reveal(), str) or not isinstance(own.reveal(), str):
        return None
    text: Sensitive[str] = whole  # type: ignore[assignment]
    now: Sensitive[str] = own  # type: ignore[assignment]
    return members.select(text, members.names(now) or ())
