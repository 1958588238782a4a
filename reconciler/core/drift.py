"""What drift tells: each difference between git, what was last applied, and live; plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reconciler.core.model import JSON, Key, Note, Place
from reconciler.core.reasons import Why
from reconciler.core.what import What


class DriftClass(StrEnum):
    """What kind of drift it is. The first five need somebody to act."""

    OUTSIDE = "outside"  # live is not what we last wrote, whatever git says now
    REFUSED = "refused"  # git is ahead, and apply will not bring it
    STUCK = "stuck"  # a rotation that does not end
    OVERDUE = "overdue"  # past max_age, or past the next rotation date
    UNKNOWN = "unknown"  # it cannot be told who moved
    PENDING = "pending"  # live is as we last wrote it, and git is ahead
    KEPT = "kept"  # ours, no longer declared
    ROTATED = "rotated"  # rotation owns the value
    UNMANAGED = "unmanaged"  # nobody's, below the prefix or on what is owned

    @property
    def acts(self) -> bool:
        """Whether it makes `drift` end with exit code 2."""
        return self not in _TOLD


_TOLD = (DriftClass.PENDING, DriftClass.KEPT, DriftClass.ROTATED, DriftClass.UNMANAGED)


@dataclass(frozen=True)
class Moved:
    """One field: as it was last written, where that is ``known``, as it is, and as git has it."""

    name: str
    was: JSON
    now: JSON
    declared: JSON = None
    known: bool = False


@dataclass(frozen=True)
class Drift:
    """One difference, and what it means.

    ``because`` is what a plan says of it. ``names`` are fields or keys that it is about, ``since``
    is the latest moment at which AWS says that the resource was changed, ``by`` who did, and
    ``days`` are two counts: how long it took, and how long it may. ``text`` is told after that.
    ``advice`` is what puts it right, where it was put into words before. ``fails`` lets even what
    needs nobody end `drift` with exit code 2.
    """

    key: Key
    kind_of: DriftClass
    text: str = ""
    place: Place | None = None
    because: Why | Note | None = None
    what: What | None = None
    names: tuple[str, ...] = ()
    fields: tuple[Moved, ...] = ()
    since: datetime | None = None
    by: str | None = None
    days: tuple[int, int] | None = None
    advice: str | None = None
    fails: bool = False

    @property
    def acts(self) -> bool:
        """Whether it makes `drift` end with exit code 2."""
        return self.fails or self.kind_of.acts
