"""What kinds have in common whose resources are parts of another's."""

from __future__ import annotations

from reconciler.core.model import Live, Resource
from reconciler.kinds.differing import Content
from reconciler.kinds.kind import Target
from reconciler.kinds.reading import Read, Verdict

section: None = None


def share(whole: Content, own: Content) -> Content | None:
    """None of it: a part without a value."""
    return None


def suspect(resource: Resource, live: Live, *, everything: bool) -> bool:
    """Never: a part without a value."""
    return False


def judge(target: Target, answer: Read) -> Verdict:
    """Nothing: a part without a value."""
    return Verdict()
