"""Short ways to say what git declares and what is live.

    changes(secret(value=value("fp-a")), live(held("fp-b")))

Everything is called ``NAME`` and is of ``SCOPE`` unless a test says otherwise. A field ``lambda``
is written ``lambda_``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from reconciler.core.diff import diff
from reconciler.core.digest import content_digest
from reconciler.core.model import (
    NO_COSTS,
    Change,
    Key,
    Live,
    LiveValue,
    Origin,
    Ownership,
    Plan,
    Policy,
    Recorded,
    Resource,
    Rotation,
    Scope,
    Source,
    Value,
)
from reconciler.core.reasons import Reason
from reconciler.kinds.parameter.fields import COSTS as PARAMETER
from reconciler.kinds.schedule import COSTS as ROTATION
from reconciler.kinds.secret.fields import COSTS as SECRET
from reconciler.values.sensitive import Fingerprinter, Sensitive

SCOPE = Scope(
    environment="production",
    account="123456789012",
    region="us-west-2",
    prefix="/app/production",
    owner="app-secrets",
)
POLICY = Policy()
PRUNING = Policy(prune=True)
NAME = "/app/production/db"
KEYS = ("a1" * 32, "b2" * 32)
LAST = datetime(2025, 3, 1, 4, tzinfo=UTC)


def fingerprinter(*keys: str, scope: Scope = SCOPE) -> Fingerprinter:
    """The keyed digests of ``SCOPE`` under these keys, or under the first of ``KEYS``."""
    return Fingerprinter([Sensitive(key) for key in keys or KEYS[:1]], scope)


# --- desired ------------------------------------------------------------------------------------


def value(
    *fingerprints: str, rotation: str = "unset", take: bool = False, plaintext: str | None = None
) -> Value:
    """A value that git declares, by its fingerprint under each key."""
    return Value(Source.GIT, fingerprints or ("fp-a",), plaintext, rotation, take)


def generated(rotation: str = "unset") -> Value:
    """A value that apply generates."""
    return Value(Source.GENERATED, rotation=rotation)


def secret(
    name: str = NAME,
    *,
    value: Value | None = None,
    uncreatable: Reason | None = None,
    **fields: Any,
) -> Resource:
    """A declared secret; without ``value`` it is of somebody else."""
    return Resource(Key("secret", name), fields, value, uncreatable=uncreatable)


def parameter(
    name: str = NAME, *, value: Value | None = None, replace: bool = False, **fields: Any
) -> Resource:
    """A declared parameter: written as a whole."""
    return Resource(Key("parameter", name), fields, value, replace=replace, whole=True)


def schedule(name: str = NAME, *, at_once: bool = False, **fields: Any) -> Resource:
    """A declared rotation schedule of the secret of the same name."""
    renamed = {key.rstrip("_"): content for key, content in fields.items()}
    return Resource(
        Key("rotation", name),
        {"enabled": True, **renamed},
        requires=Key("secret", name),
        settings={"rotate_immediately": at_once},
    )


# --- live ---------------------------------------------------------------------------------------

COSTS = {"secret": SECRET, "parameter": PARAMETER, "rotation": ROTATION}
ROTATING = Rotation(enabled=True, last=LAST)
ROTATED = Rotation(enabled=False, last=LAST)
BEGUN = Rotation(enabled=True)  # on, and AWS has never rotated it
OFF = Rotation()
ONCE = Rotation(configured=True)  # off, and AWS has forgotten whether it ever rotated


def held(
    fingerprint: str = "fp-a",
    *,
    version: str = "v1",
    kid: str = "kid-1",
    earlier: Iterable[str] = (),
) -> LiveValue:
    """A live value that we wrote from a manifest."""
    return LiveValue(version, Origin.GIT, fingerprint, kid, frozenset(earlier))


def made(version: str = "v1") -> LiveValue:
    """A live value that we generated."""
    return LiveValue(version, Origin.GENERATED, kid="kid-1")


def foreign(version: str = "v1", *, earlier: Iterable[str] = ()) -> LiveValue:
    """A live value that somebody else wrote, a rotation function for one."""
    return LiveValue(version, Origin.OUTSIDE, earlier=frozenset(earlier))


def unmarked(fingerprint: str = "fp-b") -> LiveValue:
    """A live value whose id has the form of git's, and of which no mark says anything."""
    return LiveValue("v1", Origin.UNKNOWN, fingerprint)


def live(
    value: LiveValue | None = None,
    *,
    kind: str = "secret",
    name: str = NAME,
    ownership: Ownership = Ownership.OURS,
    owner: str | None = None,
    rotation: Rotation = OFF,
    deleted: bool = False,
    fixed: Collection[str] = (),
    changed: datetime | None = None,
    changed_by: str | None = None,
    **fields: Any,
) -> Live:
    """A live resource, ours unless ``ownership`` says otherwise."""
    return Live(
        Key(kind, name),
        {key.rstrip("_"): content for key, content in fields.items()},
        ownership,
        owner,
        value,
        rotation,
        deleted,
        fixed,
        changed,
        changed_by,
        COSTS.get(kind, NO_COSTS),
        versioned="AWSCURRENT" if kind == "secret" else "the version",
        apart=kind == "secret",
    )


def recorded(content: Any) -> Recorded:
    """What our mark remembers of a field whose content no list returns."""
    return Recorded(content_digest(content))


# --- plans --------------------------------------------------------------------------------------


def by_key(things: Iterable[Any]) -> dict[Key, Any]:
    """Resources or live ones by their keys."""
    return {thing.key: thing for thing in things}


def plan(*things: Resource | Live, policy: Policy = POLICY, scope: Scope = SCOPE) -> Plan:
    """The plan of these declared and live resources, in whatever order they are given."""
    desired = by_key(thing for thing in things if isinstance(thing, Resource))
    current = by_key(thing for thing in things if isinstance(thing, Live))
    return diff(desired, current, scope, policy)


def changes(*things: Resource | Live, policy: Policy = POLICY) -> tuple[Change, ...]:
    """The changes of that plan."""
    return plan(*things, policy=policy).changes


def change(*things: Resource | Live, policy: Policy = POLICY) -> Change:
    """The only change of that plan."""
    (only,) = changes(*things, policy=policy)
    return only
