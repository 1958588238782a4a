"""What adopting would do: a pure function, like ``diff``, of what a comparison of values found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from reconciler import kinds
from reconciler.core.diff import MARKS, diff
from reconciler.core.model import (
    Action,
    Change,
    Key,
    Live,
    LiveValue,
    Origin,
    Ownership,
    Plan,
    Policy,
    Resource,
    Scope,
    ValueChange,
    Write,
)
from reconciler.core.ownership import may_adopt
from reconciler.core.reasons import Lost, Reason, Why
from reconciler.kinds.comparison import Comparison
from reconciler.operations import opening
from reconciler.operations.adopt.copying import copies

_OVERWRITES = frozenset({Write.CHANGED, Write.RETURNED})


class Take(StrEnum):
    """Whose value stays where the two differ."""

    GIT = "git"
    LIVE = "live"


def plan(
    desired: Mapping[Key, Resource],
    live: Mapping[Key, Live],
    found: Mapping[Key, Comparison],
    scope: Scope,
    policy: Policy,
    take: Take | None,
) -> Plan:
    """An ``adopt`` or ``refuse`` for each declared resource that exists and is not owned, and a
    ``create`` for each that takes over a value of another, which git does not have.

    A schedule belongs to its secret: it is no change of its own, and the next plan shows it.
    """
    changes: list[Change] = []
    owned = sum(1 for current in live.values() if current.ownership is Ownership.OURS)
    for key in sorted(desired):
        resource, current = desired[key], live.get(key)
        finding = found.get(key, Comparison())
        if resource.copies is not None and (current is None or _is_ours(current)):
            changes += copies(resource, live, scope, policy)
            continue
        if current is None or resource.requires:
            continue
        if _is_ours(current) and not _begun(finding, take):
            continue
        refusal = may_adopt(current) or finding.refusal
        if refusal is not None:
            changes.append(_refuse(resource, refusal))
        else:
            changes.append(_adopt(resource, current, finding, scope, policy, take))
    plan = Plan(scope, policy, tuple(changes), owned=owned, titles=kinds.titles())
    return opening.told(plan, desired)


def _is_ours(current: Live) -> bool:
    return current.ownership is Ownership.OURS


def _begun(finding: Comparison, take: Take | None) -> bool:
    """Whether what looks owned is to be adopted all the same: an adoption stopped half way there,
    or somebody wrote outside what git declares.

    Only of such a one, or of what somebody wrote outside, is there a finding. A value that differs
    is no business of adopt's unless it is told whose stays.
    """
    if finding.version is None or finding.refusal is not None:
        return False
    return finding.fingerprint is not None or take is not None


def _adopt(
    resource: Resource,
    current: Live,
    finding: Comparison,
    scope: Scope,
    policy: Policy,
    take: Take | None,
) -> Change:
    """The change that makes ``current`` owned and, in the same step, as it is declared."""
    ours = replace(current, ownership=Ownership.OURS, owner=None)
    if current.ownership is Ownership.OURS:
        # The mark is of the version before.
        ours = replace(ours, fields={n: None if n in MARKS else c for n, c in ours.fields.items()})
    if finding.fingerprint is not None and finding.version is not None:
        known = LiveValue(finding.version, Origin.GIT, finding.fingerprint)
        ours = replace(ours, value=known)
    elif finding.version is not None and current.value is not None:
        # What was read is fresher than what was listed.
        ours = replace(ours, value=replace(current.value, version=finding.version))
    # A replacement would delete what is not owned yet.
    kept = replace(resource, replace=False)
    made = diff({resource.key: kept}, {resource.key: ours}, scope, policy).changes
    change = made[0] if made else Change(resource.key, Action.ADOPT, place=resource.place)
    if change.action is Action.REFUSE:
        if change.why is not None and change.why.reason is Reason.NEEDS_REPLACE:
            return replace(change, why=replace(change.why, reason=Reason.NEEDS_REPLACE_LATER))
        return change
    value, precondition = change.value, dict(change.precondition)
    overwrites = value is not None and value.write in _OVERWRITES
    if overwrites and take is not Take.GIT:
        return _refuse(resource, Why(Reason.VALUES_DIFFER))
    if value is None and finding.bind:
        value = ValueChange(Write.BOUND, finding.fingerprint)
        precondition["version"] = finding.version
    over = tuple(map(Lost, current.costs.overwritten)) if overwrites else ()
    return Change(
        resource.key,
        Action.ADOPT,
        tuple(field for field in change.fields if field.name not in MARKS),
        value,
        settings=change.settings,
        precondition=precondition,
        losses=(*over, *(lost for lost in change.losses if lost not in over)),
        place=resource.place,
    )


def _refuse(resource: Resource, why: Why) -> Change:
    return Change(
        resource.key,
        Action.REFUSE,
        why=why,
        place=resource.place,
    )
