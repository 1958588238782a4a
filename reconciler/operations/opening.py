"""What the changes of a plan open, as the tables of their kinds say it, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler import kinds
from reconciler.core.access import Opened, Opening
from reconciler.core.model import Action, Change, FieldChange, Key, Plan, Resource, Scope, Write

_APPEARS = (Action.CREATE, Action.ADOPT)
_OPENS_NOTHING = (Action.REFUSE, Action.PRUNE)


def told(plan: Plan, desired: Mapping[Key, Resource]) -> Plan:
    """The plan, with what each of its changes opens: to other accounts first."""
    return replace(plan, changes=tuple(one(c, desired, plan.scope) for c in plan.changes))


def one(change: Change, desired: Mapping[Key, Resource], scope: Scope) -> Change:
    """The same of one change."""
    resource = desired.get(change.key)
    if resource is None or change.action in _OPENS_NOTHING:
        return change
    found = sorted(
        dict.fromkeys(_opened(change, resource, scope)),
        key=lambda opened: (opened.account is None, opened.opening, opened.name or ""),
    )
    return replace(change, access=tuple(found)) if found else change


def _opened(change: Change, resource: Resource, scope: Scope) -> Iterator[Opened]:
    key = change.key
    whole = kinds.holder(key) == key
    if change.action in _APPEARS and whole and not key.name.startswith(scope.under):
        yield Opened(Opening.OUTSIDE_PREFIX)
    if change.action in _APPEARS and whole:
        yield from (Opened(Opening.READER, name) for name in resource.readers)
    changed = {field.name: field for field in _fields(change, resource)}
    for row in kinds.of(key.kind).FIELDS:
        if row.opens is not None and row.name in changed:
            yield from row.opens(changed[row.name], resource, scope)


def _fields(change: Change, resource: Resource) -> Iterator[FieldChange]:
    """Where another value is written as a whole, what stays as it is says who reads that one."""
    if resource.whole and change.value is not None and change.value.write is not Write.SAME:
        for name, content in resource.fields.items():
            yield FieldChange(name, content, content)
    yield from change.fields
