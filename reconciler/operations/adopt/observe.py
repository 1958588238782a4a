"""From manifests and AWS to a plan of adoption: lists, then one read of each value to compare."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from reconciler import kinds
from reconciler.aws.client import Aws
from reconciler.core.model import Key, Live, Origin, Ownership, Resource, Scope, Source
from reconciler.core.ownership import may_adopt
from reconciler.core.reasons import Reason, Why
from reconciler.kinds.comparison import Comparison
from reconciler.kinds.reading import Read, Unread
from reconciler.manifest import Desired
from reconciler.operations import live_values, observe, planning
from reconciler.operations.adopt.plan import Take, plan
from reconciler.operations.observe import Records
from reconciler.operations.planning import Planned
from reconciler.values.sensitive import public


def make(
    scope: Scope,
    decrypt: Callable[[], Desired],
    aws: Aws,
    only: Collection[Key] | None,
    take: Take | None,
) -> Planned:
    """The plan of adopting all that is declared, exists and is not owned, or ``only`` some of it;
    of what is owned, values that somebody wrote outside.

    Reads each value that git declares and rotation does not own, once. Raises what
    :func:`planning.gather` raises.
    """
    gathered = planning.gather(scope, decrypt, aws)
    desired, records, trust = gathered.desired, gathered.records, gathered.desired.fingerprinter
    wanted = {
        key: resource
        for key, resource in desired.resources.items()
        if only is None or key in only or resource.requires in only
    }
    live = observe.shape(aws, records, wanted, trust, scope)
    # "ListSecrets … might not reflect changes from the last five minutes": what it leaves out may
    # exist.
    unsure = [key for key in wanted if key not in live or _undecided(live, key)]
    # Of what is copied the version is bound in the plan, so it is read afresh.
    unsure += [resource.copies for resource in wanted.values() if resource.copies is not None]
    observe.refresh(aws, records, unsure, scope, trust)
    live = observe.shape(aws, records, wanted, trust, scope)
    found = _findings(aws, desired, wanted, live, records)
    live = observe.shape(aws, records, wanted, trust, scope)
    adoption = plan(wanted, live, found, scope, desired.policy, take)
    return Planned(adoption, desired, live, records, gathered.principal)


def _findings(
    aws: Aws,
    desired: Desired,
    wanted: Mapping[Key, Resource],
    live: Mapping[Key, Live],
    records: Records,
) -> dict[Key, Comparison]:
    scope = desired.scope
    open_ = [
        key
        for key, resource in sorted(wanted.items())
        if key in live
        and not resource.requires
        # Where it looks owned, an adoption may have stopped half way, or somebody have written it
        # outside: its value tells.
        and (
            live[key].ownership is not Ownership.OURS
            or _undecided(live, key)
            or _written_outside(resource, live[key])
        )
        and may_adopt(live[key]) is None
    ]
    found = {key: _unread(wanted[key], live[key]) for key in open_}
    compared = [key for key in open_ if _is_compared(wanted[key], live[key])]
    answers = live_values.read(aws, compared)
    gone = [key for key, answer in answers.items() if isinstance(answer, Unread) and answer.gone]
    _forget(aws, records, gone, desired)
    for key, answer in answers.items():
        found[key] = _judge(desired, wanted[key], key, answer)
    for name, kind in kinds.wholes().items():
        mine = [key for key in open_ if key.kind == name]
        barred = kind.barriers(aws, [(wanted[key], live[key]) for key in mine], scope)
        for key, refusal in zip(mine, barred, strict=True):
            if refusal is not None:
                found[key] = Comparison(refusal=refusal)
    return found


def _undecided(live: Mapping[Key, Live], key: Key) -> bool:
    whole = kinds.holder(key)
    return whole in live and kinds.named(whole.kind).undecided(live[whole])


def _written_outside(resource: Resource, current: Live) -> bool:
    have = current.value
    outside = have is not None and have.origin is Origin.OUTSIDE
    return outside and _is_compared(resource, current)


def _forget(aws: Aws, records: Records, gone: Iterable[Key], desired: Desired) -> None:
    """What was deleted since it was listed is read again by name."""
    for key in gone:
        records[key.kind][key.name] = replace(records[key.kind][key.name], fresh=False)
    observe.refresh(aws, records, gone, desired.scope, desired.fingerprinter)


def _is_compared(resource: Resource, current: Live) -> bool:
    """Whether the value decides anything: git declares it, something is there, and it is neither
    rotation's nor known by a version that we wrote."""
    want, have = resource.value, current.value
    if want is None or have is None or want.source is not Source.GIT:
        return False
    rotation = current.rotation
    rotated = rotation.enabled or rotation.last is not None
    if want.rotation == "declared" and rotated:
        return False
    return have.origin is Origin.OUTSIDE or have.fingerprint not in want.fingerprints


def _unread(resource: Resource, current: Live) -> Comparison:
    """What is known without the value: a declared generated one is whatever is there."""
    want, have = resource.value, current.value
    if want is None or have is None or want.source is not Source.GENERATED:
        return Comparison()
    return Comparison(have.version, public(have.version), bind=have.origin is not Origin.GENERATED)


def _judge(desired: Desired, resource: Resource, key: Key, answer: Read | Unread) -> Comparison:
    if isinstance(answer, Unread):
        if answer.gone:
            return Comparison()
        return Comparison(refusal=Why(Reason.UNREADABLE, answer.aws_code))
    return kinds.named(key.kind).compared(resource, desired.values[key], answer)
