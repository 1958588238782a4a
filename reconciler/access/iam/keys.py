"""KMS: each key only for what is encrypted under it here, told apart by its encryption context, and
only through the service that encrypts it: nobody calls KMS itself with it.

Secrets Manager's context is `SecretARN`, Parameter Store's `PARAMETER_ARN`. AWS's own keys of the
two services need no permission.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.access.iam import names
from reconciler.access.iam.document import Statement
from reconciler.aws.arn import arn, hosts
from reconciler.core.model import Resource, Scope
from reconciler.kinds.parameter.terms import ADVANCED, STANDARD
from reconciler.manifest import Cleartext

_OWN = "alias/aws/"
_SECRET, _PARAMETER = "SecretARN", "PARAMETER_ARN"  # what each service calls its context
_SERVICE = {_SECRET: "secretsmanager", _PARAMETER: "ssm"}

# "You must also have kms:GenerateDataKey, kms:Encrypt, and kms:Decrypt permissions on the key."
# Without kms:Encrypt a change of key silently leaves the versions that exist as they are.
_SECRET_WRITES = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
_COPIES = ("kms:Encrypt", "kms:GenerateDataKey")  # of a replica's key, in the replica's Region
# A standard parameter is encrypted by the key itself, an advanced one by a data key. A tier that is
# not declared may turn out either.
_PARAMETER_WRITES = {STANDARD: ("kms:Encrypt",), ADVANCED: ("kms:GenerateDataKey",)}
_EITHER = ("kms:Encrypt", "kms:GenerateDataKey")


@dataclass(frozen=True, order=True)
class _Use:
    """What is done with a key, by which service and where."""

    context: str
    key: str
    actions: tuple[str, ...]
    region: str


def write(declared: Cleartext, *, reads: bool) -> Iterator[Statement]:
    """What writing needs; ``reads``: and reading, where values are also compared."""
    more = ("kms:Decrypt",) if reads else ()
    here = declared.settings.scope.region
    uses: list[tuple[_Use, Resource]] = []
    for resource in declared.resources().values():
        key = resource.fields.get("kms_key")
        if resource.key.kind == "parameter" and key is not None:
            tier = str(resource.fields.get("tier"))
            actions = tuple(sorted({*_PARAMETER_WRITES.get(tier, _EITHER), *more}))
            uses.append((_Use(_PARAMETER, str(key), actions, here), resource))
        elif key is not None:
            uses.append((_Use(_SECRET, str(key), _SECRET_WRITES, here), resource))
        for region, copy in _replicas(resource):
            uses.append((_Use(_SECRET, copy, _COPIES, region), resource))
    yield from _statements(uses, declared.settings.scope)


def read(declared: Cleartext) -> Iterator[Statement]:
    """What reading needs."""
    scope = declared.settings.scope
    contexts = {"secret": _SECRET, "parameter": _PARAMETER}
    uses = [
        (_Use(contexts[resource.key.kind], str(key), ("kms:Decrypt",), scope.region), resource)
        for resource in declared.resources().values()
        if (key := resource.fields.get("kms_key")) is not None
    ]
    yield from _statements(uses, scope)


def manifests(declared: Cleartext) -> Iterator[Statement]:
    """The keys under which sops encrypted the manifests, where they are in KMS."""
    scope = declared.settings.scope
    for number, (key, role) in enumerate(declared.kms_keys(), 1):
        if role:
            yield Statement(f"Manifests{number}", ("sts:AssumeRole",), (role,))
        else:
            yield _statement(f"Manifests{number}", ("kms:Decrypt",), key, scope.region, scope, {})


def _replicas(resource: Resource) -> Iterator[tuple[str, str]]:
    declared = resource.fields.get("replicas")
    for replica in declared if isinstance(declared, Sequence) else ():
        if isinstance(replica, Mapping) and "kms_key" in replica:
            yield str(replica["region"]), str(replica["kms_key"])


def _statements(uses: Iterable[tuple[_Use, Resource]], scope: Scope) -> Iterator[Statement]:
    """One for each use of a key. Names below the prefix are one pattern: which of them may be
    written, or read, other statements say name by name."""
    contexts: dict[_Use, set[str]] = {}
    for use, resource in uses:
        if not use.key.startswith(_OWN):
            contexts.setdefault(use, set()).add(_context(use, resource.key.name, scope))
    for number, (use, arns) in enumerate(sorted(contexts.items()), 1):
        # Of a copy's key it is not documented in which of the two Regions the service calls.
        via = {
            host
            for region in (use.region, scope.region)
            for host in hosts(_SERVICE[use.context], region)
        }
        only = {
            "StringEquals": {"kms:ViaService": sorted(via)},
            "StringLike": {f"kms:EncryptionContext:{use.context}": sorted(arns)},
        }
        yield _statement(f"Key{number}", use.actions, use.key, use.region, scope, only)


def _context(use: _Use, name: str, scope: Scope) -> str:
    below = name.startswith(scope.under)
    if use.context == _PARAMETER:
        return names.parameters_below(scope) if below else names.parameter(scope, name)
    if below:
        return names.secrets_below(scope, use.region)
    return names.secret(scope, name, use.region)


def _statement(
    sid: str,
    actions: tuple[str, ...],
    key: str,
    region: str,
    scope: Scope,
    condition: Mapping[str, Mapping[str, Sequence[str] | str]],
) -> Statement:
    """An alias cannot stand for a key among a policy's resources: what is named by one is any key
    that has it."""
    if not key.startswith("arn:"):
        name = key if key.startswith("alias/") else f"key/{key}"
        key = arn("kms", region, scope.account, name)
    owner, _, alias = key.partition(":alias/")
    if not alias:
        return Statement(sid, actions, (key,), condition)
    has_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{alias}"}}
    return Statement(sid, actions, (f"{owner}:key/*",), {**condition, **has_alias})
