"""What a kind of resource is: all that a command may ask of it.

A kind is one folder whose package has the names of :class:`Named` (or :class:`Part`), and modules
with those of :class:`Section` and of :class:`Access`. Adding one is the folder and its line in
``KINDS``. Where a command is not for a kind, the kind says so: :class:`NotForKind`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, ConfigDict

from reconciler.aws.client import Aws
from reconciler.aws.recogniser import Recogniser
from reconciler.core.model import JSON, Change, Key, Live, Place, Policy, Resource, Scope
from reconciler.core.ownership import Refusal
from reconciler.core.reasons import Why
from reconciler.core.rows import Column, Row
from reconciler.kinds.access import Access
from reconciler.kinds.comparison import Comparison
from reconciler.kinds.differing import Content as Plain
from reconciler.kinds.imported import Imported, NotImported
from reconciler.kinds.pace import Pace
from reconciler.kinds.reading import Read, Unread, Verdict
from reconciler.kinds.represent import Represented
from reconciler.values.sensitive import Fingerprinter, Sealed, Sensitive

if TYPE_CHECKING:
    from reconciler.kinds.field import Table
    from reconciler.kinds.reference import Reference
    from reconciler.kinds.shipped import Placed


class Declared(BaseModel):
    """The base of every cleartext model: unknown fields are errors, nothing is coerced, and what
    was given is not kept in errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    def given(self, name: str) -> Any:
        """What is given for a field of the kind's table; None where it is unset."""
        return getattr(self, name)


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
    lock is of another ciphertext: ``ciphertext`` is then the digest of the present one. ``parts``
    are the same of what other resources have of it.
    """

    fingerprints: tuple[str, ...] = ()
    ciphertext: str | None = None
    parts: Mapping[Key, Locked] = field(default_factory=dict)


UNUSED_AFTER = 90  # days, as SecretsManager.3 of AWS Security Hub has it


@dataclass(frozen=True)
class Settings:
    """What the environment says that concerns its resources."""

    scope: Scope
    policy: Policy
    kms_key: str | None = None
    previous_kms_keys: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    schedules: Mapping[str, Declared] = field(default_factory=dict)
    ignore: Mapping[str, str] = field(default_factory=dict)  # rule: why it is ignored
    readers: Mapping[str, Sequence[str]] = field(default_factory=dict)  # names, by application
    env_prefix: str = ""  # of the variables of export and exec
    record: bool = True  # whether AWS gets a note of which commit was last applied
    unused_after: int = UNUSED_AFTER  # days
    unmanaged_fails: bool = False  # drift, where something is there that nobody manages
    functions: Mapping[str, Placed] = field(default_factory=dict)  # that come with it, by schedule


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


def listed(name: str, entry: Mapping[str, Any], *, without: Collection[str] = ()) -> Record:
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
    """Everything that writing one change needs. ``parts`` are declared parts of the resource,
    ``functions`` the rotation functions that come with the reconciler, by schedule."""

    change: Change
    resource: Resource | None  # None: a prune
    live: Live | None
    record: Record | None
    sealed: Sealed | None
    scope: Scope
    policy: Policy
    fingerprinter: Fingerprinter
    parts: tuple[Resource, ...] = ()
    functions: Mapping[str, Placed] = field(default_factory=dict)

    @property
    def declared(self) -> Mapping[str, JSON]:
        """The fields that git declares, by name; a prune has none."""
        return {} if self.resource is None else self.resource.fields


@dataclass(frozen=True)
class Target:
    """One resource that a command is about, as git declares it and as it is live; the last two are
    those of a ``Job``."""

    key: Key
    resource: Resource | None
    live: Live | None
    record: Record | None
    sealed: Sealed | None
    scope: Scope
    policy: Policy
    fingerprinter: Fingerprinter
    parts: tuple[Resource, ...] = ()
    functions: Mapping[str, Placed] = field(default_factory=dict)

    @property
    def short(self) -> str:
        """The name as commands in messages have it: without the prefix, where it has that."""
        return self.key.name.removeprefix(self.scope.under)


@dataclass(frozen=True)
class Act:
    """What a kind does with one resource if it is agreed to. ``told`` says it before, and ``do``
    returns what to tell afterwards, if anything."""

    do: Callable[[Aws], str | None]
    told: str = ""


@dataclass(frozen=True)
class NotForKind(Refusal):
    """A command is not for this kind of resource, whatever its state: why, in one line, and what
    serves instead."""


@dataclass(frozen=True)
class Turn:
    """How a rotation was asked for: so many ``times``, each awaited for ``timeout`` seconds,
    ``clears`` an earlier one first that does not end."""

    times: int
    timeout: float
    clears: bool


class Section(Protocol):
    """How a kind with its own section in a manifest is declared. A module with these names is
    one."""

    NAME: str
    SECTION: str  # the manifest's top-level field
    Declaration: type[Any]

    def check(
        self,
        declared: Any,
        *,
        has_value: bool,
        names: Collection[str] | None = None,
        settings: Settings | None = None,
    ) -> Sequence[Flaw]:
        """What is wrong with a declaration, as far as its cleartext tells. ``names`` are those in
        its value, where that is a mapping."""

    def doubt(self, name: str) -> str | None:
        """What AWS advises against in a full name that it takes: what the name does."""

    def form(self, declared: Any) -> Mapping[str, str]:
        """What of a declaration is part of its value's fingerprint: its type and encoding."""

    def parts(self, name: str, declared: Any) -> Mapping[Key, Mapping[str, JSON]]:
        """The resources whose value is a part of this one's, each with what tells which part."""

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
    """What every kind has: how one resource is read, compared and written."""

    NAME: str
    READS: str  # the kind whose records it is shaped from: its own, or another's
    FIELDS: Table[Any, Any]  # everything that is compared of it, but for its value

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

    def create(self, aws: Aws, job: Job) -> str | None:
        """Create the resource; returns the version written."""

    def update(self, aws: Aws, job: Job) -> str | None:
        """Update (or restore, then update) the resource; returns the version written, if any."""

    def delete(self, aws: Aws, job: Job) -> None:
        """Delete the resource."""

    def share(self, whole: Plain, own: Plain) -> Plain | None:
        """Of the value that a manifest declares, or declared, what is this kind's as ``own`` is:
        all of it, but for a part. None where that cannot be told."""

    def suspect(self, resource: Resource, live: Live, *, everything: bool) -> bool:
        """Whether `drift --read-values` reads a live, owned value: it is not known to be the
        declared one, or ``everything`` is asked for."""

    def judge(self, target: Target, answer: Read) -> Verdict:
        """What reading it has shown."""


class Part(Kind, Protocol):
    """A kind whose resources are parts of another's: declared with the whole, and named by it."""

    @property
    def section(self) -> None:
        """It has none of its own."""


class Named(Kind, Protocol):
    """A kind that people name, with a section of its own in a manifest."""

    COLUMNS: tuple[Column, ...]  # of its rows in a report
    TALLY: str  # what is counted of them there

    @property
    def section(self) -> Section:
        """How people declare it."""

    @property
    def access(self) -> Access:
        """What roles need for it, what a denial names, and what is told of it."""

    @property
    def reference(self) -> Reference:
        """How programs are told where its value is."""

    def row(self, resource: Resource | None, live: Live | None, parts: Sequence[Live]) -> Row:
        """What to say of one in a report. ``parts`` are the live parts of it."""

    # --- values: only commands that compare, copy or hand them out read any ----------------------

    def read(self, aws: Aws, names: Iterable[str]) -> Mapping[str, Read | Unread]:
        """The live value of each name, with the version that holds it. Raises AwsError where a
        call fails as a whole."""

    def represent(self, content: Plain) -> Represented:
        """A live value in the form in which a manifest declares it."""

    # --- adopting and importing -------------------------------------------------------------------

    def undecided(self, live: Live) -> bool:
        """Whether what a list says of its owner needs another look before it is believed."""

    def barriers(
        self, aws: Aws, wanted: Sequence[tuple[Resource, Live]], scope: Scope
    ) -> Sequence[Why | None]:
        """What keeps each from being adopted and no list shows."""

    def compared(self, resource: Resource, sealed: Sealed, answer: Read) -> Comparison:
        """What comparing a live value that is not owned with the declared one shows."""

    def left_out(self, record: Record, settings: Settings) -> str | None:
        """Why something live is not to be imported at all; None: it is."""

    def has_value(self, record: Record) -> bool:
        """Whether there is a value to read for a declaration."""

    def imported(
        self,
        record: Record,
        value: Read | None,
        settings: Settings,
        name: str,
        *,
        plaintext: bool,
    ) -> Imported | NotImported:
        """Its declaration under this name in a manifest. ``plaintext``: what AWS does not encrypt
        goes into git in clear."""

    # --- by name, beside plans -------------------------------------------------------------------

    def release(self, record: Record) -> Act | Refusal:
        """How to release an owned resource, so that its value and what others put there stay."""

    def rotate(self, target: Target, turn: Turn) -> Act | Refusal:
        """How to give it a new value now."""

    def roll_back(self, target: Target, *, rotated: bool) -> Act | Refusal:
        """How to restore the previous version of its value. ``rotated``: even one that a rotation
        replaced, perhaps because it leaked."""

    def expected(self, aws: Aws, count: int) -> Pace | None:
        """How long it takes to write so many; None where that is next to nothing. Raises
        AwsError."""

    def cost(self, count: int) -> str | None:
        """What it costs in AWS to adopt or release so many; None where that is next to nothing."""
