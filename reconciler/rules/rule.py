"""What a rule is: something that manifests may say and mostly should not.

A rule is one module with the names of :class:`Rule`. Adding one is a module, and its name in
``RULES``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from reconciler.core.model import Key, Place
from reconciler.manifest import Cleartext
from reconciler.manifest.entries import Entry
from reconciler.manifest.gitfiles import Repository
from reconciler.rules.equality import ValueDigest
from reconciler.rules.together import Together


@dataclass(frozen=True)
class Finding:
    """What a rule found: in which declaration (None: in the environment's own file), at which field
    of it, what, and what to do. Never a value."""

    message: str
    hint: str
    entry: Entry | None = None
    field: tuple[str | int, ...] = ()
    place: Place | None = None  # where it is known already, and in another file
    pair: frozenset[str] | None = None  # all of which the same is found


@dataclass(frozen=True)
class Subject:
    """One environment, and all that this run knows of it.

    ``digests`` tell equal values from others; None where nothing was decrypted. ``written`` says
    when a live value was written, of those with a ``max_age``; None where AWS was not asked.
    ``repository`` is None outside git. ``together`` are all environments of this run, None
    where one is looked at alone.
    """

    declared: Cleartext
    digests: Mapping[Key, tuple[ValueDigest, ...]] | None = None
    written: Mapping[Key, datetime] | None = None
    now: datetime | None = None
    repository: Repository | None = None
    together: Together | None = field(default=None, repr=False)

    @property
    def environment(self) -> str:
        """Its name."""
        return self.declared.settings.scope.environment


class Rule(Protocol):
    """One rule. A module with these names is one."""

    CODE: str
    REASON: str  # what `reconciler explain` says: why it matters

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Everything that the rule can see with what is known."""

    def conclusive(self, subject: Subject) -> bool:
        """Whether all was known that the rule needs: then what it did not find is not there."""
