"""What is known of the last apply of an environment, for telling who moved: plain data.

The applied record in AWS names commits, git says what those declared, and drift asks, of what git
declares now, whether a run has ever put it there. It explains, and never decides a write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from reconciler.core.diff import same
from reconciler.core.digest import short_digest
from reconciler.core.model import JSON, Key


class Standing(StrEnum):
    """Whether a resource that git declares now was ever brought to AWS."""

    DECLARED_IN_APPLIED = "declared-in-applied"  # the last complete apply left it there
    ONLY_IN_ATTEMPTED = "only-in-attempted"  # one that did not complete may have written it, or not
    IN_NEITHER = "in-neither"  # no run was ever to write it
    CANNOT_TELL = "cannot-tell"


class Untold(StrEnum):
    """Why it cannot be told what was last applied."""

    OFF = "off"  # the environment says `record: none`
    NO_RECORD = "no-record"  # none was written yet
    DENIED = "denied"  # the role may not read it
    MALFORMED = "malformed"
    OTHER_OWNER = "other-owner"
    FUTURE = "future"  # a format, or a time, that is not known yet
    UNKNOWN_KEY = "unknown-key"
    FALSE = "false"  # its proof does not hold
    NO_GIT = "no-git"
    SHALLOW = "shallow"
    UNKNOWN_COMMIT = "unknown-commit"
    ELSEWHERE = "elsewhere"  # the commit is not one that this branch contains
    UNCOMMITTED = "uncommitted"  # a run wrote what no commit holds
    UNREADABLE = "unreadable"  # what the commit declared cannot be read from git

    @property
    def acts(self) -> bool:
        """Whether somebody has to look at it: no run leaves such a record."""
        return self in _ACTS


_ACTS = frozenset(
    {Untold.MALFORMED, Untold.OTHER_OWNER, Untold.FUTURE, Untold.UNKNOWN_KEY, Untold.FALSE}
)


ANY = "*"  # in place of names that have no room


def named(key: Key) -> str:
    """A resource in the few characters that a record has for it."""
    return short_digest(f"{key.kind}:{key.name}")


@dataclass(frozen=True)
class Attempt:
    """What a run that did not complete was to write: the fields that its commit declared, by
    resource. Of what is ``unread`` nobody can tell."""

    fields: Mapping[Key, Mapping[str, JSON]] = field(default_factory=dict)
    unread: frozenset[Key] = frozenset()


@dataclass(frozen=True)
class Applied:
    """What the applied record and git say together.

    ``standings`` is by resource; of what is not in it, ``otherwise`` is said. ``untold`` is why
    something cannot be told, None where all of it can. ``fields`` is what the last complete apply
    declared of each resource, as far as that was read. ``unfinished`` are the commits of runs that
    wrote since then and did not complete, ``attempted`` what each of these declared, as far as that
    was read, ``others`` says that there were more, of no commit, and ``replaced`` names what all of
    these were to delete and create anew. ``behind`` counts the commits since it, where git knows.
    ``proven``: a fingerprint key proves the record; ``writer`` is who wrote it last, as AWS says.
    """

    standings: Mapping[Key, Standing] = field(default_factory=dict)
    otherwise: Standing = Standing.CANNOT_TELL
    untold: Untold | None = None
    fields: Mapping[Key, Mapping[str, JSON]] = field(default_factory=dict)
    unfinished: tuple[str, ...] = ()
    attempted: tuple[Attempt, ...] = ()
    others: bool = False
    commit: str | None = None
    at: datetime | None = None
    by: str | None = None  # the ARN that applied it
    behind: int | None = None
    proven: bool = True
    writer: str | None = None
    replaced: frozenset[str] = frozenset()

    @property
    def acts(self) -> bool:
        """Whether the record itself makes `drift` end with exit code 2."""
        return self.untold is not None and self.untold.acts

    def standing(self, key: Key) -> Standing:
        """What is known of one resource that git declares now."""
        return self.standings.get(key, self.otherwise)

    def may_be_replaced(self, key: Key) -> bool:
        """Whether a run that did not complete may have deleted it, and not created it anew."""
        return not self.replaced.isdisjoint((ANY, named(key)))

    def may_be_left(self, key: Key, name: str, now: JSON, ours: Callable[[JSON], bool]) -> bool:
        """Whether a run that did not complete may have left a field as it is ``now``; ``ours``
        tells the content that we are known to have written last, of which a run has no more to
        write."""
        if self.others or len(self.attempted) < len(self.unfinished):
            return True  # nobody knows what it was to write
        if any(key in attempt.unread for attempt in self.attempted):
            return True
        every = [one.get(key, {}) for one in (self.fields, *(a.fields for a in self.attempted))]
        declared = [one[name] for one in every if name in one]
        tried = [a.fields[key][name] for a in self.attempted if name in a.fields.get(key, {})]
        return any(
            same(wanted, now) or any(_half_way(before, wanted, now) for before in declared)
            for wanted in tried
            if not ours(wanted)
        )


def _half_way(before: JSON, wanted: JSON, now: JSON) -> bool:
    """Whether this is between the two, of what takes several calls: what goes is removed first."""
    if isinstance(now, list) and isinstance(wanted, list) and isinstance(before, list):
        return all(one in wanted or one in before for one in now)
    if isinstance(now, dict) and isinstance(wanted, dict) and isinstance(before, dict):
        kept = before.keys() & wanted.keys() <= now.keys()
        return kept and all(one in (*wanted.items(), *before.items()) for one in now.items())
    return False


# Without a record drift goes by the marks alone: what is absent is taken for not yet created.
OFF = Applied(untold=Untold.OFF)
