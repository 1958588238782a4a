"""Why a change is made or refused, what it takes away, and what else a reader should know.

All of it is plain data, which a change's digest covers: nobody can take a loss out of a plan that
was reviewed. The words are in ``reconciler.render.reasons``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.core.model import FieldChange


class Reason(StrEnum):
    """Why a change is made, where its action does not say it, or why it is refused."""

    # Why it is made.
    WRITTEN_OUTSIDE = "written-outside"  # the live value is written over
    UNMARKED = "unmarked"  # no mark says whose the value is that is written over
    FIXED = "fixed"  # replaced: AWS does not change these fields in place
    ANEW = "anew"  # replaced, since it is allowed: in place the history would stay
    GIT_KEYS = "git-keys"  # of a seed, git goes on to own these keys
    MARK = "mark"  # nothing but the mark is written: it remembers other content than is declared

    # Why nothing is written: the codes of refusals.
    EXTERNAL = "external"
    HELD_ELSEWHERE = "held-elsewhere"
    NEEDS_REPLACE = "needs-replace"
    NEEDS_REPLACE_LATER = "needs-replace-later"
    NOT_CREATABLE = "not-creatable"
    NOT_MANAGED = "not-managed"
    OTHER_KEY = "other-key"  # its marks are of a fingerprint key that git does not have
    OTHER_ACCOUNT = "other-account"
    OTHER_OWNER = "other-owner"
    PARTNER = "partner"
    PENDING_DELETION = "pending-deletion"
    PREVIOUS_KEY = "previous-key"
    REPLICA = "replica"
    REQUIRES = "requires"
    ROTATED_BEFORE = "rotated-before"
    ROTATION_DROPPED = "rotation-dropped"
    ROTATION_ON = "rotation-on"
    ROTATION_PENDING = "rotation-pending"
    SEED_CHANGED = "seed-changed"
    SERVICE_OWNED = "service-owned"
    SOURCE_GONE = "source-gone"
    SOURCE_NOT_OURS = "source-not-ours"
    SOURCE_PENDING = "source-pending"
    SOURCE_ROTATES = "source-rotates"
    TO_COPY = "to-copy"  # adopt does it, and apply never
    TOO_LONG = "too-long"
    UNREADABLE = "unreadable"
    VALUES_DIFFER = "values-differ"


@dataclass(frozen=True, slots=True)
class Why:
    """A reason and what it is about.

    ``who`` is who owns or wrote it, or what else stands in the way; ``names`` are fields or keys.
    ``on`` is the day, in UTC, on which somebody wrote it: it explains, and is in no digest.
    """

    reason: Reason
    who: str | None = None
    names: tuple[str, ...] = ()
    on: date | None = field(default=None, compare=False)


class Loss(StrEnum):
    """What a change takes away that git does not bring back, or whom it concerns."""

    # The resource is deleted.
    DELETED = "deleted"
    DELETED_WITH_HISTORY = "deleted-with-history"
    RECOVERABLE = "recoverable"  # for some days it can be restored
    REPLICAS = "replicas"  # all copies, if there are any
    # It is deleted and created again.
    REPLACED = "replaced"
    REPLACED_VERSIONS = "replaced-versions"
    REPLACED_HISTORY = "replaced-history"
    # A value that git never had is written over.
    OVERWRITTEN = "overwritten"
    OVERWRITTEN_PREVIOUS = "overwritten-previous"  # AWS keeps it as AWSPREVIOUS for a while
    OVERWRITTEN_HISTORY = "overwritten-history"  # AWS keeps it in the history
    EARLIER_VALUE = "earlier-value"  # for one that git had before: of this commit
    ROTATED_AT_ONCE = "rotated-at-once"
    # A field is no longer what it was. What nobody recorded may have been put by somebody else.
    ROTATION_ENDS = "rotation-ends"
    REPLICA = "replica"  # the copy in one Region
    UNKNOWN_REPLICAS = "unknown-replicas"
    POLICY_REMOVED = "policy-removed"
    UNKNOWN_POLICY_REMOVED = "unknown-policy-removed"
    UNKNOWN_POLICY_OVERWRITTEN = "unknown-policy-overwritten"
    DECRYPTED = "decrypted"  # no key keeps it any more from whoever may read it
    UNSEEN_POLICY_OVERWRITTEN = "unseen-policy-overwritten"
    # Nothing is lost, and others are concerned.
    ONE_MORE_ROTATION = "one-more-rotation"  # of a rate that is no more
    CLEARTEXT_STAYS = "cleartext-stays"  # in the history of what is encrypted from now on
    POLICY_READERS = "policy-readers"
    KEY_READERS = "key-readers"

    @property
    def destroys(self) -> bool:
        """Whether something is gone, rather than somebody concerned."""
        return self not in _CONCERNS


_CONCERNS = frozenset(
    {Loss.POLICY_READERS, Loss.KEY_READERS, Loss.ONE_MORE_ROTATION, Loss.CLEARTEXT_STAYS}
)


@dataclass(frozen=True, slots=True)
class Lost:
    """One loss: ``name`` says of which part, ``days`` for how long it can be undone."""

    loss: Loss
    name: str | None = None
    days: int | None = None


Losing = Callable[["FieldChange"], Iterable[Lost]]


def _none() -> Mapping[str, Losing]:
    return {}


@dataclass(frozen=True, slots=True)
class Costs:
    """What a kind of resource loses by what is done to it: the same for all of the kind.

    ``fields`` says it field by field: of a change of that field. Where ``deleted`` names
    RECOVERABLE, the days are added: those of the resource's own ``recovery_window``, else of the
    environment's.
    """

    deleted: tuple[Loss, ...] = (Loss.DELETED,)
    replaced: tuple[Loss, ...] = (Loss.REPLACED,)
    overwritten: tuple[Loss, ...] = (Loss.OVERWRITTEN,)
    fields: Mapping[str, Losing] = field(default_factory=_none)


class Notable(StrEnum):
    """What a reader of a plan should know of a resource that is not changed, or beside its change
    what only the applied record knows, which no digest may depend on."""

    KEPT = "kept"  # owned, no longer declared, not pruned
    ROTATED = "rotated"  # rotation owns the value, and has written it
    SEED = "seed"  # the seed in git differs; only the keys that git owns can be written
    UNKNOWN = "unknown"  # without the key nobody knows whether the value in git differs
    # Beside a change that creates what rotates: its last value is gone, and git has an older one.
    DELETED_OUTSIDE = "deleted-outside"
    GONE = "gone"  # it may have been deleted, or no run may have got as far as creating it

    @property
    def beside(self) -> bool:
        """Whether it is told with the change of the resource."""
        return self in (Notable.DELETED_OUTSIDE, Notable.GONE)
