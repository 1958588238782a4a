"""What a row of the parameter's table works with: how its field is read, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from reconciler.core.model import JSON, Resource, Scope
from reconciler.kinds.field import Field
from reconciler.kinds.parameter.stamp import Stamp

Fields: TypeAlias = Mapping[str, JSON]
Record: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """A live parameter, read so far that its fields can be told: ``description`` is without our
    stamp, and ``mark`` is that stamp, if it is valid."""

    data: Record
    resource: Resource | None
    description: str | None
    mark: Stamp | None
    scope: Scope


@dataclass(frozen=True)
class Sent:
    """Written as a part of PutParameter: of the declared fields and the live record."""

    request: Callable[[Fields, Record], Mapping[str, Any]]


@dataclass(frozen=True)
class Stamped:
    """Written with the description that PutParameter sends: as its text, or in our stamp."""


@dataclass(frozen=True)
class Tagged:
    """Written as tags, with the calls for them."""


Write: TypeAlias = Sent | Stamped | Tagged
ParameterField: TypeAlias = Field[Seen, Write]


def resent(name: str, theirs: str) -> Sent:
    """The field as it is declared, else as it is live: what PutParameter is not sent may be lost.

    ``theirs`` is AWS's name for it.
    """

    def request(fields: Fields, live: Record) -> Mapping[str, Any]:
        content = fields.get(name, live.get(theirs))
        return {} if content is None else {theirs: content}

    return Sent(request)
