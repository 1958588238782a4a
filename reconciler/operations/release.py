"""Release: stop managing what is owned. It undoes adopt; the values stay."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from reconciler import kinds
from reconciler.aws.client import Aws
from reconciler.core.model import Key, Live, Ownership
from reconciler.core.ownership import Refusal
from reconciler.kinds.kind import Act, NotForKind, Record
from reconciler.manifest import Desired
from reconciler.operations import observe
from reconciler.operations.planning import Gathered
from reconciler.operations.steps import Result, Step, refused


@dataclass(frozen=True)
class Release:
    """What is to be released, and what of the names cannot be."""

    steps: dict[Key, Step]
    refused: tuple[Result, ...]


def prepare(gathered: Gathered[Desired], aws: Aws, names: Collection[Key] | None) -> Release:
    """What releasing ``names``, or of all that is owned, takes.

    Everything is read afresh: a list may not know yet what became owned a minute ago.
    """
    desired, records, trust = gathered.desired, gathered.records, gathered.desired.fingerprinter
    scope = desired.scope
    live = observe.shape(aws, records, {}, trust, scope)
    if names is None:
        keys = {key for key, one in live.items() if one.ownership is Ownership.OURS}
        keys |= {key for key in desired.resources if key in live}
    else:
        keys = {kinds.holder(key) for key in names}
    observe.refresh(aws, records, keys, scope, trust)
    live = observe.shape(aws, records, {}, trust, scope)
    steps: dict[Key, Step] = {}
    barred: list[Result] = []
    for key in sorted(keys):
        answer = _answer(key, live.get(key), records[key.kind].get(key.name))
        if isinstance(answer, Act):
            steps[key] = partial(answer.do, aws)
        elif names is not None or isinstance(answer, NotForKind):
            barred.append(refused(key, answer.reason, answer.hint))
    return Release(steps, tuple(barred))


def _answer(key: Key, current: Live | None, record: Record | None) -> Act | Refusal:
    """How something is released, or why it cannot be and what to do."""
    if current is None or record is None:
        return Refusal("absent", "it does not exist", "there is nothing to release: leave it out")
    if current.ownership is not Ownership.OURS:
        of = f": {current.owner} does" if current.owner else ""
        return Refusal("not-ours", f"this environment does not own it{of}", "leave it out")
    return kinds.named(key.kind).release(record)
