"""KMS: each key only for what is encrypted under it here, told apart by its encryption context, and
only through the service that encrypts it: nobody calls KMS itself with it. AWS's own keys of the
services need no permission.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler import kinds
from reconciler.aws.arn import arn, hosts, literal
from reconciler.core.model import Resource, Scope
from reconciler.kinds import kms
from reconciler.kinds.field import KeyUse, Use, key_uses
from reconciler.kinds.statement import Statement
from reconciler.manifest import Cleartext

_OWN = "alias/aws/"


def write(declared: Cleartext, *, reads: bool, by_name: bool = False) -> Iterator[Statement]:
    """What writing needs; ``reads``: and reading, where values are also compared. ``by_name``: see
    :func:`read`."""
    yield from _statements(declared, writes=True, reads=reads, by_name=by_name)


def read(declared: Cleartext, *, by_name: bool = False) -> Iterator[Statement]:
    """What reading needs. ``by_name``: only of what is declared, and not of all below the
    prefix."""
    yield from _statements(declared, writes=False, reads=True, by_name=by_name)


def compare(declared: Cleartext) -> Iterator[Statement]:
    """What tells that two names are of one key, one of them an alias: of the keys that git names,
    now or before."""
    scope, found = declared.settings.scope, set[str]()
    for resource in declared.resources().values():
        table = kinds.of(resource.key.kind).FIELDS
        uses = key_uses(table, resource, Use(scope.region, writes=True, reads=True))
        found |= {use.key for use in uses if use.region == scope.region}
    for number, key in enumerate(sorted(found), 1):
        if not key.startswith(_OWN):
            made = _statement(f"WhichKey{number}", (kms.NEEDS,), key, scope.region, scope, {})
            yield replace(made, optional=True)


def manifests(declared: Cleartext) -> Iterator[Statement]:
    """The keys under which sops encrypted the manifests, where they are in KMS."""
    scope = declared.settings.scope
    for number, (key, role) in enumerate(declared.kms_keys(), 1):
        if role:
            yield Statement(f"Manifests{number}", ("sts:AssumeRole",), (literal(role),))
        else:
            yield _statement(f"Manifests{number}", ("kms:Decrypt",), key, scope.region, scope, {})


def _statements(
    declared: Cleartext, *, writes: bool, reads: bool, by_name: bool = False
) -> Iterator[Statement]:
    """One for each use of a key. Names below the prefix are one pattern, unless ``by_name``: which
    of them may be written, or read, other statements say name by name."""
    scope = declared.settings.scope
    contexts: dict[KeyUse, set[str]] = {}
    for resource in declared.resources().values():
        if kinds.holder(resource.key) != resource.key:
            continue  # a part is encrypted with its whole
        table = kinds.named(resource.key.kind).FIELDS
        for use in key_uses(table, resource, Use(scope.region, writes, reads)):
            if not use.key.startswith(_OWN):
                contexts.setdefault(use, set()).add(_context(use, resource, scope, by_name))
    for number, (use, arns) in enumerate(sorted(contexts.items()), 1):
        # Of a copy's key it is not documented in which of the two Regions the service calls.
        via = {host for region in (use.region, scope.region) for host in hosts(use.service, region)}
        only = {
            "StringEquals": {"kms:ViaService": sorted(via)},
            "StringLike": {f"kms:EncryptionContext:{use.context}": sorted({*arns, *use.also})},
        }
        yield _statement(f"Key{number}", use.actions, use.key, use.region, scope, only)


def _context(use: KeyUse, resource: Resource, scope: Scope, by_name: bool) -> str:
    access = kinds.named(resource.key.kind).access
    if resource.key.name.startswith(scope.under) and not by_name:
        return access.below(scope, use.region)
    return access.arn(scope, resource.key.name, use.region)


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
    key = literal(key)
    if not key.startswith("arn:"):
        name = key if key.startswith("alias/") else f"key/{key}"
        key = arn("kms", region, scope.account, name)
    owner, _, alias = key.partition(":alias/")
    if not alias:
        return Statement(sid, actions, (key,), condition)
    has_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{alias}"}}
    return Statement(sid, actions, (f"{owner}:key/*",), {**condition, **has_alias})
