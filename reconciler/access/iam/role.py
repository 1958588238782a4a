"""The roles, each with the statements that it needs: one place says what a command may call."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from enum import StrEnum

from reconciler import kinds
from reconciler.access.iam import keys
from reconciler.access.iam.document import MANAGED, document, size
from reconciler.core.model import Resource
from reconciler.kinds import field
from reconciler.kinds.field import Permission
from reconciler.kinds.kind import Named
from reconciler.kinds.statement import Statement
from reconciler.manifest import Cleartext
from reconciler.manifest.readers import readable
from reconciler.operations import record

Needs = Mapping[str, frozenset[str]]  # actions by ARN


class Role(StrEnum):
    """Who acts; each is one role in AWS for one environment."""

    PLAN = "plan"
    APPLY = "apply"
    DRIFT = "drift"
    ADOPT = "adopt"
    READER = "reader"


def statements(declared: Cleartext, role: Role, *, deep: bool = False) -> list[Statement]:
    """What a role needs. ``deep`` adds to drift what `drift --deep` reads."""
    found = [*_ROLES[role](declared)]
    if deep:
        found += _deep(declared)
    return found


def _plan(declared: Cleartext) -> Iterator[Statement]:
    yield from _look(declared)
    yield _deny()


def _drift(declared: Cleartext) -> Iterator[Statement]:
    yield from _plan(declared)


def _apply(declared: Cleartext) -> Iterator[Statement]:
    yield from _look(declared)
    yield from _deny_but_apply_reads(declared)
    fields = _by_field(declared, parts=True)
    for kind in kinds.wholes().values():
        access = kind.access
        needs = _and(_needs(declared, kind, access.applies), fields)
        yield from _grouped(f"{access.WORD}s", needs)
        yield from _own(declared, parts=False, whole=kind.NAME)
        yield from _last_look(declared, kind, needs)
        yield from kind.access.paces(declared.settings.scope, len(needs))
    if declared.settings.policy.prune:
        # What is no longer declared has no name here.
        for kind in kinds.wholes().values():
            yield from kind.access.prunes(declared.settings.scope)
    yield from _own(declared, parts=True)
    yield from _record(declared)
    yield from keys.write(declared, reads=False)
    yield from keys.manifests(declared)


def _adopt(declared: Cleartext) -> Iterator[Statement]:
    yield from _look(declared)
    # A schedule belongs to its secret: it is set by the next apply.
    fields = _by_field(declared, parts=False)
    needs = {
        name: _and(_needs(declared, kind, kind.access.adopts), fields)
        for name, kind in kinds.wholes().items()
    }
    batches = [*_in_batches(declared, needs)]
    _add_copied(declared, needs)
    yield from _deny_but_compared(needs)
    yield from batches
    yield from _tags(declared, [name for name, arns in needs.items() if arns])
    for name, kind in kinds.wholes().items():
        yield from _grouped(f"{kind.access.WORD}s", needs[name])
        yield from _own(declared, parts=False, whole=name)
        yield from kind.access.paces(declared.settings.scope, len(needs[name]))
    yield from _record(declared)
    yield from keys.write(declared, reads=True)
    yield from keys.manifests(declared)


def _add_copied(declared: Cleartext, needs: Mapping[str, dict[str, frozenset[str]]]) -> None:
    """What is copied is read under its old name: only of what the environment declares, or has
    below its prefix."""
    resources, scope = declared.resources(), declared.settings.scope
    for source in (resource.copies for resource in resources.values()):
        if source is None or not (source in resources or source.name.startswith(scope.under)):
            continue
        access = kinds.named(source.kind).access
        arn = access.arn(scope, source.name)
        needs[source.kind][arn] = needs[source.kind].get(arn, frozenset()) | {access.READ}


def _reader(declared: Cleartext) -> Iterator[Statement]:
    yield from _reads(declared, caching=False)
    yield from keys.read(declared)


def application(declared: Cleartext, name: str) -> list[Statement]:
    """What one application needs of those under ``readers``: its names alone, keys of KMS for these
    names alone, and what clients that cache call."""
    own = readable(declared, name)
    return [*_reads(own, caching=True), *keys.read(own, by_name=True)]


def _reads(declared: Cleartext, *, caching: bool) -> Iterator[Statement]:
    needs = {
        name: _needs(declared, kind, kind.access.reader) for name, kind in kinds.wholes().items()
    }
    yield from _in_batches(declared, needs)
    for name, kind in kinds.wholes().items():
        more = frozenset(kind.access.CACHING if caching else ())
        yield from _grouped(
            f"{kind.access.WORD}s", {arn: actions | more for arn, actions in needs[name].items()}
        )


_ROLES: Mapping[Role, Callable[[Cleartext], Iterator[Statement]]] = {
    Role.PLAN: _plan,
    Role.APPLY: _apply,
    Role.DRIFT: _drift,
    Role.ADOPT: _adopt,
    Role.READER: _reader,
}


# --- what all but the reader do -----------------------------------------------------------------


def _look(declared: Cleartext) -> Iterator[Statement]:
    """List, and read again what a list shows: neither ever returns a value.

    Describing is allowed for all below the prefix, since a pull request adds names that the role
    does not know yet. Lists "take no resource-level permission": one is of all names, though only
    in the environment's Region. GetCallerIdentity needs none at all.
    """
    scope = declared.settings.scope
    lists = tuple(action for kind in kinds.wholes().values() for action in kind.access.LISTS)
    yield Statement("List", lists, condition=_in_its_region(declared))
    outside = kinds.outside(declared.resources(), scope)
    for name, kind in kinds.wholes().items():
        yield from kind.access.describe(scope, outside[name])
    yield from keys.compare(declared)


def _record(declared: Cleartext) -> Iterator[Statement]:
    """Note which commit was applied. Whoever lists parameters reads it: it is in a description."""
    if declared.settings.record:
        scope = declared.settings.scope
        yield Statement("Record", (record.WRITES,), (record.arn(scope),), optional=True)


def _in_its_region(declared: Cleartext) -> Mapping[str, Mapping[str, str]]:
    return {"StringEquals": {"aws:RequestedRegion": declared.settings.scope.region}}


def _in_batches(declared: Cleartext, needs: Mapping[str, Needs]) -> Iterator[Statement]:
    """What reads several values at once and names none of them; each takes a permission too."""
    batches = tuple(
        kind.access.BATCH
        for name, kind in kinds.wholes().items()
        if kind.access.BATCH is not None
        and any(kind.access.READ in actions for actions in needs[name].values())
    )
    if batches:
        yield Statement("ReadInBatches", batches, condition=_in_its_region(declared))


def _deny(spared: Collection[str] = ()) -> Statement:
    """Whatever else allows it: a resource policy that the role itself may write could."""
    reads = (action for kind in kinds.wholes().values() for action in kind.access.VALUE_READS)
    denied = tuple(action for action in reads if action not in spared)
    return Statement("NoValueIsRead", denied, effect="Deny")


def _deny_but_apply_reads(declared: Cleartext) -> Iterator[Statement]:
    """The same, but for what apply reads to write a part of it."""
    spared: dict[str, set[str]] = {}
    sids: dict[str, str] = {}
    for entry in declared.entries:
        key = entry.resource_key(declared.settings)
        access = kinds.named(key.kind).access
        sid = access.apply_reads(entry.declared)
        if sid is not None:
            sids[key.kind] = sid
            spared.setdefault(key.kind, set()).add(access.arn(declared.settings.scope, key.name))
    named = {name: tuple(sorted(arns)) for name, arns in spared.items()}
    for name, arns in named.items():
        yield Statement(sids[name], (kinds.named(name).access.READ,), arns)
    yield _deny({kinds.named(name).access.READ for name in named})
    for name, arns in named.items():
        access = kinds.named(name).access
        yield _deny_others(f"NoOther{access.WORD}IsRead", access.READ, arns)


def _deny_but_compared(needs: Mapping[str, Needs]) -> Iterator[Statement]:
    """The same, but for the values that adopt compares: those that git declares.

    A batch takes the permission to read each of its secrets. What denies all names but some
    cannot be cut between two policies: each would deny the other's names. Where they do not fit
    into one, those are denied by name that the role may write and git has no value of: only
    on what it may write could it put a policy that lets itself read.
    """
    accesses = {name: kind.access for name, kind in kinds.wholes().items()}
    yield _deny({action for one in accesses.values() for action in (one.READ, one.BATCH) if action})
    for name, access in accesses.items():
        compared = {arn for arn, actions in needs[name].items() if access.READ in actions}
        others = _deny_others(f"NoOther{access.WORD}IsRead", access.READ, tuple(sorted(compared)))
        if compared and _fits(others):
            yield others
        elif foreign := tuple(sorted(needs[name].keys() - compared)):
            sid = f"NoForeign{access.WORD}IsRead"
            yield Statement(sid, (access.READ,), foreign, effect="Deny")


def _deny_others(sid: str, action: str, arns: tuple[str, ...]) -> Statement:
    """An explicit deny prevails, so it is of everything but these."""
    return Statement(sid, (action,), arns, effect="Deny", others=True)


def _fits(statement: Statement) -> bool:
    return size(document([statement])) <= MANAGED


def _deep(declared: Cleartext) -> Iterator[Statement]:
    """What reads what no list returns, also of what nobody declared on a declared resource."""
    found = {name: _unlisted(declared, name, undeclared=True) for name in kinds.wholes()}
    for name, needs in found.items():
        yield from _grouped(f"Deep{kinds.named(name).access.WORD}s", needs)
    yield from _tags(declared, [name for name, needs in found.items() if needs])


def _tags(declared: Cleartext, names: Iterable[str]) -> Iterator[Statement]:
    """What reads the tags of many at once; it takes no resource."""
    actions = tuple(action for name in names for action in kinds.named(name).access.TAGS)
    if actions:
        yield Statement("Tags", actions, condition=_in_its_region(declared))


def _last_look(declared: Cleartext, kind: Named, needs: Needs) -> Iterator[Statement]:
    """Right before it overwrites what no list returns, apply reads it: only what it may not read
    anyway."""
    more = {
        arn: actions - needs.get(arn, frozenset())
        for arn, actions in _unlisted(declared, kind.NAME).items()
    }
    yield from _grouped(kind.access.LAST_LOOK, more)


def _unlisted(declared: Cleartext, whole: str, *, undeclared: bool = False) -> Needs:
    """What reads the declared fields that no list returns, by the ARN of the whole; and with
    ``undeclared`` the others too."""
    found: dict[str, frozenset[str]] = {}
    for resource in declared.resources().values():
        kind = kinds.of(resource.key.kind)
        if whole == kind.READS:
            arn = _arn(declared, resource)
            actions = field.deep_actions(kind.FIELDS, resource.fields, undeclared=undeclared)
            found[arn] = found.get(arn, frozenset()) | actions
    return found


# --- by field ------------------------------------------------------------------------------------


def _permissions(
    declared: Cleartext, *, parts: bool
) -> Iterator[tuple[Resource, Permission, bool]]:
    """What writing each declared field needs; whether it is one of a part, like a schedule, is
    told, and ``parts`` leaves them out or not."""
    for resource in declared.resources().values():
        kind = kinds.of(resource.key.kind)
        part = kinds.holder(resource.key) != resource.key
        if parts or not part:
            for permission in field.permissions(kind.FIELDS, resource.fields):
                yield resource, permission, part


def _arn(declared: Cleartext, resource: Resource) -> str:
    whole = kinds.holder(resource.key)
    return kinds.named(whole.kind).access.arn(declared.settings.scope, whole.name)


def _by_field(declared: Cleartext, *, parts: bool) -> dict[str, frozenset[str]]:
    """The actions that need no statement of their own, by the ARN of the whole."""
    found: dict[str, frozenset[str]] = {}
    for resource, permission, _ in _permissions(declared, parts=parts):
        if permission.sid is None:
            arn = _arn(declared, resource)
            found[arn] = found.get(arn, frozenset()) | {permission.action}
    return found


def _own(declared: Cleartext, *, parts: bool, whole: str | None = None) -> Iterator[Statement]:
    """The statements of their own, of parts or of one kind that is ``whole``: one for each name,
    and for each condition under it."""
    found: dict[str, dict[str, tuple[Permission, set[str]]]] = {}
    for resource, permission, part in _permissions(declared, parts=parts):
        if whole not in (None, resource.key.kind):
            continue
        if permission.sid is not None and part is parts:
            same = found.setdefault(permission.sid, {})
            group = same.setdefault(
                repr((permission.action, permission.condition)), (permission, set())
            )
            group[1].add(permission.on or _arn(declared, resource))
    for sid, groups in sorted(found.items()):
        for number, (_, (permission, arns)) in enumerate(sorted(groups.items()), 1):
            name = f"{sid}{number}" if len(groups) > 1 else sid
            yield Statement(name, (permission.action,), tuple(sorted(arns)), permission.condition)


def _and(needs: Needs, more: Needs) -> dict[str, frozenset[str]]:
    return {arn: actions | more.get(arn, frozenset()) for arn, actions in needs.items()}


# --- names by what they need ---------------------------------------------------------------------


def _needs(declared: Cleartext, kind: Named, needs: Callable[..., Iterable[str]]) -> Needs:
    """The actions by ARN. ``needs`` is asked about each declaration of the kind."""
    settings = declared.settings
    return {
        kind.access.arn(settings.scope, entry.full_name(settings)): frozenset(
            needs(entry.declared, valued=entry.shape is not None)
        )
        for entry in declared.entries
        if entry.kind.NAME == kind.NAME
    }


def _grouped(sid: str, needs: Needs) -> Iterator[Statement]:
    """Each name once, with all others that need the same."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for arn, actions in sorted(needs.items()):
        if actions:
            groups.setdefault(tuple(sorted(actions)), []).append(arn)
    for number, (allowed, arns) in enumerate(sorted(groups.items()), 1):
        yield Statement(f"{sid}{number}", allowed, tuple(arns))
