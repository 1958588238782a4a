"""What a kind says of access to its resources: what roles need, what a denial has to name, and what
is told of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from reconciler.core.model import Scope
from reconciler.kinds.statement import Statement

# What EventBridge calls a call that a trail has written down.
BY_CALL = "AWS API Call via CloudTrail"


class Access(Protocol):
    """A module with these names says it."""

    WORD: str  # one of them, in the names of statements: "Secret"
    LISTS: tuple[str, ...]  # the actions that list them
    VALUE_READS: tuple[str, ...]  # all that hand out a value; each is denied to who needs none
    READ: str  # the one of these that adopt reads a named value by
    BATCH: str | None  # and the one beside it that names no resource
    TAGS: tuple[str, ...]  # what reads tags of many at once, and names none, where no list does
    CACHING: tuple[str, ...]  # what clients that cache a value call beside reading it
    ROTATION: tuple[str, ...]  # what a rotation function calls; nothing where none rotates them
    WHY: Mapping[str, str]  # what a role is given each of their actions for
    LAST_LOOK: str  # names the statements by which apply reads right before it overwrites

    def arn(self, scope: Scope, name: str, region: str | None = None) -> str:
        """One resource by its full name, and no other. ``region``: of a copy there."""

    def below(self, scope: Scope, region: str | None = None) -> str:
        """All that are below the prefix."""

    def describe(self, scope: Scope, outside: Sequence[str]) -> Iterator[Statement]:
        """What reading again takes what a list shows, without its value: of all below the prefix,
        and of the declared names ``outside`` of it."""

    def applies(self, declared: Any, *, valued: bool) -> set[str]:
        """What apply, rotate, rollback and set need on a declared one, beside what its fields do.
        ``valued``: git has a value for it."""

    def adopts(self, declared: Any, *, valued: bool) -> set[str]:
        """What adopt, release and `drift --read-values` need on it."""

    def reader(self, declared: Any, *, valued: bool) -> set[str]:
        """What an application needs to read its value."""

    def apply_reads(self, declared: Any) -> str | None:
        """The name of the statement that lets apply read its value; None: apply reads none."""

    def paces(self, scope: Scope, count: int) -> Iterator[Statement]:
        """What tells the account's own quota, where so many are declared that it is asked for."""

    def prunes(self, scope: Scope) -> Iterator[Statement]:
        """What takes away what is not declared any more: below the prefix, and owned."""

    def denials(self, scope: Scope, outside: Sequence[str]) -> Iterator[Statement]:
        """What denies everything on all below the prefix, and on those names ``outside``."""

    def changes(self, scope: Scope, outside: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """Patterns of EventBridge for what is told of them, by name."""

    def deletions(self, scope: Scope, outside: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """The same for their end, where no change tells it."""
