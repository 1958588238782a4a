"""A plan with the names of the keys in which its values differ from earlier ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler import kinds
from reconciler.core.model import Change, Key, Plan, Write
from reconciler.kinds.differing import Content, differing
from reconciler.values.sensitive import Sealed

_COMPARED = frozenset({Write.CHANGED, Write.RETURNED})


def named(plan: Plan, values: Mapping[Key, Sealed], earlier: Mapping[Key, Content]) -> Plan:
    """The plan with the names of the keys in which its values differ from earlier ones."""
    return replace(plan, changes=tuple(_named(c, values, earlier) for c in plan.changes))


def _named(change: Change, values: Mapping[Key, Sealed], earlier: Mapping[Key, Content]) -> Change:
    whole, sealed = earlier.get(kinds.holder(change.key)), values.get(change.key)
    if change.value is None or change.value.write not in _COMPARED:
        return change
    if whole is None or sealed is None or sealed.content is None:
        return change
    before = kinds.of(change.key.kind).share(whole, sealed.content)
    keys = None if before is None else differing(before, sealed.content)
    return replace(change, value=replace(change.value, keys=keys or None))
