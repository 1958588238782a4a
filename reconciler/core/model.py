"""The plain data that flows from manifests and AWS into a plan.

Everything here is frozen, holds no secret value and needs only the standard library, so a plan can
be serialised, compared and shown without thinking about what it might carry.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from reconciler.core.access import Declared, Opened
from reconciler.core.reasons import Costs, Lost, Notable, Reason, Why
from reconciler.core.what import What

JSON: TypeAlias = "None | bool | int | float | str | Sequence[JSON] | Mapping[str, JSON]"


@dataclass(frozen=True, order=True, slots=True)
class Key:
    """What a resource is called: its kind and its full name."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a manifest something is declared; lines and columns count from 1."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path


@dataclass(frozen=True)
class Scope:
    """The environment that a run is about. Names are owned as ``owner/environment``."""

    environment: str
    account: str
    region: str
    prefix: str
    owner: str

    @property
    def owner_id(self) -> str:
        """What the tag ``reconciler:owner`` says on everything that this environment owns."""
        return f"{self.owner}/{self.environment}"

    @property
    def under(self) -> str:
        """The prefix with its final slash: only names that start with it may be pruned."""
        return self.prefix.rstrip("/") + "/"


@dataclass(frozen=True)
class Policy:
    """What an environment allows a run to do; all of it is part of every digest."""

    prune: bool = False
    recovery_window: int = 30  # days, 7 to 30
    max_prunes: int = 0
    max_change_ratio: float = 0.5  # (updates + replaces + prunes) / owned live


# --- desired: what git declares ---------------------------------------------------------------


class Source(StrEnum):
    """Where a declared value comes from."""

    GIT = "git"
    GENERATED = "generated"


@dataclass(frozen=True, slots=True)
class Value:
    """A declared value, known here only by its public fingerprints.

    ``fingerprints`` holds one for each fingerprint key of the environment, in their order: the
    first is written, all are recognised. A generated value has none, and neither has one of which
    nothing but its ciphertext is known: ``ciphertext`` is then the digest of that. Once rotation
    has begun, git goes on to own the keys in ``shared``: those are a resource of their own.
    """

    source: Source
    fingerprints: tuple[str, ...] = ()
    plaintext: str | None = None  # only where git shows it in clear
    rotation: str = "unset"  # what the manifest says of rotation: "declared", "none" or "unset"
    take: bool = False  # `take: git`
    ciphertext: str | None = None
    shared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """One declared resource.

    ``fields`` holds what is declared and nothing else, because unset means unmanaged; a field that
    is None is declared absent. ``value`` is None where somebody else owns the value.
    ``uncreatable`` says why it cannot be created, or is None when it can. ``costs`` is what is lost
    whenever something of it is written.
    """

    key: Key
    fields: Mapping[str, JSON]
    value: Value | None = None
    replace: bool = False  # `replace: true`: may be deleted and created where AWS cannot change
    requires: Key | None = None  # another resource that has to exist first
    uncreatable: Reason | None = None
    whole: bool = False  # AWS writes it only as a whole: every update writes the value again
    settings: Mapping[str, JSON] = field(default_factory=dict)  # act in a change, never compared
    max_age: int | None = None  # days after which a value that people rotate is overdue
    place: Place | None = field(default=None, compare=False)
    costs: tuple[Lost, ...] = ()
    readers: tuple[str, ...] = ()  # the applications that may read it
    former_keys: tuple[str, ...] = ()  # KMS keys that git names as those of before
    copies: Key | None = None  # its value is that of this one, which git does not have


# --- live: what AWS holds ---------------------------------------------------------------------


class Ownership(StrEnum):
    """Whose a live resource is, as far as its marks prove it."""

    OURS = "ours"  # owner and proof (or stamp) are those of this environment
    FOREIGN = "foreign"  # nothing says that we manage it
    OTHER_OWNER = "other-owner"  # the owner tag names another environment or configuration
    SERVICE = "service"  # an AWS service owns it (OwningService) and refuses our writes
    REPLICA = "replica"  # a copy of a secret of another Region: AWS refuses writes
    PARTNER = "partner"  # a managed external secret: a partner of AWS's holds the value
    ELSEWHERE = "elsewhere"  # a copy of a secret of another account


class Origin(StrEnum):
    """Who wrote the value that is live."""

    GIT = "git"  # a version that we wrote from a manifest
    GENERATED = "generated"  # a version that we generated
    OUTSIDE = "outside"  # anybody else
    UNKNOWN = "unknown"  # its id has the form of git's, as anybody can give it, and no mark says


@dataclass(frozen=True, slots=True)
class Rotation:
    """What AWS says of a secret's rotation; dates are UTC."""

    enabled: bool = False
    last: datetime | None = None
    next: datetime | None = None
    pending: bool = False  # AWSPENDING is on another version than AWSCURRENT
    configured: bool = False  # it was once set up: AWS keeps its rules when it is switched off

    @property
    def ever(self) -> bool:
        """Whether a rotation may have written a value. The date alone does not tell: "If … rotation
        has been disabled, Secrets Manager returns null." """
        return self.enabled or self.configured or self.last is not None


@dataclass(frozen=True, slots=True)
class LiveValue:
    """The value that is live, known by its version and, if we wrote it, by its fingerprint.

    ``version`` is the version id at AWSCURRENT, or a parameter's version number.
    ``kid`` is the fingerprint key by which we know it. ``earlier`` holds the public fingerprints of
    other versions that AWS still labels, ``staged`` that of the version that a write has begun
    with, if it is another.
    """

    version: str
    origin: Origin
    fingerprint: str | None = None
    kid: str | None = None
    earlier: frozenset[str] = frozenset()
    staged: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A field whose content no list returns: only the digest that the mark recorded is known.

    ``known`` is False unless a confirming read returned the content as well.
    """

    digest: str | None
    content: JSON = None
    known: bool = False


NO_COSTS = Costs()


@dataclass(frozen=True, slots=True)
class Live:
    """One live resource, shaped so that each of its fields compares with the declared one.

    ``refuses`` says of fields why a change of them is refused. ``fixed`` names fields that AWS
    cannot change in place, and ``anew`` those that are changed by
    a replacement only where that is allowed. ``costs`` is what its kind loses.
    ``restore`` is the command that ends a pending deletion.
    ``versioned`` is what people call that which ``value.version`` tells apart. ``apart`` says that
    its fields can be written without its value.
    ``as_written`` says of each field that the mark remembers whether it is as we last wrote it:
    what is not in it is unknown. ``unremembered`` are the declared fields that are as declared and
    that the mark remembers otherwise, ``marked`` says that a mark is on it, whoever owns
    it, and ``forged`` that somebody changed the mark. ``remembered`` is the short digest of each
    field that the mark remembers. ``outside`` is what a change of a field by somebody else is
    called, where it is called anything of its own. ``beside`` is what nobody declared on it, as
    far as lists return it. ``recalls`` says that what its mark does not remember was not declared
    when it was last written; one of version 0.1 may not remember what was. ``begun`` says that its
    value is the one from which a run was to move it away.
    """

    key: Key
    fields: Mapping[str, JSON | Recorded]
    ownership: Ownership
    owner: str | None = None  # who owns it, where that is known and not us
    value: LiveValue | None = None
    rotation: Rotation = Rotation()
    deleted: bool = False  # pending deletion
    fixed: Collection[str] = ()
    changed: datetime | None = None
    changed_by: str | None = None
    costs: Costs = NO_COSTS
    versioned: str = "the version"
    apart: bool = False
    refuses: Mapping[str, Why] = field(default_factory=dict)
    anew: Collection[str] = ()
    as_written: Mapping[str, bool] = field(default_factory=dict)
    unremembered: tuple[str, ...] = ()
    marked: bool = False
    forged: bool = False
    remembered: Mapping[str, str] = field(default_factory=dict)
    outside: Mapping[str, What] = field(default_factory=dict)
    beside: Mapping[str, JSON] = field(default_factory=dict)
    created: datetime | None = None
    read: datetime | None = None  # the day on which its value was last read, as far as lists tell
    recalls: bool = False
    begun: bool = False
    restore: str | None = None
    lost_key: bool = False  # its owner tag is this environment's, its mark of an unknown key


# --- plan: what is to be done -------------------------------------------------------------------


class Action(StrEnum):
    """What a change does. Each says which side is absent."""

    CREATE = "create"  # nothing is live
    UPDATE = "update"
    REPLACE = "replace"  # live is deleted, then created: destructive
    ADOPT = "adopt"  # live exists and is not owned yet
    RESTORE = "restore"  # live is pending deletion
    PRUNE = "prune"  # nothing is declared
    REFUSE = "refuse"  # nothing is written

    @property
    def symbol(self) -> str:
        """The mark at the start of a plan's line."""
        return SYMBOLS[self]


SYMBOLS: Mapping[Action, str] = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "-/+",
    Action.ADOPT: ">",
    Action.RESTORE: "^",
    Action.PRUNE: "-",
    Action.REFUSE: "!",
}


@dataclass(frozen=True)
class FieldChange:
    """One field before and after; None is absent. ``known`` is False where only a digest of the
    old content is known, which ``before`` then holds."""

    name: str
    before: JSON
    after: JSON
    known: bool = True


MARKS = frozenset({"fingerprint_key"})  # fields that are marks, which a create has anyway


class Write(StrEnum):
    """How a change writes a value."""

    FIRST = "first"  # there is no value yet
    SEED = "seed"  # the first value of a rotated secret: from then on rotation owns it
    GENERATED = "generated"  # made by apply, never in git
    CHANGED = "changed"
    RETURNED = "returned"  # back to a value that AWS still holds as an earlier version
    SAME = "same"  # the same value again, because AWS writes a parameter only as a whole
    BOUND = "bound"  # none: a tag says that the live version holds the declared value
    UNKNOWN = "unknown"  # a plan without a key cannot tell whether it is another; apply can
    COPIED = "copied"  # of one version of another resource, which only adopt reads


@dataclass(frozen=True)
class ValueChange:
    """That a change writes a value, and which: never what it is.

    ``fingerprint`` is the public fingerprint of the new value, None where apply generates it.
    ``ciphertext`` is given where a plan without a key knows of the value nothing but that: the
    digest of its ciphertext, which binds what is written to what was reviewed.
    ``keys`` is filled in by ``plan --base`` and is in no digest.
    """

    write: Write
    fingerprint: str | None = None
    plaintext: str | None = None  # shown, because git shows it too
    ciphertext: str | None = None
    keys: tuple[FieldChange, ...] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Change:
    """One thing that apply will do, or refuses to do.

    ``precondition`` is what of live the change was planned against, and no more. ``why`` is the
    reason, where the action does not say it; a refused change always has one. ``losses`` is what
    it takes away, ``access`` what it opens. ``place`` explains, and is in no digest.
    """

    key: Key
    action: Action
    fields: tuple[FieldChange, ...] = ()
    value: ValueChange | None = None
    settings: Mapping[str, JSON] = field(default_factory=dict)
    precondition: Mapping[str, JSON] = field(default_factory=dict)
    why: Why | None = None
    losses: tuple[Lost, ...] = ()
    place: Place | None = field(default=None, compare=False)
    access: tuple[Opened, ...] = ()

    @property
    def code(self) -> Reason | None:
        """The name of a refusal; None where nothing is refused."""
        return self.why.reason if self.why is not None and self.action is Action.REFUSE else None


@dataclass(frozen=True)
class Note:
    """Something that a reader of the plan should know and that changes nothing.

    ``on`` is the day of it, in UTC; ``names`` are the keys that it is about.
    """

    key: Key
    code: Notable
    on: date | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """All changes of one environment, sorted by key, and what they were computed under.

    ``owned`` counts the live resources that are owned: the base of the change ratio. It is in the
    plan's digest where a guard stops the plan, since it is part of why.
    ``revision`` is the commit of the manifests, None outside git and where files of the environment
    are ``uncommitted``; neither is in a digest. ``titles`` head the changes of each kind where they
    are shown, in order; nothing else knows of kinds there.
    ``admitted`` is the digest of who gets at values by what the manifests say; it is in the plan's
    digest where it is known. ``opened`` is what the manifests open since the commit ``base``, and
    what rules find of it: in no digest, since it depends on what is compared with.
    """

    scope: Scope
    policy: Policy
    changes: tuple[Change, ...] = ()
    notes: tuple[Note, ...] = field(default=(), compare=False)
    owned: int = field(default=0, compare=False)
    revision: str | None = field(default=None, compare=False)
    uncommitted: tuple[str, ...] = field(default=(), compare=False)
    titles: Mapping[str, str] = field(default_factory=dict, compare=False)
    admitted: str | None = None
    opened: tuple[Declared, ...] = field(default=(), compare=False)
    base: str | None = field(default=None, compare=False)
