"""What a kind of resource is: how it is declared, read, compared and written.

A kind is one module with the names of :class:`Kind` and, where people declare it by itself, those
of :class:`Section`. Adding one is a module and a name in ``KINDS`` (and ``SECTIONS``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from reconciler.aws.client import Aws
from reconciler.aws.recogniser import Recogniser
from reconciler.core.model import JSON, Change, Key, Live, Place, Policy, Resource, Scope
from reconciler.values.sensitive import Fingerprinter, Sealed, Sensitive


class Declared(BaseModel):
    """The base of every cleartext model: unknown fields are errors, nothing is coerced, and what
    was given is not kept in errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True)
class Flaw:
    """Something wrong with one declaration: at which field, what, and what to do. Never a value."""

    field: tuple[str | int, ...]
    code: str
    message: str
    hint: str | None = None


@dataclass(frozen=True)
class Content:
    """A declared value: the exact text to be written.

    ``mapping`` says that the manifest gives it as a mapping, which is stored as canonical JSON
    (keys sorted, compact, not ASCII-escaped), and ``plaintext`` that git shows it in clear.
    """

    text: Sensitive[str]
    mapping: bool = False
    plaintext: bool = False


@dataclass(frozen=True)
class Locked:
    """A declared value that nobody decrypts, as far as a lock knows it.

    ``fingerprints`` are public, in the order of the fingerprint keys. There are none where the
    lock is of another ciphertext: ``ciphertext`` is then the digest of the present one. ``keys``
    is the same of the keys that git owns of a rotated value.
    """

    fingerprints: tuple[str, ...] = ()
    ciphertext: str | None = None
    keys: Locked | None = None


@dataclass(frozen=True)
class Settings:
    """What the environment says that concerns its resources."""

    scope: Scope
    policy: Policy
    kms_key: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    schedules: Mapping[str, BaseModel] = field(default_factory=dict)
    ignore: Mapping[str, str] = field(default_factory=dict)  # rule: why it is ignored


@dataclass(frozen=True)
class Parsed:
    """What one declaration becomes."""

    resources: tuple[Resource, ...] = ()
    sealed: Mapping[Key, Sealed] = field(default_factory=dict)
    flaws: tuple[Flaw, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One live resource as AWS returned it, under its full name.

    ``fresh`` tells a confirming read from a list, which "might not reflect changes from the last
    five minutes".
    """

    name: str
    data: Mapping[str, Any]
    fresh: bool = False


def listed(name: str, entry: Mapping[str, Any], *, without: Collection[str]) -> Record:
    """A record of a list, without what nothing here reads.

    Tens of thousands of them are kept at once, and botocore gives each date a time zone of its own.
    """
    return Record(
        name,
        {
            field: value.astimezone(UTC) if isinstance(value, datetime) else value
            for field, value in entry.items()
            if field not in without
        },
    )


@dataclass(frozen=True)
class Job:
    """Everything that writing one change needs."""

    change: Change
    resource: Resource | None  # None: a prune
    live: Live | None
    record: Record | None
    sealed: Sealed | None
    scope: Scope
    policy: Policy
    fingerprinter: Fingerprinter


class Section(Protocol):
    """How a kind with its own section in a manifest is declared. A module with these names is
    one."""

    NAME: str
    SECTION: str  # the manifest's top-level field
    Declaration: type[Any]

    def check(
        self, declared: Any, *, has_value: bool, names: Collection[str] | None = None
    ) -> Sequence[Flaw]:
        """What is wrong with a declaration, as far as its cleartext tells. ``names`` are those in
        its value, where that is a mapping."""

    def form(self, declared: Any) -> Mapping[str, str]:
        """What of a declaration is part of its value's fingerprint: its type and encoding."""

    def parse(
        self,
        name: str,
        declared: Any,
        content: Content | Locked | None,
        settings: Settings,
        trust: Recogniser | None,
        place: Place,
    ) -> Parsed:
        """The resources that one declaration stands for, and the values to write.

        ``name`` is the full name. ``trust`` makes fingerprints of values where it has the keys;
        without keys they are those of ``Locked``, and without ``trust`` there are none.
        """


class Kind(Protocol):
    """One kind of resource, live. A module with these names is one."""

    NAME: str
    READS: str  # the kind whose records it is shaped from: its own, or another's

    def pages(self, aws: Aws, scope: Scope) -> Iterator[Sequence[Record]]:
        """Everything of this kind under the environment's prefix, a page at a time."""

    def find(
        self, aws: Aws, names: Iterable[str], scope: Scope, trust: Recogniser
    ) -> Mapping[str, Record | None]:
        """Fresh records by name; None is a proven absence."""

    def shape(
        self, record: Record, resource: Resource | None, trust: Recogniser, scope: Scope
    ) -> Live | None:
        """What a record says, in the form in which ``resource`` compares with it; None where the
        record shows nothing of this kind."""

    def deep(self, aws: Aws, resource: Resource) -> Mapping[str, JSON]:
        """What no list returns of a live resource, field by field; no value is read."""

    def create(self, aws: Aws, job: Job) -> str | None:
        """Create the resource; returns the version written."""

    def update(self, aws: Aws, job: Job) -> str | None:
        """Update (or restore, then update) the resource; returns the version written, if any."""

    def delete(self, aws: Aws, job: Job) -> None:
        """Delete the resource."""
