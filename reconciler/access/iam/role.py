"""The roles, each with the statements that it needs: one place says what a command may call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum

from reconciler import kinds
from reconciler.access.iam import keys, names
from reconciler.access.iam.document import MANAGED, Statement, document, size
from reconciler.core.model import Resource
from reconciler.kinds import field, tags
from reconciler.kinds.field import Permission
from reconciler.kinds.keys import NAME as GIT_KEYS
from reconciler.kinds.parameter.declare import Declaration as Parameter
from reconciler.kinds.secret.declare import Declaration as Secret
from reconciler.manifest import Cleartext
from reconciler.manifest.entries import Entry

NONE = "none"
_READ_SECRET = "secretsmanager:GetSecretValue"
_READ_BATCH = "secretsmanager:BatchGetSecretValue"
_READ_PARAMETERS = "ssm:GetParameters"
# All that hands out a value. GetParametersByPath "returns children despite an explicit deny on
# them", so it is denied as such.
VALUE_READS = (
    _READ_SECRET,
    _READ_BATCH,
    "ssm:GetParameter",
    _READ_PARAMETERS,
    "ssm:GetParametersByPath",
    "ssm:GetParameterHistory",
)


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
    yield from _deny_but_git_keys(declared)
    fields = _by_field(declared, parts=True)
    yield from _grouped("Secrets", _and(_secrets(declared, _write_secret), fields))
    yield from _own(declared, parts=False)
    yield from _last_look(declared)
    yield from _grouped("Parameters", _and(_parameters(declared, _write_parameter), fields))
    yield from _prune(declared)
    yield from _own(declared, parts=True)
    yield from keys.write(declared, reads=False)
    yield from keys.manifests(declared)


def _adopt(declared: Cleartext) -> Iterator[Statement]:
    yield from _look(declared)
    # A schedule belongs to its secret: it is set by the next apply.
    fields = _by_field(declared, parts=False)
    secrets = _and(_secrets(declared, _adopt_secret), fields)
    parameters = _and(_parameters(declared, _adopt_parameter), fields)
    yield from _deny_but_compared(secrets, parameters)
    if any(_READ_SECRET in actions for actions in secrets.values()):
        yield Statement("ReadInBatches", (_READ_BATCH,), condition=_in_its_region(declared))
    yield from _grouped("Secrets", secrets)
    yield from _own(declared, parts=False)
    yield from _grouped("Parameters", parameters)
    yield from keys.write(declared, reads=True)
    yield from keys.manifests(declared)


def _reader(declared: Cleartext) -> Iterator[Statement]:
    secrets = _secrets(declared, lambda *_: {_READ_SECRET})
    if secrets:
        yield Statement("ReadInBatches", (_READ_BATCH,), condition=_in_its_region(declared))
    yield from _grouped("Secrets", secrets)
    read = {"ssm:GetParameter", _READ_PARAMETERS}
    yield from _grouped("Parameters", _parameters(declared, lambda _: read))
    yield from keys.read(declared)


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
    yield Statement(
        "List",
        ("secretsmanager:ListSecrets", "ssm:DescribeParameters"),
        condition=_in_its_region(declared),
    )
    outside = sorted(
        key.name
        for key in declared.resources()
        if key.kind == "secret" and not key.name.startswith(scope.under)
    )
    found = [names.secrets_below(scope)]
    for name in outside:
        found += [names.secret(scope, name), names.absent_secret(scope, name)]
    yield Statement("Describe", ("secretsmanager:DescribeSecret",), tuple(found))


def _in_its_region(declared: Cleartext) -> Mapping[str, Mapping[str, str]]:
    return {"StringEquals": {"aws:RequestedRegion": declared.settings.scope.region}}


def _deny() -> Statement:
    """Whatever else allows it: a resource policy that the role itself may write could."""
    return Statement("NoValueIsRead", VALUE_READS, effect="Deny")


def _deny_but_git_keys(declared: Cleartext) -> Iterator[Statement]:
    """The same, but for secrets of which git owns some keys: apply reads them to write those."""
    scope = declared.settings.scope
    read = [names.secret(scope, key.name) for key in declared.resources() if key.kind == GIT_KEYS]
    if not read:
        yield _deny()
        return
    arns = tuple(sorted(read))
    yield Statement("GitKeys", (_READ_SECRET,), arns)
    rest = tuple(action for action in VALUE_READS if action != _READ_SECRET)
    yield Statement("NoValueIsRead", rest, effect="Deny")
    yield _deny_others("NoOtherSecretIsRead", _READ_SECRET, arns)


def _deny_but_compared(
    secrets: Mapping[str, frozenset[str]], parameters: Mapping[str, frozenset[str]]
) -> Iterator[Statement]:
    """The same, but for the values that adopt compares: those that git declares.

    A batch of secrets takes the permission to read each of them. What denies all names but some
    cannot be cut between two policies: each would deny the other's names. Where they do not fit
    into one, the secrets are denied by name that the role may write and git has no value of: only
    on what it may write could it put a policy that lets itself read.
    """
    spared = {_READ_BATCH, _READ_SECRET, _READ_PARAMETERS}
    rest = tuple(action for action in VALUE_READS if action not in spared)
    yield Statement("NoValueIsRead", rest, effect="Deny")
    compared = tuple(sorted(arn for arn, actions in secrets.items() if _READ_SECRET in actions))
    if compared and _fits(others := _deny_others("NoOtherSecretIsRead", _READ_SECRET, compared)):
        yield others
    elif foreign := tuple(sorted(secrets.keys() - set(compared))):
        yield Statement("NoForeignSecretIsRead", (_READ_SECRET,), foreign, effect="Deny")
    named = tuple(sorted(parameters))
    if named and _fits(others := _deny_others("NoOtherParameterIsRead", _READ_PARAMETERS, named)):
        yield others


def _deny_others(sid: str, action: str, arns: tuple[str, ...]) -> Statement:
    """An explicit deny prevails, so it is of everything but these."""
    return Statement(sid, (action,), arns, effect="Deny", others=True)


def _fits(statement: Statement) -> bool:
    return size(document([statement])) <= MANAGED


def _deep(declared: Cleartext) -> Iterator[Statement]:
    """What reads those declared fields that no list returns."""
    yield from _grouped("DeepSecrets", _unlisted(declared, "secret"))
    yield from _grouped("DeepParameters", _unlisted(declared, "parameter"))


def _last_look(declared: Cleartext) -> Iterator[Statement]:
    """Right before it overwrites what no list returns, apply reads it. Of parameters it may read
    the tags anyway."""
    yield from _grouped("LastLook", _unlisted(declared, "secret"))


def _unlisted(declared: Cleartext, whole: str) -> dict[str, frozenset[str]]:
    """What reads the declared fields that no list returns, by the ARN of the whole."""
    found: dict[str, frozenset[str]] = {}
    for resource in declared.resources().values():
        kind = kinds.of(resource.key.kind)
        if whole == kind.READS:
            arn = _arn(declared, resource)
            actions = field.deep_actions(kind.FIELDS, resource.fields)
            found[arn] = found.get(arn, frozenset()) | actions
    return found


# --- by resource ---------------------------------------------------------------------------------


def _write_secret(secret: Secret, entry: Entry) -> set[str]:
    """What apply may do to a declared secret; and rotate, rollback and set."""
    found = {*_METADATA, "RestoreSecret"}
    valued = entry.shape is not None or secret.generate is not None
    rotates = secret.rotation not in (None, NONE)
    if valued:
        found |= {"CreateSecret", "PutSecretValue"}
    if valued or rotates:
        found |= {"UpdateSecretVersionStage"}
    return {f"secretsmanager:{name}" for name in found}


def _adopt_secret(_: Secret, entry: Entry) -> set[str]:
    """What adopt may do to a declared secret; and release, and `drift --read-values`."""
    found = {*_METADATA}
    if entry.shape is not None:
        found |= {"GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"}
    return {f"secretsmanager:{name}" for name in found}


_METADATA = frozenset({"UpdateSecret", "TagResource", "UntagResource"})


def _write_parameter(parameter: Parameter) -> set[str]:
    found = {"PutParameter", "AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource"}
    if parameter.replace:
        found |= {"DeleteParameter"}
    return {f"ssm:{name}" for name in found}


def _adopt_parameter(parameter: Parameter) -> set[str]:
    return (_write_parameter(parameter) - {"ssm:DeleteParameter"}) | {"ssm:GetParameters"}


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
    scope, name = declared.settings.scope, resource.key.name
    whole = kinds.of(resource.key.kind).READS
    return names.secret(scope, name) if whole == "secret" else names.parameter(scope, name)


def _by_field(declared: Cleartext, *, parts: bool) -> dict[str, frozenset[str]]:
    """The actions that need no statement of their own, by the ARN of the whole."""
    found: dict[str, frozenset[str]] = {}
    for resource, permission, _ in _permissions(declared, parts=parts):
        if permission.sid is None:
            arn = _arn(declared, resource)
            found[arn] = found.get(arn, frozenset()) | {permission.action}
    return found


def _own(declared: Cleartext, *, parts: bool) -> Iterator[Statement]:
    """The statements of their own, of parts or of what is whole: one for each name, and for each
    condition under it."""
    found: dict[str, dict[str, tuple[Permission, set[str]]]] = {}
    for resource, permission, part in _permissions(declared, parts=parts):
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


def _and(
    needs: Mapping[str, frozenset[str]], more: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    return {arn: actions | more.get(arn, frozenset()) for arn, actions in needs.items()}


# --- by what is declared -------------------------------------------------------------------------


def _prune(declared: Cleartext) -> Iterator[Statement]:
    """What is no longer declared has no name here: below the prefix, and only with our tag.

    A deletion without a recovery window has no RecoveryWindowInDays, and so is not allowed.
    """
    if not declared.settings.policy.prune:
        return
    scope = declared.settings.scope
    ours = {"StringEquals": {f"aws:ResourceTag/{tags.OWNER}": scope.owner_id}}
    below = (names.secrets_below(scope),)
    yield Statement(
        "PruneSecrets",
        ("secretsmanager:DeleteSecret",),
        below,
        {**ours, "NumericGreaterThanEquals": {"secretsmanager:RecoveryWindowInDays": "7"}},
    )
    yield Statement("PruneReplicas", ("secretsmanager:RemoveRegionsFromReplication",), below, ours)
    yield Statement(
        "PruneParameters", ("ssm:DeleteParameter",), (names.parameters_below(scope),), ours
    )


# --- names by what they need ---------------------------------------------------------------------


def _secrets(
    declared: Cleartext, needs: Callable[[Secret, Entry], Iterable[str]]
) -> dict[str, frozenset[str]]:
    scope = declared.settings.scope
    return {
        names.secret(scope, entry.full_name(declared.settings)): frozenset(needs(secret, entry))
        for entry in declared.entries
        if isinstance(secret := entry.declared, Secret)
    }


def _parameters(
    declared: Cleartext, needs: Callable[[Parameter], Iterable[str]]
) -> dict[str, frozenset[str]]:
    scope = declared.settings.scope
    return {
        names.parameter(scope, entry.full_name(declared.settings)): frozenset(needs(parameter))
        for entry in declared.entries
        if isinstance(parameter := entry.declared, Parameter)
    }


def _grouped(sid: str, needs: Mapping[str, frozenset[str]]) -> Iterator[Statement]:
    """Each name once, with all others that need the same."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for arn, actions in sorted(needs.items()):
        if actions:
            groups.setdefault(tuple(sorted(actions)), []).append(arn)
    for number, (allowed, arns) in enumerate(sorted(groups.items()), 1):
        yield Statement(f"{sid}{number}", allowed, tuple(arns))
