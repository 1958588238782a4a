"""What is live: list every kind, then read the suspects again before believing anything of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from reconciler import kinds
from reconciler.aws.client import Aws
from reconciler.aws.recogniser import Recogniser
from reconciler.core.model import Key, Live, Plan, Resource, Scope
from reconciler.kinds import field
from reconciler.kinds.kind import Kind, Record, Target
from reconciler.manifest import Desired

Records = dict[str, dict[str, Record]]  # by the kind that reads them, by full name


def list_all(aws: Aws, scope: Scope) -> Records:
    """Everything under the prefix, one chain of pages a kind, the chains side by side.

    Raises AwsError where any page could not be read: a part of a list proves no absence.
    """
    readers = kinds.wholes()
    with ThreadPoolExecutor(len(readers)) as pool:
        chains = {name: pool.submit(_list, kind, aws, scope) for name, kind in readers.items()}
        return {name: chain.result() for name, chain in chains.items()}


def none_yet() -> Records:
    """No record of any kind: where only a few are read, by name."""
    return {name: {} for name in kinds.wholes()}


def _list(kind: Kind, aws: Aws, scope: Scope) -> dict[str, Record]:
    return {record.name: record for page in kind.pages(aws, scope) for record in page}


def add_outside_prefix(
    aws: Aws, records: Records, desired: Iterable[Key], scope: Scope, trust: Recogniser
) -> None:
    """Read by name what is declared and lies outside the prefix, where no list looks."""
    outside = {key for key in desired if not key.name.startswith(scope.under)}
    refresh(aws, records, outside, scope, trust)


def confirm(aws: Aws, records: Records, plan: Plan, scope: Scope, trust: Recogniser) -> None:
    """Read the plan's suspects again: "ListSecrets … might not reflect changes from the last five
    minutes", and an absence has to be proven. What was already read by name is not read twice."""
    suspects = {change.key for change in plan.changes}
    refresh(aws, records, suspects, scope, trust)


def refresh(
    aws: Aws, records: Records, keys: Iterable[Key], scope: Scope, trust: Recogniser
) -> None:
    """Read by name, of these resources, what only a list has shown so far."""
    wanted: dict[str, set[str]] = {}
    for key in keys:
        holder = kinds.holder(key)
        known = records[holder.kind].get(holder.name)
        if known is None or not known.fresh:
            wanted.setdefault(holder.kind, set()).add(holder.name)
    for reader, names in sorted(wanted.items()):
        found = kinds.named(reader).find(aws, sorted(names), scope, trust)
        for name in names:
            record = found.get(name)
            if record is None:
                records[reader].pop(name, None)
            else:
                records[reader][name] = record


def shape(
    aws: Aws, records: Records, desired: Mapping[Key, Resource], trust: Recogniser, scope: Scope
) -> dict[Key, Live]:
    """Every record in the form in which it compares with what is declared of it. AWS is asked only
    where it may know the same by another name. Raises AwsError."""
    live: dict[Key, Live] = {}
    for kind in kinds.all_of_them().values():
        own = records[kind.READS]
        for name, record in own.items():
            key = Key(kind.NAME, name)
            resource = desired.get(key)
            if resource is not None:
                own[name] = record = field.alike(kind.FIELDS, aws, record, resource, scope)
            shaped = kind.shape(record, resource, trust, scope)
            if shaped is not None:
                live[key] = shaped
    return live


def target(desired: Desired, records: Records, live: Mapping[Key, Live], key: Key) -> Target:
    """All that is known of one resource."""
    holder = kinds.holder(key)
    return Target(
        key,
        desired.resources.get(key),
        live.get(key),
        records[holder.kind].get(holder.name),
        desired.values.get(key),
        desired.scope,
        desired.policy,
        desired.fingerprinter,
        parts(desired, key),
        desired.settings.functions,
    )


def parts(desired: Desired, whole: Key) -> tuple[Resource, ...]:
    """The declared parts of a resource."""
    every = desired.resources
    return tuple(every[part] for part in kinds.parts(whole) if part in every)
