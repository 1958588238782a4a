"""From manifests and AWS to a plan of adoption: lists, then one read of each value to compare."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from reconciler.aws.client import Aws, require
from reconciler.core.model import Key, Live, Origin, Ownership, Resource, Scope, Source
from reconciler.core.ownership import Refusal, may_adopt
from reconciler.kinds import tags
from reconciler.kinds.parameter import NAME as PARAMETER
from reconciler.kinds.parameter import stamp
from reconciler.kinds.parameter import values as parameters
from reconciler.kinds.reading import Read, Unread
from reconciler.kinds.secret import NAME as SECRET
from reconciler.kinds.secret import values as secrets
from reconciler.manifest import Desired
from reconciler.operations import observe, planning
from reconciler.operations.adopt.compare import equal
from reconciler.operations.adopt.plan import Comparison, Take, plan
from reconciler.operations.observe import Records
from reconciler.operations.planning import Planned
from reconciler.values.sensitive import public

_GONE = frozenset({"ResourceNotFoundException", "InvalidRequestException", "ParameterNotFound"})
_STACK = "aws:cloudformation:stack-name"


def make(
    scope: Scope,
    decrypt: Callable[[], Desired],
    aws: Aws,
    only: Collection[Key] | None,
    take: Take | None,
) -> Planned:
    """The plan of adopting all that is declared, exists and is not ours, or ``only`` some of it.

    Reads each value that git declares and rotation does not own, once: 20 secrets or 10 parameters
    a call. A list of secrets is believed where it says that one is not ours: to tag what is ours
    already does nothing. Raises what :func:`planning.gather` raises.
    """
    gathered = planning.gather(scope, decrypt, aws)
    desired, records, trust = gathered.desired, gathered.records, gathered.desired.fingerprinter
    wanted = {
        key: resource
        for key, resource in desired.resources.items()
        if only is None or key in only or resource.requires in only
    }
    live = observe.shape(records, wanted, trust, scope)
    # "ListSecrets … might not reflect changes from the last five minutes": what it leaves out may
    # exist. Whether a parameter is ours, its list does not say at all.
    unsure = [
        key
        for key in wanted
        if key not in live or (key.kind == PARAMETER and live[key].ownership is not Ownership.OURS)
    ]
    observe.refresh(aws, records, unsure, scope, trust)
    live = observe.shape(records, wanted, trust, scope)
    found = _findings(aws, desired, wanted, live, records)
    live = observe.shape(records, wanted, trust, scope)
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
        and (live[key].ownership is not Ownership.OURS or _begun(live[key]))
        and may_adopt(live[key], scope) is None
    ]
    found = {key: _unread(wanted[key], live[key]) for key in open_}
    compared = [key for key in open_ if _is_compared(wanted[key], live[key])]
    answers = {
        **_by_key(SECRET, secrets.read(aws, _names(SECRET, compared))),
        **_by_key(PARAMETER, parameters.read(aws, _names(PARAMETER, compared))),
    }
    gone = [key for key, a in answers.items() if isinstance(a, Unread) and a.aws_code in _GONE]
    _forget(aws, records, gone, desired)
    for key, answer in answers.items():
        found[key] = _judge(desired, wanted[key], key, answer)
    held = [key for key in open_ if key.kind == PARAMETER]
    barred = aws.each(lambda key: _barred(aws, wanted[key], live[key], scope), held)
    for key, refusal in zip(held, barred, strict=True):
        if refusal is not None:
            found[key] = Comparison(refusal=refusal)
    return found


def _begun(current: Live) -> bool:
    """Whether an adoption may have stopped half way: a parameter's owner tag is ours, and no stamp
    is there yet. So may somebody have written it outside: its value tells."""
    return current.key.kind == PARAMETER and current.fields.get("fingerprint_key") is None


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
        if answer.aws_code in _GONE:
            return Comparison()
        return Comparison(
            refusal=Refusal(
                "unreadable",
                f"AWS does not hand out its value ({answer.aws_code})",
                "to adopt it the role has to read it once, and to use its KMS key",
            )
        )
    if resource.value is None or not equal(desired.values[key], answer.content):
        return Comparison(answer.version)
    print_ = resource.value.fingerprints[0]
    return Comparison(answer.version, print_, bind=key.kind == SECRET)


def _barred(aws: Aws, resource: Resource, current: Live, scope: Scope) -> Refusal | None:
    """What keeps a parameter from being adopted, which no list shows."""
    answer = aws.call(
        "ssm", "list_tags_for_resource", ResourceType="Parameter", ResourceId=current.key.name
    )
    live = tags.from_list(require(answer, "TagList", "list_tags_for_resource"))
    owner = live.get(tags.OWNER)
    if owner not in (None, scope.owner_id):
        named = replace(current, ownership=Ownership.OTHER_OWNER, owner=owner)
        return may_adopt(named, scope)
    stack = live.get(_STACK)
    if stack is not None:
        return may_adopt(replace(current, owner=f"CloudFormation stack {stack}"), scope)
    description = resource.fields.get("description", current.fields.get("description"))
    if isinstance(description, str) and len(description) > stamp.LIMIT - stamp.LENGTH:
        return Refusal(
            "too-long",
            f"its description has over {stamp.LIMIT - stamp.LENGTH} characters, and our mark goes"
            " after it",
            "declare a shorter `description`, or shorten the live one",
        )
    return None


def _names(kind: str, keys: Iterable[Key]) -> list[str]:
    return [key.name for key in keys if key.kind == kind]


def _by_key(kind: str, found: Mapping[str, Read | Unread]) -> dict[Key, Read | Unread]:
    return {Key(kind, name): answer for name, answer in found.items()}
