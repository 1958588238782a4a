"""Who gets access by a change that had none: plain data, which the change's digest covers.

What opens access is known to the kinds, field by field. The words are in
``reconciler.render.access``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Opening(StrEnum):
    """How somebody gets at a value."""

    ALLOWED = "allowed"  # by a resource policy
    FUNCTION = "function"  # a rotation function is handed the value
    IN_CLEAR = "in-clear"  # the value, encrypted in git, is not encrypted in AWS
    KEY = "key"  # whoever may use this KMS key
    OUTSIDE_PREFIX = "outside-prefix"  # roles and rules for the prefix do not cover the name
    READER = "reader"  # an application that the environment names
    REPLICA = "replica"  # there is a copy in another Region


@dataclass(frozen=True, slots=True)
class Opened:
    """One thing that a change opens, and to whom or where. ``account`` is given where that is
    another account than the environment's."""

    opening: Opening
    name: str | None = None
    account: str | None = None
