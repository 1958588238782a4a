"""One thing that a branch changes, as plain data without any value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.core.model import JSON


class Group(StrEnum):
    """What a reviewer looks at together, in this order."""

    ACCESS = "access"  # who gets at values: recipients, policies, copies, keys, functions, names
    DESTRUCTIVE = "destructive"  # who can no longer decrypt, what is owned, what guards
    SETTING = "setting"  # the rest of an environment
    RESOURCE = "resource"
    FILE = "file"


@dataclass(frozen=True)
class MemberChange:
    """A key inside a value, by its name: ``+`` added, ``-`` removed, ``~`` changed."""

    symbol: str
    name: str


@dataclass(frozen=True)
class Difference:
    """Something that is other than in the base.

    ``before`` and ``after`` are cleartext of git, None where absent. Of a value only ``keys`` are
    told, by name. ``path`` is relative to the manifests' folder.
    """

    group: Group
    code: str
    subject: str
    path: str
    environment: str | None = None
    symbol: str = "~"  # + added, - removed, ~ changed
    before: JSON = None
    after: JSON = None
    keys: tuple[MemberChange, ...] = ()
