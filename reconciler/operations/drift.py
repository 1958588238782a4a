"""Drift: what was read, told by who moved it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from reconciler import kinds
from reconciler.aws.client import Aws
from reconciler.core.applied import OFF, Applied
from reconciler.core.classify import Deep, Known
from reconciler.core.classify import classify as told
from reconciler.core.drift import Drift
from reconciler.core.errors import AwsError
from reconciler.core.model import JSON, Key, Ownership, Resource, Scope
from reconciler.kinds import field as fields
from reconciler.kinds.field import Table
from reconciler.operations.planning import Compared, Declares
from reconciler.rules import wildcard_principal


def read_deep(planned: Compared[Declares], aws: Aws) -> Mapping[Key, Deep]:
    """What no list returns, of everything declared that is owned and live: a call or two each, but
    for parameters' tags, which come by the hundred; and what nobody declared on it.

    What nobody declared is left out where the role may not read it. No value is read. Raises
    AwsError.
    """
    found: dict[Key, Deep] = {}
    for name, resources in _ours(planned).items():
        table, scope = kinds.of(name).FIELDS, planned.plan.scope
        contents = fields.around(table, aws, resources, scope)
        others = aws.each(partial(_beside, table, aws, scope), resources)
        for resource, (content, nobodys), other in zip(resources, contents, others, strict=True):
            every = {**content, **other.fields}
            found[resource.key] = Deep(every, _open(every), other.denied, nobodys)
    return found


def look_closer(planned: Compared[Declares], aws: Aws) -> Mapping[Key, Sequence[str]]:
    """What is wrong with what is declared, owned and as declared, and no list tells, in words.

    No value is read. Raises AwsError.
    """
    found: dict[Key, Sequence[str]] = {}
    for name, resources in _ours(planned).items():
        texts = fields.looked(kinds.of(name).FIELDS, aws, resources, planned.plan.scope)
        found |= {resource.key: own for resource, own in zip(resources, texts, strict=True)}
    return found


def _ours(planned: Compared[Declares]) -> Mapping[str, list[Resource]]:
    """Everything declared that is owned and live, by kind."""
    declared = planned.desired.resources
    ours: dict[str, list[Resource]] = {}
    for key, live in planned.live.items():
        if key in declared and live.ownership is Ownership.OURS and not live.deleted:
            ours.setdefault(key.kind, []).append(declared[key])
    return ours


def _beside(table: Table[Any, Any], aws: Aws, scope: Scope, resource: Resource) -> Deep:
    """What nobody declared on a resource, as far as the role may read it."""
    content: dict[str, JSON] = {}
    denied: set[str] = set()
    for row in fields.beside(table, resource):
        asked = replace(resource, fields={row.name: None})
        try:
            content |= fields.deep((row,), aws, [asked], scope)[0]
        except AwsError as error:
            if not error.denied:
                raise
            denied.add(error.operation)
    return Deep(content, denied=frozenset(denied))


def _open(content: Mapping[str, JSON]) -> frozenset[str]:
    """The policies among these that allow everybody."""
    return frozenset(name for name, live in content.items() if wildcard_principal.opens(live))


def classify(
    planned: Compared[Declares],
    now: datetime,
    deep: Mapping[Key, Deep] = MappingProxyType({}),
    applied: Applied = OFF,
    looked: Mapping[Key, Sequence[str]] = MappingProxyType({}),
) -> tuple[Drift, ...]:
    """Every difference between git and AWS by its class, sorted by resource.

    ``now`` is aware, in UTC. ``deep`` is what :func:`read_deep` found, and ``applied`` what is
    known of the last apply. ``looked`` is what :func:`look_closer` found.
    """
    desired = planned.desired
    fails = desired.unmanaged_fails
    return told(
        Known(desired.resources, planned.live, planned.plan, now, applied, deep, fails, looked)
    )
