"""What comes of importing something live: a declaration, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.core.model import Key
from reconciler.kinds.represent import Represented


@dataclass(frozen=True)
class Imported:
    """A declaration: its name in the manifest, its cleartext fields and its value."""

    key: Key
    section: str
    name: str
    fields: Mapping[str, Any]
    value: Represented | None
    note: str | None = None


@dataclass(frozen=True)
class NotImported:
    """Something live that was left out. ``fault`` says that somebody should look at it."""

    key: Key
    reason: str
    fault: bool = True
