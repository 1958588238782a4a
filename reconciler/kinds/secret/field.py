"""What a row of the secret's table works with: how its field is read, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from reconciler.aws.client import Aws
from reconciler.aws.recogniser import Recogniser
from reconciler.core.model import JSON, FieldChange, LiveValue, Recorded, Resource, Rotation, Scope
from reconciler.kinds.field import Field
from reconciler.kinds.kind import Job, Record
from reconciler.kinds.secret.mark import Mark


@dataclass(frozen=True, slots=True)
class Seen:
    """A live secret, read so far that its fields can be told.

    ``mark`` is what the mark remembers.
    """

    record: Record
    resource: Resource | None
    tags: Mapping[str, str]
    mark: Mark
    value: LiveValue | None
    rotation: Rotation
    trust: Recogniser
    scope: Scope


def _nothing(content: Any) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Sent:
    """Written as a part of CreateSecret, and by UpdateSecret: under these names of theirs."""

    request: Callable[[Any], Mapping[str, Any]]


@dataclass(frozen=True)
class Put:
    """Written by calls of its own. ``created`` is for a field that CreateSecret takes all the
    same, under this name of its own; else the calls come after it."""

    calls: Callable[[Aws, Job, FieldChange], None]
    created: Callable[[Any], Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Tagged:
    """Kept in tags of its own, which every write sets: these, of the declared content."""

    marks: Callable[[Any], Mapping[str, str]] = _nothing


Write: TypeAlias = Sent | Put | Tagged
SecretField: TypeAlias = Field[Seen, Write]


def recorded(name: str) -> Callable[[Seen], JSON | Recorded]:
    """What is known of a field that no list returns: the digest that the mark remembers."""
    return lambda seen: Recorded(seen.mark.digests.get(name))
