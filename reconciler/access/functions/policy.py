"""What a rotation function may do: on the secrets of its schedule, and on what it reads beside
them, by their names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler import kinds
from reconciler.access.iam import Statement, keys
from reconciler.core.model import Key
from reconciler.kinds.shipped import Placed
from reconciler.manifest import Cleartext


def rotated(declared: Cleartext, function: Placed) -> list[Key]:
    """What a function rotates, sorted."""
    return sorted(
        kinds.holder(resource.key)
        for resource in declared.resources().values()
        if resource.fields.get("lambda") == function.arn
    )


def statements(declared: Cleartext, function: Placed) -> Iterator[Statement]:
    """The permissions, but for Lambda's own: logs, and a VPC's interfaces."""
    own = rotated(declared, function)
    scope = declared.settings.scope
    for name in sorted({key.kind for key in own}):
        access = kinds.named(name).access
        mine = [key for key in own if key.kind == name]
        arns = tuple(access.arn(scope, key.name) for key in mine)
        yield Statement(f"Rotate{access.WORD}s", access.ROTATION, arns)
        beside = [Key(name, one) for one in function.reads]
        if beside:
            read = tuple(access.arn(scope, key.name) for key in beside)
            yield Statement(f"Read{access.WORD}s", (access.READ,), read)
        for statement in keys.write(_only(declared, mine), reads=True, by_name=True):
            # What changes a secret's key encrypts what is there; putting a value needs only the
            # other two.
            actions = tuple(one for one in statement.actions if one != "kms:Encrypt")
            yield replace(statement, actions=actions)
        for statement in keys.read(_only(declared, beside), by_name=True):
            yield replace(statement, sid=f"Read{statement.sid}")


def _only(declared: Cleartext, wanted: list[Key]) -> Cleartext:
    """The environment with nothing declared but these."""
    settings = declared.settings
    kept = tuple(one for one in declared.entries if one.resource_key(settings) in wanted)
    return replace(declared, entries=kept)
